import { type Round, roundAt } from '../core/statement.ts'
import { waited } from './back-off.ts'
import { quotesByBase } from './base-currency.ts'
import { BaseObserver, type RoundObserverComponents } from './base-observer.ts'

/** A timer sleeps through a jump of the wall clock: wake this often, and look at the time. */
const LONGEST_SLEEP_MS = 30_000

export interface RoundObserverOptions {
  /** BASE-QUOTE; one request serves all pairs of one base currency. */
  readonly pairs: readonly string[]
  /** The length of a round, milliseconds. */
  readonly intervalMs: number
}

/** This node's own look at the prices, once a round. */
export interface RoundObserver {
  start(): void
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

/**
 * Asks the feed once at start-up and at the start of each round, and hands on one observation per pair and round.
 *
 * What fails is tried again until the round ends, no sooner than the feed allows. The round of a price is decided by
 * when its answer arrives: one that comes after the end of the round it was asked for is dropped. Rounds follow the
 * wall clock wherever it jumps; a round that comes a second time is not handed on again.
 */
export function createRoundObserver(components: RoundObserverComponents, options: RoundObserverOptions): RoundObserver {
  const { clock, logger, counters } = components
  const { intervalMs } = options
  const bases = [...quotesByBase(options.pairs)].map(
    ([base, quotes]) => new BaseObserver(components, { base, quotes, intervalMs }),
  )
  let running: { readonly stopping: AbortController; readonly ended: Promise<void> } | undefined

  async function run(stopping: AbortSignal): Promise<void> {
    const looks = new Set<Promise<void>>()
    let previous: Round | undefined
    while (!stopping.aborted) {
      const round = roundAt(clock.now().wallMs, intervalMs)
      if (previous !== undefined && round < previous) warnOfClock(round)
      previous = round
      const over = new AbortController()
      for (const base of bases) {
        // Not awaited before the next round: a feed that hangs must not hold that up.
        const look = observe(base, { round, over: over.signal, stopping }).finally(() => looks.delete(look))
        looks.add(look)
      }
      await roundOver(round, stopping)
      over.abort()
    }
    await Promise.all(looks)
  }

  async function observe(
    base: BaseObserver,
    during: { readonly round: Round; readonly over: AbortSignal; readonly stopping: AbortSignal },
  ): Promise<void> {
    try {
      const missed = await base.observe(during.round, during.over)
      if (during.stopping.aborted) return
      for (const pair of missed) {
        counters.add('gp_rounds_missed_total', { pair })
        logger.info(`Round ${during.round} ended without a price for ${pair}: this node proposed none`, { pair })
      }
    } catch (error) {
      logger.error(`Observing prices failed in round ${during.round}; the next round is not affected`, { error })
    }
  }

  async function roundOver(round: Round, stopping: AbortSignal): Promise<void> {
    for (;;) {
      const { wallMs } = clock.now()
      if (roundAt(wallMs, intervalMs) !== round) return
      const delayMs = Math.min((round + 1) * intervalMs - wallMs, LONGEST_SLEEP_MS)
      if (!(await waited({ clock }, { delayMs, signal: stopping }))) return
    }
  }

  function warnOfClock(round: Round): void {
    logger.warn(
      `The clock of this machine was set back, to round ${round}: rounds that had a price already get no second one. ` +
        'Check its time synchronisation',
      { round },
    )
  }

  return {
    start() {
      if (running !== undefined) return
      const stopping = new AbortController()
      running = { stopping, ended: run(stopping.signal) }
    },
    async stop() {
      running?.stopping.abort()
      await running?.ended
      running = undefined
    },
  }
}
