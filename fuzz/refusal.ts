import { isDeepStrictEqual } from 'node:util'
import { REFUSAL_REASONS, type Refusal, type SignedRefusal } from '../src/core/refusal.ts'
import { type ShapedRefusal, shapeRefusal } from '../src/gossip/refusal-shape.ts'
import { decodeRefusalMessage, encodeRefusalMessage, encodeWireRefusals } from '../src/gossip/refusal-wire.ts'
import { alice, attest, bob, price, statement } from '../test/helpers/statements.ts'
import { readOrRefuse } from './malformed.ts'
import { type Target, rule } from './target.ts'

const network = statement().network

export const refusal: Target = {
  name: 'refusal',
  about: 'messages of refusals: bytes and shape',
  share: 11,
  form: 'protobuf',
  seeds() {
    const each = REFUSAL_REASONS.map((reason) => [signed(reason)])
    const many = Array.from({ length: 64 }, () => each)
      .flat(2)
      .slice(0, 64)
    return [...each, each.flat(), many, []].map((refusals, attempt) =>
      encodeRefusalMessage(refusals, { network, attempt }),
    )
  },
  open: () => (input) => {
    const wire = readOrRefuse(() => decodeRefusalMessage(input))
    if (wire === undefined) return 'malformed'
    rule(
      isDeepStrictEqual(decodeRefusalMessage(encodeWireRefusals(wire)), wire),
      'what was read is written so that it is read the same',
    )
    const inShape: ShapedRefusal[] = []
    for (const one of wire.refusals) {
      const shaped = shapeRefusal(one, { network })
      if ('fault' in shaped) return shaped.fault
      if ('refusal' in shaped) inShape.push(shaped)
    }
    if (inShape.length === 0) return 'empty or unknown'
    for (const { refusal: one } of inShape) {
      rule(/^0x[0-9a-f]{64}$/.test(one.statement), 'a statement is named by 32 bytes')
      rule(Number.isSafeInteger(one.refusedAt), 'times are read exactly')
    }
    const written = encodeRefusalMessage(
      inShape.map((shaped) => ({ ...shaped, signer: alice.address })),
      { network },
    )
    const again = decodeRefusalMessage(written).refusals.map((one) => shapeRefusal(one, { network }))
    rule(isDeepStrictEqual(again, inShape), 'a refusal is written so that it is read the same')
    return 'in shape'
  },
}

function signed(reason: Refusal['reason']): SignedRefusal {
  const refused = attest(statement({ proposer: bob.address }), bob)
  const own: Refusal = {
    network,
    statement: refused.id,
    reason,
    ownPrice: reason === 'deviation' ? price('2999.99') : undefined,
    signedInstead: reason === 'slot-signed' ? attest(statement(), alice).id : undefined,
    refusedAt: Date.UTC(2025, 0, 1),
  }
  return { refusal: own, signer: bob.address, signature: refused.signatures.get(bob.address) ?? new Uint8Array(65) }
}
