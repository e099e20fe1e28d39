import type { Address } from '../src/core/address.ts'
import type { SignedStatus } from '../src/core/status.ts'
import { STATUS_INTERVAL_MS } from '../src/gossip/node-directory.ts'

/** Who was not heard for so long may have been forgotten. */
const KEPT_MS = 3 * STATUS_INTERVAL_MS

interface Heard {
  readonly sequence: number
  readonly atMs: number
}

/** The statuses that one process took. */
export class HeardStatuses {
  readonly #last = new Map<Address, Heard>()

  /** @returns what is wrong with taking it now, on the monotonic clock */
  take({ signer, status: { sequence } }: SignedStatus, atMs: number): string | undefined {
    const last = this.#last.get(signer)
    this.#last.set(signer, { sequence, atMs })
    if (last === undefined) return undefined
    const afterMs = atMs - last.atMs
    if (afterMs < STATUS_INTERVAL_MS / 2) return `takes a status of ${signer} ${afterMs} ms after another`
    if (afterMs >= KEPT_MS || sequence > last.sequence) return undefined
    return `takes status ${sequence} of ${signer} ${afterMs} ms after ${last.sequence}`
  }
}
