import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { STEADY_MS } from './dial-plan.ts'

/** Nodes that start together miss each other at first; only what lasts longer is worth a warning. */
const GRACE_MS = 3_000
/** How long a changed number of peers settles before it is told. */
const COUNT_MS = 30_000

interface Outage {
  readonly sinceMs: number
  warned: boolean
  /** Ends the wait for the connection to prove itself. */
  cancel: (() => void) | undefined
}

/**
 * Tells an operator how this node fares with its peers, sparingly: one line when it has joined, one warning for each
 * bootstrap address that stays away and one line when that is back, and the number of peers once it has settled.
 */
export class JoinLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #outages = new Map<string, Outage>()
  #joined = false
  #told = 0
  #count = 0
  #cancelCount: (() => void) | undefined

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
  }

  /** The number of connected peers changed. */
  peers(count: number): void {
    this.#count = count
    if (!this.#joined && count > 0) {
      this.#joined = true
      this.#told = count
      this.#logger.info('joined the network', { peers: count })
    }
    if (!this.#joined) return
    this.#cancelCount ??= this.#clock.after(COUNT_MS, () => this.#tellCount())
  }

  /** A bootstrap address did not answer, or closed the connection as soon as it was open. */
  unreachable(address: string, reason: string): void {
    const nowMs = this.#clock.now().monoMs
    const outage = this.#outages.get(address) ?? { sinceMs: nowMs, warned: false, cancel: undefined }
    this.#outages.set(address, outage)
    outage.cancel?.()
    outage.cancel = undefined
    if (outage.warned || nowMs - outage.sinceMs < GRACE_MS) return
    outage.warned = true
    this.#logger.warn(
      `the bootstrap address ${address} cannot be reached: ${reason}. It is tried again at least every 12 s; ` +
        'if it has moved, set GP_BOOTSTRAPADDR',
    )
  }

  /** A bootstrap address is connected. It counts as back once that has lasted. */
  reachable(address: string): void {
    const outage = this.#outages.get(address)
    if (outage === undefined || outage.cancel !== undefined) return
    outage.cancel = this.#clock.after(STEADY_MS, () => {
      this.#outages.delete(address)
      if (outage.warned) this.#logger.info(`the bootstrap address ${address} is back`)
    })
  }

  itself(address: string): void {
    this.#outages.delete(address)
    this.#logger.info(`the bootstrap address ${address} is this node itself; it is left out`)
  }

  stop(): void {
    this.#cancelCount?.()
    this.#cancelCount = undefined
    for (const outage of this.#outages.values()) outage.cancel?.()
    this.#outages.clear()
  }

  #tellCount(): void {
    this.#cancelCount = undefined
    if (this.#count === this.#told) return
    this.#told = this.#count
    if (this.#count > 0) this.#logger.info(`connected to ${this.#count} peers`, { peers: this.#count })
    else
      this.#logger.warn(
        'connected to no peer any more; they are tried again. See that the network works and GP_BOOTSTRAPADDR is right',
      )
  }
}
