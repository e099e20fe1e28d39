import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeEvent } from '../../src/api/node-view.ts'
import { EventOutlet } from '../../src/node/event-outlet.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

function createOutlet() {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const outlet = new EventOutlet({ clock, logger, isVouched: (peerId) => peerId === 'honest' })
  const told: NodeEvent[] = []
  outlet.subscribe((event) => told.push(event))
  return { clock, logger, outlet, told }
}

describe('what is told of the node', () => {
  it('is not drowned in strangers that come and go: 100 of these are told at once, then one a second', async () => {
    const { clock, outlet, told } = createOutlet()
    for (let i = 0; i < 1_000; i++) outlet.tell({ kind: 'peer', peerId: `stranger ${i}`, up: true })
    assert.equal(told.length, 100)
    outlet.tell({ kind: 'peer', peerId: 'honest', up: true })
    outlet.tell({ kind: 'health', sentences: [] })
    assert.equal(told.length, 102)
    await clock.advance(3_000)
    for (let i = 0; i < 1_000; i++) outlet.tell({ kind: 'peer', peerId: `stranger ${i}`, up: false })
    assert.equal(told.length, 105)
  })

  it('reaches all who listen, whoever of them fails', () => {
    const { logger, outlet, told } = createOutlet()
    outlet.subscribe(() => {
      throw new Error('broken')
    })
    const later: NodeEvent[] = []
    const stop = outlet.subscribe((event) => later.push(event))
    outlet.tell({ kind: 'health', sentences: [] })
    stop()
    outlet.tell({ kind: 'health', sentences: ['the table is away'] })
    assert.deepEqual([told.length, later.length, logger.at('error').length], [2, 1, 2])
  })
})
