import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { type Round, roundAt } from '../../src/core/statement.ts'
import { NodeDirectory } from '../../src/gossip/node-directory.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { StatusJudge } from '../../src/gossip/status-judge.ts'
import { encodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { NEIGHBOUR, STRANGER, createInboxAtWork } from '../helpers/inbox-at-work.ts'
import { UNRECOVERABLE } from '../helpers/keyed-hash-curve.ts'
import { SELF_INSTANCE, createNoticesAtWork, signStatus } from '../helpers/notices-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, statement } from '../helpers/statements.ts'

describe('a status', () => {
  it('of an allowed signer makes its peer one of those with a budget of their own', async () => {
    const node = createNoticesAtWork()
    const data = encodeStatusMessage(signStatus(alice, { peerId: 'newcomer' }))
    assert.deepEqual(await node.receiveStatus(data, 'newcomer'), { kind: 'accept' })
    assert.equal(node.directory.voucherOf('newcomer'), alice.address)
  })

  it('by which a newcomer introduces itself is verified, though strangers have used up all their time', async () => {
    const node = createNoticesAtWork()
    node.standing.senderOf('stranger').budget.spend(() => node.clock.compute(60_000))
    const own = encodeStatusMessage(signStatus(alice, { peerId: 'newcomer', sentAt: OBSERVED_AT + 60_000 }))
    const forwarded = encodeStatusMessage(signStatus(bob, { peerId: 'somebody', sentAt: OBSERVED_AT + 60_000 }))
    assert.deepEqual(await node.receiveStatus(forwarded, 'newcomer'), { kind: 'ignore', code: 'budget' })
    assert.deepEqual(await node.receiveStatus(own, 'newcomer'), { kind: 'accept' })
  })

  it('by which a stranger introduces itself again and again is verified at the expense of all strangers', async () => {
    const node = createNoticesAtWork()
    node.standing.senderOf('stranger').budget.spend(() => node.clock.compute(60_000))
    const codes: unknown[] = []
    for (let sequence = 1; sequence <= 4; sequence++) {
      const overrides = { peerId: 'stranger', sentAt: OBSERVED_AT + 60_000, sequence: OBSERVED_AT + sequence }
      const verdict = await node.receiveStatus(encodeStatusMessage(signStatus(STRANGER, overrides)), 'stranger')
      codes.push('code' in verdict && verdict.code)
    }
    assert.deepEqual(codes, ['signer-not-allowed', 'too-soon', 'budget', 'budget'])
  })

  it('is told to who watches, apart whether it is news, but not when its signer is neither allowed nor a neighbour', async () => {
    const node = createNoticesAtWork()
    await node.receiveStatus(encodeStatusMessage(signStatus(alice)))
    await node.receiveStatus(encodeStatusMessage(signStatus(alice, { sequence: OBSERVED_AT + 1 })))
    await node.receiveStatus(encodeStatusMessage(signStatus(STRANGER)))
    await node.receiveStatus(encodeStatusMessage(signStatus(STRANGER, { peerId: 'stranger' })), 'stranger')
    assert.deepEqual(
      node.seen.map(({ signer }) => signer),
      [alice.address, alice.address, STRANGER.address],
    )
    assert.deepEqual(
      node.taken.map(({ signer }) => signer),
      [alice.address, STRANGER.address],
    )
  })

  it('is news for ten minutes, and may be ten minutes ahead', async () => {
    const node = createNoticesAtWork()
    const said = async (signer: typeof alice, sentAt: number): Promise<unknown> => {
      const verdict = await node.receiveStatus(
        encodeStatusMessage(signStatus(signer, { sentAt, peerId: signer.address })),
      )
      return 'code' in verdict ? verdict.code : verdict.kind
    }
    assert.equal(await said(alice, OBSERVED_AT - 600_001), 'stale')
    assert.equal(await said(alice, OBSERVED_AT - 600_000), 'accept')
    assert.equal(await said(bob, OBSERVED_AT + 600_001), 'early')
    assert.equal(await said(bob, OBSERVED_AT + 600_000), 'accept')
  })

  it('of a peer that is vouched for is verified at its own expense, not at that of newcomers', async () => {
    const node = createNoticesAtWork()
    const own = { peerId: NEIGHBOUR }
    assert.deepEqual(await node.receiveStatus(encodeStatusMessage(signStatus(alice, own))), { kind: 'accept' })
    node.standing.introductions.spend(() => node.clock.compute(10_000))
    const next = encodeStatusMessage(signStatus(alice, { ...own, sequence: OBSERVED_AT + 1 }))
    assert.equal(node.standing.introductions.hasTime(), false)
    assert.deepEqual(await node.receiveStatus(next), { kind: 'accept' })
  })

  it('of a signer that is not allowed is verified once, whoever forwards it', async () => {
    const node = createNoticesAtWork()
    const data = encodeStatusMessage(signStatus(STRANGER))
    await node.receiveStatus(data)
    await node.receiveStatus(data, 'another')
    assert.equal(node.curve.recoveries, 1)
  })

  it('is taken of signers of this round and of the ones beside it, since clocks differ', async () => {
    const { curve, clock, standing } = createInboxAtWork()
    const now = roundAt(OBSERVED_AT, INTERVAL_MS)
    const rounds = new Map([alice, bob, carol, dave].map(({ address }, index) => [address, now + index - 1]))
    const judge = new StatusJudge(
      {
        directory: new NodeDirectory({ clock }, { open: false }),
        recoverer: new Recoverer({ curve, breather: { breathe: () => Promise.resolve() } }),
        clock,
        standing,
        onStatus: () => undefined,
        onTaken: () => undefined,
        onClock: () => undefined,
        self: { instance: SELF_INSTANCE },
      },
      {
        network: statement().network,
        intervalMs: INTERVAL_MS,
        signers: { allows: (signer: Address, round: Round) => rounds.get(signer) === round },
      },
    )
    const kinds: string[] = []
    for (const signer of [alice, bob, carol, dave]) {
      const data = encodeStatusMessage(signStatus(signer, { peerId: signer.address }))
      kinds.push((await judge.judge(data, standing.senderOf(NEIGHBOUR))).kind)
    }
    assert.deepEqual(kinds, ['accept', 'accept', 'accept', 'ignore'])
  })

  it('of a signer that only others allow is held against nobody who forwards it, however many there are', async () => {
    const node = createNoticesAtWork()
    for (let sequence = 0; sequence < 300; sequence++) {
      const data = encodeStatusMessage(signStatus(STRANGER, { sequence: OBSERVED_AT + sequence }))
      await node.receiveStatus(data)
    }
    assert.deepEqual(node.hungUp, [])
  })
})

describe('what time it is', () => {
  const DAY_MS = 86_400_000
  const old = (sequence: number): Uint8Array =>
    encodeStatusMessage(signStatus(alice, { sentAt: OBSERVED_AT - DAY_MS, sequence }))

  it('is told by every status of an allowed signer, taken or not, and by no other', async () => {
    const node = createNoticesAtWork()
    await node.receiveStatus(encodeStatusMessage(signStatus(alice)))
    await node.receiveStatus(encodeStatusMessage(signStatus(alice, { sequence: OBSERVED_AT + 1 })))
    await node.receiveStatus(encodeStatusMessage(signStatus(STRANGER, { peerId: 'stranger' })), 'stranger')
    assert.deepEqual(
      node.clocks.map(({ signer, status: { sequence } }) => [signer, sequence - OBSERVED_AT]),
      [
        [alice.address, 0],
        [alice.address, 1],
      ],
    )
  })

  it('is told by statuses that are too old or too new, which say nothing else and are not passed on', async () => {
    const node = createNoticesAtWork()
    for (const [signer, sentAt, code] of [
      [alice, OBSERVED_AT - DAY_MS, 'stale'],
      [bob, OBSERVED_AT + DAY_MS, 'early'],
      [STRANGER, OBSERVED_AT + DAY_MS, 'early'],
    ] as const) {
      const data = encodeStatusMessage(signStatus(signer, { sentAt, peerId: 'sender' }))
      assert.deepEqual(await node.receiveStatus(data, 'sender'), { kind: 'ignore', code })
    }
    assert.deepEqual(
      node.clocks.map(({ signer }) => signer),
      [alice.address, bob.address],
    )
    assert.deepEqual([node.seen, node.directory.nodes()], [[], []])
  })

  it('is asked of each of these once, in a fiftieth of a core, and nobody else waits for it', async () => {
    const node = createNoticesAtWork()
    for (const peerId of ['one', 'two', 'three']) await node.receiveStatus(old(1), peerId)
    assert.equal(node.curve.recoveries, 1)
    const recover = node.curve.recover.bind(node.curve)
    node.curve.recover = (...args) => {
      node.clock.compute(10)
      return recover(...args)
    }
    for (let sequence = 2; sequence <= 100; sequence++) await node.receiveStatus(old(sequence), 'one')
    assert.ok(node.curve.recoveries <= 12, `${node.curve.recoveries}`)
    const sound = encodeStatusMessage(signStatus(bob, { sentAt: node.clock.now().wallMs }))
    assert.deepEqual(await node.receiveStatus(sound), { kind: 'accept' })
  })

  it('is not told by this process itself, nor by who forges', async () => {
    const node = createNoticesAtWork()
    const sentAt = OBSERVED_AT - DAY_MS
    await node.receiveStatus(encodeStatusMessage(signStatus(alice, { sentAt, instance: SELF_INSTANCE })))
    const { status } = signStatus(alice, { sentAt })
    const forged = encodeStatusMessage({ status, signer: alice.address, signature: UNRECOVERABLE })
    assert.deepEqual(await node.receiveStatus(forged), { kind: 'ignore', code: 'stale' })
    assert.deepEqual(node.clocks, [])
    assert.deepEqual(node.hungUp, [])
  })
})

describe('a signer that names the peer and the process of another', () => {
  it('does not hide what that one says of itself', async () => {
    const node = createNoticesAtWork()
    const bobs = { peerId: 'bobs', instance: `0x${'b0'.repeat(16)}` } as const
    await node.receiveStatus(encodeStatusMessage(signStatus(bob, bobs)))
    await node.receiveStatus(encodeStatusMessage(signStatus(alice, { ...bobs, sequence: OBSERVED_AT + 10_000_000 })))
    await node.clock.advance(15_000)
    const later = encodeStatusMessage(
      signStatus(bob, { ...bobs, sequence: OBSERVED_AT + 15_000, sentAt: OBSERVED_AT + 15_000 }),
    )
    assert.deepEqual(await node.receiveStatus(later), { kind: 'accept' })
  })
})
