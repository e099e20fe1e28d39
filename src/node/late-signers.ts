import type { Holdings } from '../consensus/holdings.ts'
import type { Counters } from '../core/counters.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { StatementId } from '../core/statement.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'

/** Signatures counted that are remembered, so that each is counted once; an entry takes some 200 bytes. */
const COUNTED_LIMIT = 4_096

export interface LateSignersComponents {
  readonly holdings: Pick<Holdings, 'signaturesOf' | 'setAsideOf'>
  readonly directory: Pick<NodeDirectory, 'voucherOf'>
  readonly counters: Counters
}

/**
 * Counts signatures that came after their set had closed. Nobody verifies those; they are taken to be by the signer
 * whose peer sent them, who sends its own to everybody, while others pass on none that are late. Who is no signer, or
 * is in the set already, is not counted: so a signer can make up nothing but its own lateness.
 */
export function createLateSigners(components: LateSignersComponents): (id: StatementId, peerId: string) => void {
  const { holdings, directory, counters } = components
  const counted = new RecentMap<string, true>({ limit: COUNTED_LIMIT })
  return (id, peerId) => {
    const signer = directory.voucherOf(peerId)
    if (signer === undefined || holdings.signaturesOf(id)?.has(signer) !== false) return
    const key = `${id} ${signer}`
    if (holdings.setAsideOf(id)?.has(signer) === true || counted.has(key)) return
    counted.set(key, true)
    counters.add('gp_late_signatures_total', { signer })
  }
}
