import type { Round } from './api-shapes.ts'
import { decimalText, displayPrice, parseDecimal } from './decimal.ts'
import { byId, el, setText } from './element.ts'
import { ago, counted, countdown, duration, timeOfDay } from './format.ts'
import type { MedianProof } from './median-proof.ts'
import type { PageState } from './page-state.ts'
import { RANGES } from './time-range.ts'

/** The newest price, large, and what is to be known beside it. */
export class PriceView {
  readonly #choice = byId('pair-choice', HTMLElement)
  readonly #pair = byId('pair', HTMLSelectElement)
  readonly #title = byId('price-title', HTMLElement)
  readonly #median = byId('median', HTMLElement)
  readonly #note = byId('median-note', HTMLElement)
  readonly #mark = byId('median-mark', HTMLElement)
  readonly #next = byId('next-round', HTMLElement)
  readonly #spread = byId('spread', HTMLElement)
  readonly #changeTitle = byId('change-title', HTMLElement)
  readonly #change = byId('change', HTMLElement)
  #pairs = ''

  constructor({ onPair }: { readonly onPair: (pair: string) => void }) {
    this.#pair.addEventListener('change', () => onPair(this.#pair.value))
  }

  /** @param proof - what the checks of the rows say of a round's median */
  render(
    state: PageState,
    {
      nowMs,
      pageMs,
      proof,
    }: {
      readonly nowMs: number
      /** On the page's own clock, as what is held. */
      readonly pageMs: number
      readonly proof: (round: Round) => MedianProof
    },
  ): void {
    const constants = state.network?.constants
    if (constants === undefined || constants === null) return
    this.#renderPairs(constants.pairs, state.pair)
    const [newest] = state.rounds
    const nextMs = (Math.floor(nowMs / constants.intervalMs) + 1) * constants.intervalMs
    setText(this.#next, `in ${countdown(nextMs - nowMs)}`)
    const proved = newest === undefined ? undefined : proof(newest)
    const { lead, note } =
      newest === undefined
        ? withoutPrice(state, { nowMs, pageMs, nextMs })
        : { lead: displayPrice(newest.median), note: roundNote(newest, { state, nowMs, proved }) }
    setText(this.#median, lead)
    this.#median.classList.toggle('none', newest === undefined)
    this.#mark.dataset['proof'] = proved ?? 'unknown'
    setText(this.#note, note)
    setText(this.#spread, newest === undefined ? '–' : spreadOf(newest))
    const change = changeOf(state, nowMs)
    setText(this.#changeTitle, `Change, ${change?.over ?? RANGES.find(({ id }) => id === state.range)?.label ?? ''}`)
    setText(this.#change, change?.words ?? '–')
  }

  #renderPairs(pairs: readonly string[], chosen: string | null): void {
    setText(this.#title, pairs.length === 1 ? (pairs[0] ?? 'Price') : 'Price')
    this.#choice.hidden = pairs.length < 2
    if (pairs.join() === this.#pairs) return
    this.#pairs = pairs.join()
    this.#pair.replaceChildren(...pairs.map((pair) => el('option', { value: pair, selected: pair === chosen }, pair)))
  }
}

/** What stands where the price will, and below it. */
function withoutPrice(
  state: PageState,
  { nowMs, pageMs, nextMs }: { readonly nowMs: number; readonly pageMs: number; readonly nextMs: number },
): { readonly lead: string; readonly note: string } {
  if (state.tableFault !== null)
    return { lead: 'Not known now', note: `The table cannot be asked: ${state.tableFault}.` }
  if (!state.isTableRead) return { lead: 'Not known yet', note: 'The table is being read…' }
  const dueMs = firstDueMs(state, pageMs)
  const quietPeriodMs = state.network?.constants?.quietPeriodMs ?? 0
  const note =
    dueMs === undefined
      ? `The first comes within ${duration(nextMs - nowMs + 3 * quietPeriodMs)}, about ${duration(quietPeriodMs)} after ${timeOfDay(nextMs, nowMs)}.`
      : dueMs === 0
        ? 'The first has a quorum, and is being written.'
        : `The first has a quorum, and is in the table in ${duration(dueMs + 999)}.`
  return { lead: 'No price yet', note }
}

/** Until the quiet period of a statement is over, when nobody signs meanwhile; undefined while none has a quorum. */
function firstDueMs({ statements, pair }: PageState, pageMs: number): number | undefined {
  const left = Array.from(statements.values(), ({ pending, heldAtMs }) =>
    pending.pair === pair && pending.quietEndsInMs !== null ? pending.quietEndsInMs - (pageMs - heldAtMs) : Infinity,
  )
  const least = left.reduce((a, b) => Math.min(a, b), Infinity)
  return least === Infinity ? undefined : Math.max(0, least)
}

const PROVED = { true: ', verified here', false: ', not all of them true' } as const

interface NoteContext {
  readonly state: PageState
  readonly nowMs: number
  readonly proved: MedianProof
}

function roundNote(round: Round, { state, nowMs, proved }: NoteContext): string {
  const observed = state.prices.find((price) => price.round === round.round && !price.disputed)?.observedTime
  const when = observed === undefined ? Date.parse(round.startTime) : Date.parse(observed)
  const of = round.prices.length === 1 ? 'The one price' : `Median of ${counted(round.prices.length, 'price')}`
  const how = proved === undefined ? '' : `${PROVED[proved]},`
  return `${of}${how} of round ${round.round}, observed ${timeOfDay(when, nowMs)}, ${ago(nowMs - when)}`
}

/** How far the prices of a round lie apart, as a share of its median: a drawing aid, so a number will do. */
function spreadOf({ prices, median }: Round): string {
  const values = prices.map(parseDecimal)
  const width = values.reduce((a, b) => (a > b ? a : b)) - values.reduce((a, b) => (a < b ? a : b))
  return percent(Number(decimalText(width)) / Number(median))
}

interface Change {
  readonly words: string
  /** Undefined when it is the whole range. */
  readonly over: string | undefined
}

/** From the first to the newest median in range; undefined when there is but one. */
function changeOf({ rounds, range }: PageState, nowMs: number): Change | undefined {
  const spanMs = RANGES.find(({ id }) => id === range)?.spanMs ?? null
  const [newest] = rounds
  const oldest =
    spanMs === null ? rounds.at(-1) : rounds.findLast(({ startTime }) => Date.parse(startTime) >= nowMs - spanMs)
  if (newest === undefined || oldest === undefined || newest === oldest) return undefined
  const change = Number(newest.median) / Number(oldest.median) - 1
  const isYoung = oldest === rounds.at(-1)
  return {
    words: `${change < 0 ? '▼' : change > 0 ? '▲' : ''} ${percent(Math.abs(change))}`.trim(),
    over: isYoung ? duration(Date.parse(newest.startTime) - Date.parse(oldest.startTime)) : undefined,
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.001 && share > 0 ? 3 : 2)} %`
}
