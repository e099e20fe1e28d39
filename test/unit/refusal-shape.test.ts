import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { fromHex } from '../../src/core/hex.ts'
import { PRICE_LIMIT, type Price } from '../../src/core/price.ts'
import { REFUSAL_REASONS } from '../../src/core/refusal.ts'
import { refusalTopicName } from '../../src/gossip/topic-name.ts'
import { type RefusalFault, shapeRefusal } from '../../src/gossip/refusal-shape.ts'
import {
  REFUSALS_LIMIT,
  REFUSAL_BYTES_LIMIT,
  type WireRefusal,
  decodeRefusalMessage,
  encodeRefusalMessage,
} from '../../src/gossip/refusal-wire.ts'
import { anyRefusal, noticeSigner, refusal } from '../helpers/signed-notices.ts'
import { alice, digest, price, statement } from '../helpers/statements.ts'

const signer = noticeSigner(alice)
const signed = signer.signRefusal(refusal())
const { network } = refusal()
const another = digest(statement({ price: price('3021.46') }))

const sound = wireOf({})
const slotSigned = wireOf({ reason: 'slot-signed', ownPrice: undefined, signedInstead: another })
const feedDown = wireOf({ reason: 'feed-down', ownPrice: undefined })

/** The refusal as it travels. */
function wireOf(overrides: Parameters<typeof refusal>[0]): WireRefusal {
  const message = encodeRefusalMessage([{ ...signed, refusal: refusal(overrides) }], { network })
  return decodeRefusalMessage(message).refusals[0] ?? assert.fail('holds one refusal')
}

describe('refusals in shape', () => {
  it('are the refusals that were sent, in their order, and their signatures', () => {
    fc.assert(
      fc.property(fc.array(anyRefusal, { maxLength: 4 }), (said) => {
        const message = encodeRefusalMessage(
          said.map((one) => ({ ...signed, refusal: { ...one, network } })),
          { network, attempt: 2 },
        )
        const decoded = decodeRefusalMessage(message)
        assert.deepEqual([decoded.version, decoded.network, decoded.attempt], [1, network, 2])
        assert.deepEqual(
          decoded.refusals.map((wire) => shapeRefusal(wire, { network })),
          said.map((one) => ({ refusal: { ...one, network }, signature: signed.signature })),
        )
      }),
    )
  })

  it('fit into a message, as many as it may hold and however long they are', () => {
    const longName = 'n'.repeat(64)
    const late = { network: longName, refusedAt: Number.MAX_SAFE_INTEGER }
    const longest = REFUSAL_REASONS.map((reason) =>
      refusal({
        ...late,
        reason,
        ownPrice: reason === 'deviation' ? ((PRICE_LIMIT - 1n) as Price) : undefined,
        signedInstead: reason === 'slot-signed' ? another : undefined,
      }),
    )
    for (const one of longest) {
      const refusals = Array.from({ length: REFUSALS_LIMIT }, () => ({ ...signed, refusal: one }))
      const message = encodeRefusalMessage(refusals, { network: longName, attempt: 2 ** 32 - 1 })
      assert.ok(message.length <= REFUSAL_BYTES_LIMIT, `${message.length} bytes`)
      assert.equal(decodeRefusalMessage(message).refusals.length, REFUSALS_LIMIT)
    }
  })

  for (const reason of REFUSAL_REASONS) {
    it(`may have the reason ${reason}`, () => {
      const wire = { deviation: sound, 'slot-signed': slotSigned }[reason as string] ?? { ...feedDown, reason }
      const shaped = shapeRefusal(wire, { network })
      assert.ok('refusal' in shaped)
      assert.equal(shaped.refusal.reason, reason)
    })
  }
})

const tooMuch = fromHex(`0x${PRICE_LIMIT.toString(16)}`)
const highS = Uint8Array.from(sound.signature).fill(0x80, 32, 33)

const faults: Readonly<Record<string, readonly [WireRefusal, RefusalFault]>> = {
  'a statement of 31 bytes': [{ ...sound, statement: new Uint8Array(31) }, 'bad-statement'],
  'a statement of 33 bytes': [{ ...sound, statement: new Uint8Array(33) }, 'bad-statement'],
  'no reason': [{ ...feedDown, reason: '' }, 'bad-reason'],
  'a reason of 33 characters': [{ ...feedDown, reason: 'a'.repeat(33) }, 'bad-reason'],
  'a reason with a line break': [{ ...feedDown, reason: 'feed-down\n' }, 'bad-reason'],
  'a reason in capitals': [{ ...feedDown, reason: 'DISK' }, 'bad-reason'],
  'a time above 2^53 − 1': [{ ...sound, refusedAt: BigInt(Number.MAX_SAFE_INTEGER) + 1n }, 'bad-time'],
  'a signature of 66 bytes': [{ ...sound, signature: new Uint8Array(66) }, 'signature-length'],
  'a signature with s in the upper half': [{ ...sound, signature: highS }, 'high-s'],
  'a deviation without the price': [{ ...sound, ownPrice: new Uint8Array() }, 'bad-price'],
  'a price of zero': [{ ...sound, ownPrice: Uint8Array.of(0) }, 'bad-price'],
  'a price with a leading zero': [{ ...sound, ownPrice: Uint8Array.of(0, 1) }, 'bad-price'],
  'a price of 10^36': [{ ...sound, ownPrice: tooMuch }, 'bad-price'],
  'a price without deviation': [{ ...feedDown, ownPrice: Uint8Array.of(1) }, 'bad-price'],
  'a signed slot without the statement': [{ ...slotSigned, signedInstead: new Uint8Array() }, 'bad-reference'],
  'a signed statement of 31 bytes': [{ ...slotSigned, signedInstead: new Uint8Array(31) }, 'bad-reference'],
  'a signed statement that is the refused one': [
    { ...slotSigned, signedInstead: slotSigned.statement },
    'bad-reference',
  ],
  'a signed statement for another reason': [{ ...feedDown, signedInstead: fromHex(another) }, 'bad-reference'],
}

describe('a refusal out of shape', () => {
  for (const [name, [wire, fault]] of Object.entries(faults)) {
    it(`is ${fault}: ${name}`, () => {
      assert.deepEqual(shapeRefusal(wire, { network }), { fault })
    })
  }

  it('has the code of its first fault', () => {
    const order = ['statement', 'reason', 'refusedAt', 'signature', 'ownPrice', 'signedInstead'] as const
    const worst: WireRefusal = {
      statement: new Uint8Array(),
      reason: '',
      refusedAt: 2n ** 64n - 1n,
      signature: new Uint8Array(),
      ownPrice: Uint8Array.of(1),
      signedInstead: Uint8Array.of(1),
    }
    const codes = order.map((_, mended) => {
      const rest = order.slice(mended).map((key) => [key, worst[key]])
      const shaped = shapeRefusal({ ...feedDown, ...Object.fromEntries(rest) }, { network })
      return 'fault' in shaped ? shaped.fault : undefined
    })
    assert.deepEqual(codes, [
      'bad-statement',
      'bad-reason',
      'bad-time',
      'signature-length',
      'bad-price',
      'bad-reference',
    ])
  })
})

describe('a refusal for a reason that later versions may know', () => {
  it('is unknown and no fault, whatever price and reference it has', () => {
    const later = { ...sound, reason: 'a-reason-of-later', ownPrice: Uint8Array.of(0), signedInstead: Uint8Array.of(1) }
    assert.deepEqual(shapeRefusal(later, { network }), { unknown: 'reason' })
  })

  it('is a fault when anything is wrong that goes with every reason', () => {
    const later = { ...sound, reason: 'later' }
    assert.deepEqual(shapeRefusal({ ...later, statement: new Uint8Array() }, { network }), { fault: 'bad-statement' })
    assert.deepEqual(shapeRefusal({ ...later, refusedAt: 2n ** 53n }, { network }), { fault: 'bad-time' })
    assert.deepEqual(shapeRefusal({ ...later, signature: highS }, { network }), { fault: 'high-s' })
  })
})

describe('the topic of refusals', () => {
  it('is below that of statements', () => {
    assert.equal(refusalTopicName('test-network'), '/gossip-price/1/test-network/refusals')
  })
})
