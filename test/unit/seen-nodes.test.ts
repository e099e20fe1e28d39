import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeEvent } from '../../src/api/node-view.ts'
import { NodeDirectory, STATUS_INTERVAL_MS } from '../../src/gossip/node-directory.ts'
import { SeenNodes } from '../../src/node/seen-nodes.ts'
import { StateWatch } from '../../src/node/state-watch.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { alice, bob } from '../helpers/statements.ts'

/** Alice's node, which hears bob's. */
function createSeen() {
  const clock = new ManualClock()
  const directory = new NodeDirectory({ clock }, { open: false })
  const unknown = {
    clockOffsetMs: undefined,
    received: undefined,
    lastCommittedAtMs: undefined,
    historyRoot: undefined,
  }
  const own = { signer: alice.address, peerId: 'own', agent: 'x', listed: true, uptimeMs: 0, peers: [], outbox: 0 }
  const nodes = new SeenNodes({ directory, clock }, () => ({ ...own, ...unknown }))
  const told: NodeEvent[] = []
  const readiness: { sentences: readonly string[] } = { sentences: [] }
  const watch = new StateWatch({
    clock,
    logger: new RecordingLogger(),
    readiness: () => readiness.sentences,
    nodes: () => nodes.nodes(),
    tell: (event) => told.push(event),
  })
  const hear = (signer = bob): unknown => {
    const signed = signStatus(signer)
    directory.take(signed, { listed: true })
    return nodes.heard(signed, { listed: true })
  }
  const stateOf = (): string | undefined => nodes.nodes().find(({ signer }) => signer === bob.address)?.state
  return { clock, nodes, told, readiness, watch, hear, stateOf }
}

describe('the nodes that are seen', () => {
  it('fall behind when a status is missed, then are gone, and forgotten after a day', async () => {
    const { clock, nodes, hear, stateOf } = createSeen()
    hear()
    const heardMs = nodes.lastHeardMs(bob.address)
    assert.deepEqual([stateOf(), nodes.isThere(bob.address)], ['here', true])
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 1)
    assert.equal(stateOf(), 'behind')
    await clock.advance(1.5 * STATUS_INTERVAL_MS)
    assert.deepEqual([stateOf(), nodes.isThere(bob.address)], ['gone', false])
    assert.equal(nodes.lastHeardMs(bob.address), heardMs)
    await clock.advance(24 * 3_600_000)
    assert.equal(stateOf(), undefined)
  })

  it('have this node among them, first, and never twice', () => {
    const { nodes, hear } = createSeen()
    assert.equal(hear(alice), undefined)
    hear(bob)
    assert.deepEqual(
      nodes.nodes().map(({ signer }) => signer),
      [alice.address, bob.address],
    )
  })

  it('are told of once when they fall behind and when they go, and so is what changes the readiness', async () => {
    const { clock, told, readiness, watch, hear } = createSeen()
    hear()
    watch.start()
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 4_000)
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 4_000)
    readiness.sentences = ['nobody is there']
    await clock.advance(6_000)
    watch.stop()
    const said = told.map((event) => (event.kind === 'node' ? event.node.state : event.kind))
    assert.deepEqual(said, ['health', 'behind', 'gone', 'health'])
    await clock.advance(60_000)
    assert.equal(told.length, 4)
  })
})
