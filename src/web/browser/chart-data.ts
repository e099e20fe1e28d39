import type { Price, Round } from './api-shapes.ts'
import { displayPrice, medianOf } from './decimal.ts'
import type { TimeWindow } from './time-range.ts'

/**
 * Columns of equal length for a chart: times in seconds, ascending, then the median and each proposer's prices. Where
 * rounds are missing stands an entry without prices, so that no line runs over the gap.
 */
export interface ChartData {
  readonly proposers: readonly string[]
  readonly seconds: readonly number[]
  readonly median: readonly (number | null)[]
  /** By proposer; null where it has none. */
  readonly prices: readonly (readonly (number | null)[])[]
}

/**
 * @param rounds - of one pair, newest first. Their prices become numbers here, and only here: pixels need no more.
 */
export function chartData(rounds: readonly Round[]): ChartData {
  const proposers = [...new Set(rounds.flatMap((round) => round.proposers))].toSorted()
  const entries: { readonly seconds: number; readonly round: Round | undefined }[] = []
  for (const round of rounds.toReversed()) {
    const seconds = Date.parse(round.startTime) / 1_000
    const before = entries.at(-1)
    if (before?.round !== undefined && before.round.round + 1 !== round.round)
      entries.push({ seconds: (before.seconds + seconds) / 2, round: undefined })
    entries.push({ seconds, round })
  }
  return {
    proposers,
    seconds: entries.map(({ seconds }) => seconds),
    median: entries.map(({ round }) => (round === undefined ? null : Number(round.median))),
    prices: proposers.map((proposer) =>
      entries.map(({ round }) => (round === undefined ? null : priceBy(round, proposer))),
    ),
  }
}

function priceBy(round: Round, proposer: string): number | null {
  const at = round.proposers.indexOf(proposer)
  return at === -1 ? null : Number(round.prices[at])
}

/** Two lists of rounds of one pair as one, newest first; of a round that is in both, the one from `newer`. */
export function mergedRounds(newer: readonly Round[], older: readonly Round[]): readonly Round[] {
  const byNumber = new Map([...older, ...newer].map((round) => [round.round, round]))
  return [...byNumber.values()].toSorted((a, b) => b.round - a.round)
}

/**
 * The rounds with a price that has just come. A disputed price counts for nothing, as in the database's own rounds.
 *
 * @param intervalMs - the network's; it says when the round began
 */
export function withPrice(
  rounds: readonly Round[],
  { price, intervalMs }: { readonly price: Price; readonly intervalMs: number },
): readonly Round[] {
  if (price.disputed) return rounds
  const known = rounds.find(({ round }) => round === price.round)
  if (known?.proposers.includes(price.proposer) === true) return rounds
  const entries = [
    ...(known?.proposers ?? []).map((proposer, at) => ({ proposer, text: known?.prices[at] ?? '' })),
    { proposer: price.proposer, text: price.price },
  ].toSorted((a, b) => (a.proposer < b.proposer ? -1 : 1))
  const prices = entries.map(({ text }) => text)
  const round: Round = {
    pair: price.pair,
    round: price.round,
    startTime: new Date(price.round * intervalMs).toISOString(),
    endTime: new Date((price.round + 1) * intervalMs).toISOString(),
    median: medianOf(prices),
    prices,
    proposers: entries.map(({ proposer }) => proposer),
  }
  return mergedRounds([round], rounds)
}

/** How far from the medians a price may lie and still be in the picture, as a share of the medians. */
const IN_PICTURE = 0.01

/**
 * The lowest and the highest price that a chart should have room for. A price far from all medians is an outlier, or a
 * lie: it must not flatten everything else.
 *
 * @returns undefined when there is no median in the stretch
 */
export function extentOf(
  { seconds, median, prices }: ChartData,
  { fromMs, toMs }: TimeWindow,
): { readonly low: number; readonly high: number } | undefined {
  const isInside = seconds.map((at) => at * 1_000 >= fromMs && at * 1_000 <= toMs)
  const inside = (column: readonly (number | null)[]): readonly number[] =>
    column.filter((value, at): value is number => value !== null && isInside[at] === true)
  const medians = inside(median)
  if (medians.length === 0) return undefined
  const [lowest, highest] = [smallest(medians), largest(medians)]
  const reach = Math.max(highest - lowest, highest * IN_PICTURE)
  const near = prices.flatMap(inside).filter((price) => price >= lowest - reach && price <= highest + reach)
  return { low: Math.min(lowest, smallest(near)), high: Math.max(highest, largest(near)) }
}

const smallest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity)
const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity)

type Column = ArrayLike<number | null | undefined>

/**
 * Which of a column's entries to draw as points where there are more than there is room for: of each `step` of them the
 * one that lies farthest from the median, so that no outlier is lost.
 */
export function sparsePoints(
  { median, column }: { readonly median: Column; readonly column: Column },
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): number[] {
  const kept: number[] = []
  for (let start = from - (from % step); start <= to; start += step) {
    let [farthest, distance]: [number | undefined, number] = [undefined, -1]
    for (let at = Math.max(start, from); at < start + step && at <= to; at++) {
      const value = column[at] ?? null
      const away = value === null ? -1 : Math.abs(value - (median[at] ?? value))
      if (away > distance) [farthest, distance] = [at, away]
    }
    if (farthest !== undefined) kept.push(farthest)
  }
  return kept
}

/** What a chart shows, in words, for those who do not see it. */
export function chartSummary(rounds: readonly Round[], window: TimeWindow): string {
  const inside = rounds.filter(({ startTime }) => {
    const ms = Date.parse(startTime)
    return ms >= window.fromMs && ms <= window.toMs
  })
  const [newest] = inside
  const oldest = inside.at(-1)
  if (newest === undefined || oldest === undefined) return 'No price in this stretch of time.'
  const low = displayPrice(inside.reduce((a, b) => (Number(b.median) < Number(a.median) ? b : a)).median)
  const high = displayPrice(inside.reduce((a, b) => (Number(b.median) > Number(a.median) ? b : a)).median)
  const rounds_ = inside.length === 1 ? 'One round' : `${inside.length} rounds`
  return `${rounds_}: median from ${displayPrice(oldest.median)} to ${displayPrice(newest.median)}, lowest ${low}, highest ${high}.`
}
