import type { Attestation } from '../../core/statement.ts'
import { wireAttestation } from '../attestation-shape.ts'
import { ATTESTATION_BYTES, boundOf } from '../publisher.ts'
import {
  ATTESTATIONS_LIMIT,
  MESSAGE_BYTES_LIMIT,
  WIRE_VERSION,
  type WireAttestation,
  encodePriceMessage,
} from '../wire.ts'

/** The bytes of as few price messages as these attestations fit into. */
export function statementMessages(
  attestations: readonly Attestation[],
  { network }: { readonly network: string },
): readonly Uint8Array[] {
  const batches: WireAttestation[][] = []
  let batch: WireAttestation[] = []
  let room = 0
  for (const attestation of attestations) {
    const wire = wireAttestation(attestation)
    if (room < ATTESTATION_BYTES || batch.length >= ATTESTATIONS_LIMIT) {
      batch = []
      batches.push(batch)
      room = MESSAGE_BYTES_LIMIT - ATTESTATION_BYTES
    }
    batch.push(wire)
    room -= boundOf(wire)
  }
  return batches.map((own) => encodePriceMessage({ version: WIRE_VERSION, network, attempt: 0, attestations: own }))
}
