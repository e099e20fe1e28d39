import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Signer } from '../../src/consensus/signer.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { type Secp256k1, recoverSigner } from '../../src/core/signature.ts'
import type { PriceStatement, SignatureSet } from '../../src/core/statement.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { SignOnceInMemory } from '../helpers/sign-once-in-memory.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, attest, bob, digest, price, round, statement } from '../helpers/statements.ts'

interface Options {
  readonly curve?: Secp256k1
  readonly clock?: ManualClock
  readonly completeFromMs?: number
}

function createSigner({ curve = nobleSecp256k1, clock = new ManualClock(), completeFromMs = 0 }: Options = {}) {
  const memory = new SignOnceInMemory()
  memory.completeFromMs = completeFromMs
  const logger = new RecordingLogger()
  const signer = new Signer({ curve, memory, clock, logger }, { key: bob, intervalMs: INTERVAL_MS })
  const sign = (one: PriceStatement, held: SignatureSet = new Map()) =>
    signer.sign({ id: digest(one), statement: one, held })
  return { clock, memory, logger, signer, sign }
}

const proposed = statement()
const id = digest(proposed)
const rival = statement({ price: price('3021.46') })

describe('a signature', () => {
  it('is one over the statement’s digest, by the key of this node', async () => {
    const { clock, sign } = createSigner()
    const answer = sign(proposed)
    await clock.advance(0)
    const signed = await answer
    assert.ok('signature' in signed)
    assert.deepEqual(recoverSigner(nobleSecp256k1, { id, signature: signed.signature }), { signer: bob.address })
  })

  it('leaves when the statement, what was held and it are on the disk, and not before', async () => {
    const { clock, memory, sign } = createSigner()
    const { signatures } = attest(proposed, alice)
    let left = false
    const answer = sign(proposed, signatures).then((signed) => {
      left = true
      return signed
    })
    await clock.settle()
    assert.equal(left, false)
    await clock.advance(0)
    assert.ok('signature' in (await answer))
    assert.deepEqual(memory.writes, [[attest(proposed, alice, bob)]])
  })

  it('does not leave when the disk refuses: nothing is signed, an error says what to do', async () => {
    const { clock, memory, logger, sign } = createSigner()
    memory.refuses = new Error('disk full')
    const answers = [sign(proposed), sign(statement({ pair: 'BTC-USD' }))]
    await clock.advance(0)
    for (const answer of await Promise.all(answers)) {
      assert.ok('objection' in answer)
      assert.equal(answer.objection.code, 'disk')
    }
    assert.match(logger.at('error').join('\n'), /free some space or mend GP_DATADIR/)
  })

  it('may be asked for again when the disk is well again, over another statement too', async () => {
    const { clock, memory, sign } = createSigner()
    memory.refuses = new Error('disk full')
    const refused = sign(proposed)
    await clock.advance(0)
    await refused
    memory.refuses = undefined
    const answer = sign(rival)
    await clock.advance(0)
    assert.ok('signature' in (await answer))
  })

  it('that cannot be made fails alone: the slot is free again and the rest of the batch is signed', async () => {
    const broken: Secp256k1 = {
      ...nobleSecp256k1,
      sign(hash, key) {
        if (Buffer.from(hash).toString('hex') === id.slice(2)) throw new RangeError('cannot be signed')
        return nobleSecp256k1.sign(hash, key)
      },
    }
    const { clock, sign } = createSigner({ curve: broken })
    const fails = assert.rejects(sign(proposed), /cannot be signed/)
    const answer = sign(rival)
    await clock.advance(0)
    await fails
    assert.ok('signature' in (await answer))
  })
})

describe('requests that come together', () => {
  it('share one write', async () => {
    const { clock, memory, sign } = createSigner()
    const answers = [sign(proposed), sign(statement({ pair: 'BTC-USD' })), sign(statement({ proposer: bob.address }))]
    await clock.advance(0)
    for (const answer of await Promise.all(answers)) assert.ok('signature' in answer)
    assert.deepEqual(
      memory.writes.map((write) => write.length),
      [3],
    )
    assert.equal(clock.pending, 0)
  })

  it('for one slot: the first is signed, the other refused', async () => {
    const { clock, memory, sign } = createSigner()
    const answers = [sign(proposed), sign(rival)]
    await clock.advance(0)
    const [first, second] = await Promise.all(answers)
    assert.ok(first && 'signature' in first)
    assert.ok(second && 'objection' in second)
    assert.equal(second.objection.code, 'slot-signed')
    assert.deepEqual(memory.writes.flat(), [attest(proposed, bob)])
  })

  it('for one statement both get its signature', async () => {
    const { clock, sign } = createSigner()
    const answers = [sign(proposed), sign(proposed)]
    await clock.advance(0)
    const [first, second] = await Promise.all(answers)
    assert.ok(first && 'signature' in first)
    assert.deepEqual(second, first)
  })

  it('that come later make a write of their own', async () => {
    const { clock, memory, sign } = createSigner()
    const first = sign(proposed)
    await clock.advance(0)
    await first
    const second = sign(statement({ pair: 'BTC-USD' }))
    await clock.advance(0)
    await second
    assert.equal(memory.writes.length, 2)
  })
})

describe('a slot', () => {
  it('that is signed takes no other statement, and the same one again', async () => {
    const { clock, signer, sign } = createSigner()
    const first = sign(proposed)
    await clock.advance(0)
    await first
    assert.equal(signer.refuse(digest(rival), rival)?.code, 'slot-signed')
    const other = await sign(rival)
    assert.ok('objection' in other)
    assert.match(other.objection.message, new RegExp(id))
    const again = sign(proposed)
    await clock.advance(0)
    assert.deepEqual(await again, await first)
  })

  it('of another pair, round, proposer or network is another slot', async () => {
    const { clock, signer, sign } = createSigner()
    const first = sign(proposed)
    await clock.advance(0)
    await first
    for (const other of [
      statement({ pair: 'BTC-USD' }),
      statement({ observedAt: proposed.observedAt + INTERVAL_MS }),
      statement({ proposer: bob.address }),
      statement({ network: 'another' }),
    ]) {
      assert.equal(signer.refuse(digest(other), other), undefined)
    }
  })
})

describe('an old round', () => {
  it('is not signed at or below the low-water mark; the one above it is', () => {
    const { memory, signer } = createSigner()
    memory.mark = proposed.round
    assert.equal(signer.refuse(id, proposed)?.code, 'old-round')
    memory.mark = round(proposed.round - 1)
    assert.equal(signer.refuse(id, proposed), undefined)
  })
})

describe('a memory that is not complete', () => {
  it('signs nothing in rounds that began before it was, and signs in the first that begins then', () => {
    const { memory, signer } = createSigner()
    memory.completeFromMs = proposed.round * INTERVAL_MS + 1
    assert.equal(signer.refuse(id, proposed)?.code, 'no-memory')
    memory.completeFromMs = proposed.round * INTERVAL_MS
    assert.equal(signer.refuse(id, proposed), undefined)
  })

  it('is not made complete by a clock that is set forward: rounds that had begun are not signed', async () => {
    const clock = new ManualClock({ wallMs: 60_000 })
    const { signer } = createSigner({ clock, completeFromMs: 70_000 })
    await clock.advance(30_000)
    const nowMs = OBSERVED_AT + 60_000
    clock.jumpWall(nowMs - clock.now().wallMs)
    const next = statement({ observedAt: OBSERVED_AT + INTERVAL_MS })
    assert.equal(signer.refuse(id, proposed)?.code, 'no-memory')
    assert.equal(signer.refuse(digest(next), next), undefined)
    // It was begun 30 s ago, and had 10 s to go.
    assert.equal(signer.completeFromMs, nowMs - 20_000)
    clock.jumpWall(-nowMs)
    assert.equal(signer.completeFromMs, 70_000)
  })

  it('does not sign again what it remembers of such a round', async () => {
    const { memory, sign } = createSigner()
    memory.completeFromMs = proposed.round * INTERVAL_MS + 1
    const answer = await sign(proposed)
    assert.ok('objection' in answer)
    assert.deepEqual(memory.writes, [])
  })
})
