import { type ClockOffset, type Offset, othersAheadMs } from '../consensus/clock-offset.ts'
import { coSignWindow } from '../consensus/windows.ts'
import type { Clock, Instant } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { SignedStatus } from '../core/status.ts'

/** Statuses are on their way for less than this, milliseconds: it is the clock that is off, not the network. */
const WORTH_SAYING_MS = 1_000
const RIGHT_AGAIN_MS = 500

export interface ClockWatchComponents {
  readonly offset: Pick<ClockOffset, 'take' | 'offset'>
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Tells the operator when the wall clock of this machine is not that of the other signers. */
export class ClockWatch {
  readonly #components: ClockWatchComponents
  /** What was said last, milliseconds; undefined while the clock is right. */
  #saidMs: number | undefined
  #saidUseless = false

  constructor(components: ClockWatchComponents) {
    this.#components = components
  }

  /** @param signed - a status of an allowed signer whose signature was checked; `at`: when it arrived */
  see(signed: Pick<SignedStatus, 'signer' | 'status'>, at: Instant): void {
    const { offset } = this.#components
    if (!offset.take(signed, at)) return
    const found = offset.offset()
    if (found === undefined) return
    if (Math.abs(found.ms) >= WORTH_SAYING_MS) this.#warn(found)
    else if (Math.abs(found.ms) < RIGHT_AGAIN_MS) this.#settle(found)
  }

  /** How far the clocks of the others are ahead of this machine's, milliseconds; undefined when nobody can say. */
  othersAheadMs(): number | undefined {
    const found = this.#components.offset.offset()
    return found && othersAheadMs(found)
  }

  /**
   * Why others would not sign what was observed now, in words for an operator; undefined when they would, as far as is
   * known.
   *
   * @param observedAtMs - when, on the wall clock of this machine. @default now
   */
  fault(observedAtMs: number = this.#components.clock.now().wallMs): string | undefined {
    const found = this.#components.offset.offset()
    if (found === undefined || !isUseless(found, { observedAtMs, wallMs: this.#components.clock.now().wallMs })) {
      return undefined
    }
    return `${describe(found)}: nobody would sign what this node proposes`
  }

  #warn(found: Offset): void {
    const { clock, counters, logger } = this.#components
    const { wallMs } = clock.now()
    const useless = isUseless(found, { observedAtMs: wallMs, wallMs })
    const isNews = this.#saidMs === undefined || hasChanged(found.ms, this.#saidMs) || (useless && !this.#saidUseless)
    if (!isNews) return
    this.#saidMs = found.ms
    this.#saidUseless ||= useless
    counters.add('gp_clock_warnings_total')
    logger.warn(
      `${describe(found)}: check its time synchronisation. ` +
        (useless
          ? 'Until it is right this node proposes nothing, since nobody would sign it'
          : 'Nobody signs what a clock 10 s ahead or 60 s behind has seen'),
      { clockOffsetMs: Math.round(othersAheadMs(found)) },
    )
  }

  #settle(found: Offset): void {
    if (this.#saidMs === undefined) return
    this.#saidMs = undefined
    this.#saidUseless = false
    this.#components.logger.info(
      `the clock of this machine is right again, by the median of ${found.signers} signers`,
      { clockOffsetMs: Math.round(othersAheadMs(found)) },
    )
  }
}

function isUseless(
  { ms }: Offset,
  { observedAtMs, wallMs }: { readonly observedAtMs: number; readonly wallMs: number },
): boolean {
  return coSignWindow(observedAtMs, wallMs - ms) !== 'open'
}

function hasChanged(ms: number, saidMs: number): boolean {
  return Math.abs(ms - saidMs) >= Math.max(WORTH_SAYING_MS, Math.abs(saidMs) / 2)
}

function describe({ ms, signers }: Offset): string {
  return `the clock of this machine is ${lengthOf(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'} the median of ${signers} signers`
}

function lengthOf(ms: number): string {
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`
}
