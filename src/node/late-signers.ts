import type { Holdings } from '../consensus/holdings.ts'
import type { Address } from '../core/address.ts'
import type { StatementId } from '../core/statement.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'

export interface LateSignersComponents {
  readonly holdings: Pick<Holdings, 'signaturesOf'>
  readonly directory: Pick<NodeDirectory, 'voucherOf'>
  /** May be told of the same signature again. */
  readonly onLate: (id: StatementId, signer: Address) => void
}

/**
 * Finds whose signatures came after their set had closed. Nobody verifies those; they are taken to be by the signer
 * whose peer sent them, who sends its own to everybody, while others pass on none that are late. Who is no signer, or
 * is in the set already, is left out: so a signer can make up nothing but its own lateness.
 */
export function createLateSigners(components: LateSignersComponents): (id: StatementId, peerId: string) => void {
  const { holdings, directory, onLate } = components
  return (id, peerId) => {
    const signer = directory.voucherOf(peerId)
    if (signer !== undefined && holdings.signaturesOf(id)?.has(signer) === false) onLate(id, signer)
  }
}
