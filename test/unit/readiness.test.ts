import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ReadyNode, areSame, gossipReadiness } from '../../src/node/readiness.ts'
import { constants } from '../helpers/driver-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { alice, bob, carol, INTERVAL_MS } from '../helpers/statements.ts'

/** A node to which everything can happen, and what it says of itself. */
function createReadyNode(intervalMs = INTERVAL_MS) {
  const clock = new ManualClock()
  const found = {
    peers: 2,
    mesh: 2,
    others: [bob, carol],
    priceAtMs: undefined as number | undefined,
    table: undefined as string | undefined,
    clock: undefined as string | undefined,
    oldestMs: undefined as number | undefined,
  }
  const node: ReadyNode = {
    topics: { prices: { peers: () => found.peers, meshPeers: () => found.mesh } },
    directory: {
      nodes: () =>
        found.others.map((signer) => ({ ...signStatus(signer), listed: true, heardAtMs: clock.now().monoMs })),
    },
    signer: { address: alice.address },
    owed: { depth: () => 0, oldestMs: () => found.oldestMs },
    tableFault: () => found.table,
    clockFault: () => found.clock,
    lastPriceAtMs: () => found.priceAtMs,
  }
  const faults = gossipReadiness({ node, clock }, { ...constants([alice, bob, carol]), intervalMs })
  return { clock, found, faults, readiness: () => faults().map(({ sentence }) => sentence) }
}

function since(clock: ManualClock, ms: number): string {
  return `${new Date(clock.now().wallMs - ms).toISOString().slice(0, 19)}Z`
}

describe('a gossip node is ready', () => {
  it('from the moment on when it hears enough others, without waiting for statuses and prices', () => {
    const { found, readiness } = createReadyNode()
    found.others = []
    assert.deepEqual(readiness(), [])
    found.peers = 1
    assert.deepEqual(readiness(), ['connected to 1 node of the network: a quorum takes 2 others'])
  })

  it('not while its mesh is empty', () => {
    const { found, readiness } = createReadyNode()
    found.mesh = 0
    assert.deepEqual(readiness(), ['no messages are exchanged with any peer yet: the mesh is empty'])
  })

  it('not when fewer signers than a quorum takes have told of themselves for a minute', async () => {
    const { clock, found, readiness } = createReadyNode()
    await clock.advance(60_001)
    assert.deepEqual(readiness(), [])
    found.others = [bob]
    assert.deepEqual(readiness(), ['a quorum takes 3 signers, and with this node there are 2'])
    found.others = []
    assert.deepEqual(readiness(), ['a quorum takes 3 signers, and with this node there is 1'])
  })

  it('not without a price for two rounds', async () => {
    const { clock, found, readiness } = createReadyNode()
    await clock.advance(2 * INTERVAL_MS + 10_000)
    assert.deepEqual(readiness(), [])
    await clock.advance(1_000)
    const sentence = `no price has come from coinbase since ${since(clock, 2 * INTERVAL_MS + 11_000)}`
    assert.deepEqual(readiness(), [sentence])
    await clock.advance(60_000)
    assert.deepEqual(readiness(), [sentence], 'the same time as long as it is true')
    found.priceAtMs = clock.now().monoMs
    assert.deepEqual(readiness(), [])
  })

  it('not without a price for two short rounds; the first one has a minute', async () => {
    const { clock, found, readiness } = createReadyNode(10_000)
    await clock.advance(60_000)
    assert.deepEqual(readiness(), [])
    found.priceAtMs = clock.now().monoMs
    await clock.advance(30_000)
    assert.deepEqual(readiness(), [])
    await clock.advance(1_000)
    assert.deepEqual(readiness(), [`no price has come from coinbase since ${since(clock, 31_000)}`])
  })

  it('not while its clock is off, the table is away, or a row waits for long, each in a sentence', () => {
    const { clock, found, readiness } = createReadyNode()
    found.clock = 'the clock is off'
    found.table = 'nobody answers'
    found.oldestMs = 300_000
    assert.deepEqual(readiness(), ['the clock is off', 'the table cannot be written: nobody answers'])
    found.oldestMs = 301_000
    assert.equal(readiness().at(-1), `a row has waited for the table since ${since(clock, 301_000)}`)
  })

  it('or not, for reasons that are the same while nothing but a measure of them changes', () => {
    const { found, faults } = createReadyNode()
    found.clock = 'the clock is 12.1 s off'
    found.table = 'nobody answers'
    const before = faults()
    found.clock = 'the clock is 12.2 s off'
    assert.ok(areSame(faults(), before))
    found.table = 'the password is wrong'
    assert.ok(!areSame(faults(), before))
    found.table = undefined
    assert.ok(!areSame(faults(), before))
    found.peers = 1
    const alone = faults()
    found.peers = 0
    assert.ok(!areSame(faults(), alone))
  })
})
