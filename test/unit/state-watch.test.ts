import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeEvent, SeenNode } from '../../src/api/node-view.ts'
import type { ReadinessFault } from '../../src/node/readiness.ts'
import { StateWatch } from '../../src/node/state-watch.ts'
import { seenNode } from '../helpers/api-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { alice, bob } from '../helpers/statements.ts'

const LOOK_MS = 2_000
const PRICE: ReadinessFault = { code: 'price', sentence: 'no price has come' }

const clockOff = (sentence: string): ReadinessFault => ({ code: 'clock', sentence })
const peers = (about: number): ReadinessFault => ({ code: 'peers', about, sentence: `connected to ${about}` })

function createWatch() {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const told: NodeEvent[] = []
  const found = { faults: [] as ReadinessFault[], nodes: [seenNode()] as SeenNode[], looks: 0, fails: false }
  const watch = new StateWatch({
    clock,
    logger,
    readinessFaults() {
      if (found.fails) throw new Error('a mistake')
      return found.faults
    },
    nodes: () => found.nodes,
    tell: (event) => told.push(event),
    onLook: () => (found.looks += 1),
  })
  const kinds = (): readonly string[] =>
    told.map((event) => (event.kind === 'node' ? `${event.node.signer} ${event.node.state}` : event.kind))
  return { clock, logger, told, found, watch, kinds }
}

describe('who watches the state of a node', () => {
  it('tells the health at once, and then only when it changes', async () => {
    const { clock, told, found, watch } = createWatch()
    watch.start()
    assert.deepEqual(told, [{ kind: 'health', sentences: [] }])
    await clock.advance(10 * LOOK_MS)
    assert.equal(told.length, 1)
    found.faults = [PRICE]
    await clock.advance(LOOK_MS)
    assert.deepEqual(told[1], { kind: 'health', sentences: ['no price has come'] })
    found.faults = []
    await clock.advance(LOOK_MS)
    assert.deepEqual(told.at(-1), { kind: 'health', sentences: [] })
    assert.equal(told.length, 3)
  })

  it('tells a reason once, whatever is measured of it by now, and again when it is about something else', async () => {
    const { clock, told, found, watch } = createWatch()
    watch.start()
    const said = async (...faults: readonly ReadinessFault[]): Promise<number> => {
      found.faults = [...faults]
      const before = told.length
      await clock.advance(LOOK_MS)
      return told.length - before
    }
    assert.equal(await said(clockOff('12.1 s behind')), 1)
    assert.equal(await said(clockOff('12.2 s behind')), 0)
    assert.equal(await said(peers(1), clockOff('12.3 s behind')), 1)
    assert.deepEqual(told.at(-1), { kind: 'health', sentences: ['connected to 1', '12.3 s behind'] })
    assert.equal(await said(peers(0), clockOff('12.3 s behind')), 1)
    assert.equal(await said(peers(0)), 1)
    assert.equal(await said(), 1)
  })

  it('tells of each node that falls behind, then that it is gone, and that it is here again', async () => {
    const { clock, found, watch, kinds } = createWatch()
    watch.start()
    const states: readonly SeenNode['state'][] = ['here', 'behind', 'behind', 'gone', 'here', 'gone']
    for (const state of states) {
      found.nodes = [seenNode({ signer: alice.address }), seenNode({ state })]
      await clock.advance(LOOK_MS)
    }
    const said = ['behind', 'gone', 'here', 'gone'].map((state) => `${bob.address} ${state}`)
    assert.deepEqual(kinds(), ['health', ...said])
  })

  it('says nothing of who it sees for the first time, nor of who is forgotten', async () => {
    const { clock, found, watch, kinds } = createWatch()
    found.nodes = []
    watch.start()
    found.nodes = [seenNode({ state: 'gone' })]
    await clock.advance(LOOK_MS)
    found.nodes = []
    await clock.advance(LOOK_MS)
    assert.deepEqual(kinds(), ['health'])
  })

  it('survives a mistake of ours, which is in the log', async () => {
    const { clock, logger, found, watch, kinds } = createWatch()
    watch.start()
    found.fails = true
    await clock.advance(LOOK_MS)
    assert.equal(logger.at('error').length, 1)
    found.fails = false
    found.faults = [PRICE]
    await clock.advance(LOOK_MS)
    assert.deepEqual(kinds(), ['health', 'health'])
  })

  it('is started once, looks every two seconds, and no more once it is stopped', async () => {
    const { clock, found, watch } = createWatch()
    watch.start()
    watch.start()
    await clock.advance(LOOK_MS)
    await clock.advance(LOOK_MS)
    assert.equal(found.looks, 3)
    watch.stop()
    await clock.advance(10 * LOOK_MS)
    assert.equal(found.looks, 3)
    assert.equal(clock.pending, 0)
  })
})
