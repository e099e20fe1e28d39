import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeEvent } from '../../src/api/node-view.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { committed, pending, PEER, seenNode, startApi } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { openStream } from '../helpers/event-reader.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { bob, OBSERVED_AT } from '../helpers/statements.ts'
import { until } from '../helpers/until.ts'

const { id } = pending()

const ONE_OF_EACH: readonly NodeEvent[] = [
  { kind: 'statement', statement: pending() },
  { kind: 'signature', id, signer: bob.address, atMs: OBSERVED_AT },
  { kind: 'refusal', id, signer: bob.address, reason: 'deviation', sentence: '1.8 % apart' },
  { kind: 'node', node: seenNode() },
  { kind: 'peer', peerId: PEER, up: false },
  { kind: 'health', sentences: ['no quorum'] },
]

const UNKNOWN = statementId(0)

function statementId(number: number): StatementId {
  return `0x${number.toString(16).padStart(64, '0')}` as StatementId
}

const peer = (number: number): NodeEvent => ({ kind: 'peer', peerId: `peer-${number}`, up: true })
const peers = (count: number): NodeEvent[] => Array.from({ length: count }, (_, index) => peer(index + 1))

describe('the stream', () => {
  it('tells every kind of event as the document says, numbered', async (t) => {
    const { server, node, ask } = await startApi(t)
    const contract = new Contract((await ask('/openapi.json')).json())
    const stream = await openStream(t, server)
    assert.equal(stream.status, 200)
    assert.equal(stream.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(stream.headers['cache-control'], 'no-store')
    node.tell(...ONE_OF_EACH)
    node.tell({ kind: 'committed', ids: [committed().attestation.id] })
    const events = await stream.read(ONE_OF_EACH.length + 1)
    assert.deepEqual(
      events.map(({ event, id: number }) => [event, number]),
      [...ONE_OF_EACH.map(({ kind }) => kind), 'price'].map((kind, index) => [kind, `test-${index + 1}`]),
    )
    for (const { event, data } of events) contract.checkEvent(event, data)
  })

  it('tells a row as the table has it, whatever signatures are held here', async (t) => {
    const { server, node, table, ask } = await startApi(t)
    const { id: committedId } = committed(2).attestation
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    node.tell({ kind: 'committed', ids: [committedId, UNKNOWN, committed(1).attestation.id] })
    const events = await stream.read(2)
    const { proof, ...row } = (await ask(`/v1/prices/${committedId}`)).json() as Record<string, unknown>
    assert.ok(proof)
    assert.deepEqual(JSON.parse(events[0]?.data ?? ''), row)
    assert.deepEqual(table.asked[0], [committedId, UNKNOWN, committed(1).attestation.id])
  })

  it('tells rows once the table answers, where it does not at first', async (t) => {
    const clock = new ManualClock()
    const { server, node, table } = await startApi(t, { components: { clock } })
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    table.isDown = true
    node.tell({ kind: 'committed', ids: [committed().attestation.id] })
    await clock.advance(50)
    assert.equal(table.asked.length, 1)
    table.isDown = false
    await clock.advance(2_000)
    const [event] = await stream.read(1)
    assert.equal(event?.event, 'price')
  })

  it('asks a table that does not answer no longer than anybody may want to know', async (t) => {
    const clock = new ManualClock()
    const { server, node, table, counters } = await startApi(t, { components: { clock } })
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    table.isDown = true
    node.tell({ kind: 'committed', ids: [committed().attestation.id] })
    await clock.advance(50)
    stream.leave()
    await until(async () => counters.count('gp_http_streams_ended_total', { reason: 'left' }) === 1, 'it has left')
    await clock.advance(70_000)
    const asked = table.asked.length
    await clock.advance(600_000)
    assert.ok(asked > 1)
    assert.equal(table.asked.length, asked)
    table.isDown = false
    const back = await openStream(t, { ...server, headers: { 'last-event-id': stream.lastEventId } })
    assert.equal((await back.read(1))[0]?.event, 'reset')
  })

  it('reads no row where nobody listens, and has who comes back begin anew', async (t) => {
    const clock = new ManualClock()
    const { server, node, table } = await startApi(t, { components: { clock } })
    node.tell(peer(1), { kind: 'committed', ids: [committed().attestation.id] }, peer(2))
    await clock.advance(60_000)
    assert.deepEqual(table.asked, [])
    const late = await openStream(t, { ...server, headers: { 'last-event-id': 'test-1' } })
    assert.equal((await late.read(1))[0]?.event, 'reset')
    const inTime = await openStream(t, { ...server, headers: { 'last-event-id': 'test-2' } })
    assert.equal((await inTime.read(1))[0]?.event, 'peer')
  })

  it('reads rows for a reader that may come back', async (t) => {
    const { server, node, counters } = await startApi(t)
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    stream.leave()
    await until(async () => counters.count('gp_http_streams_ended_total', { reason: 'left' }) === 1, 'it has left')
    node.tell({ kind: 'committed', ids: [committed().attestation.id] })
    const back = await openStream(t, { ...server, headers: { 'last-event-id': stream.lastEventId } })
    assert.equal((await back.read(1))[0]?.event, 'price')
  })

  it('says reset in place of very many rows that come together', async (t) => {
    const clock = new ManualClock()
    const { server, node, table } = await startApi(t, { components: { clock } })
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    const ids = Array.from({ length: 400 }, (_, index) => statementId(index))
    node.tell({ kind: 'committed', ids }, { kind: 'committed', ids })
    await clock.advance(5_000)
    assert.equal((await stream.read(1))[0]?.event, 'reset')
    assert.deepEqual(table.asked, [])
    node.tell({ kind: 'committed', ids: [committed().attestation.id] })
    await clock.advance(50)
    assert.equal((await stream.read(2))[1]?.event, 'price')
  })

  it('goes on after the lastEventId of its address where no header says it', async (t) => {
    const { server, node, ask } = await startApi(t)
    node.tell(...peers(3))
    const stream = await openStream(t, { ...server, query: '?lastEventId=test-2' })
    assert.equal((await stream.read(1))[0]?.id, 'test-3')
    const other = await openStream(t, {
      ...server,
      query: '?lastEventId=test-2',
      headers: { 'last-event-id': 'test-1' },
    })
    assert.equal((await other.read(1))[0]?.id, 'test-2')
    for (const wrong of ['?lastEventId=1&lastEventId=2', `?lastEventId=${'a'.repeat(81)}`, '?since=1']) {
      assert.equal((await ask(`/v1/stream${wrong}`)).status, 400, wrong)
    }
  })

  it('begins with what happens next, and says where that is', async (t) => {
    const { server, node } = await startApi(t)
    node.tell(...peers(3))
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    assert.equal(stream.lastEventId, 'test-3')
    node.tell(peer(4))
    const [event] = await stream.read(1)
    assert.equal(event?.id, 'test-4')
  })

  it('goes on after Last-Event-ID, with everything in between', async (t) => {
    const { server, node } = await startApi(t)
    node.tell(...peers(5))
    const stream = await openStream(t, { ...server, headers: { 'last-event-id': 'test-2' } })
    node.tell(peer(6))
    const events = await stream.read(4)
    assert.deepEqual(
      events.map((event) => event.id),
      ['test-3', 'test-4', 'test-5', 'test-6'],
    )
  })

  it('says reset first when events in between are lost, or of another run', async (t) => {
    const { server, node, ask } = await startApi(t, { limits: { events: 3 } })
    const contract = new Contract((await ask('/openapi.json')).json())
    node.tell(...peers(5))
    for (const lost of ['test-1', 'other-4', 'test-6', 'test-', 'nonsense', '\u00ff', 'test-99999999999999999999']) {
      const stream = await openStream(t, { ...server, headers: { 'last-event-id': lost } })
      const [reset] = await stream.read(1)
      assert.equal(reset?.event, 'reset', lost)
      assert.equal(reset?.id, 'test-5')
      contract.checkEvent('reset', reset?.data ?? '')
    }
    const kept = await openStream(t, { ...server, headers: { 'last-event-id': 'test-2' } })
    assert.deepEqual(
      (await kept.read(3)).map(({ event }) => event),
      ['peer', 'peer', 'peer'],
    )
  })

  it('sends a comment when nothing happens, as long as anybody listens', async (t) => {
    const clock = new ManualClock()
    const { server } = await startApi(t, { components: { clock } })
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    assert.equal(clock.pending, 1)
    await clock.advance(15_000)
    await clock.advance(15_000)
    await stream.until(() => stream.comments === 2)
    stream.leave()
    await until(async () => {
      await clock.advance(15_000)
      return clock.pending === 0
    }, 'nothing is sent any more')
  })

  it('drops a reader that falls out of the events that are kept, and holds up no other', async (t) => {
    const { server, node, counters } = await startApi(t, { limits: { events: 50 } })
    const [slow, quick] = [await openStream(t, server), await openStream(t, server)]
    await slow.until(() => slow.lastEventId !== '')
    slow.pause()
    const large = 'x'.repeat(20_000)
    const dropped = (): boolean => counters.count('gp_http_streams_ended_total', { reason: 'slow' }) === 1
    let sent = 0
    while (!dropped()) {
      assert.ok(sent < 5_000, 'a slow reader is dropped')
      node.tell({ kind: 'health', sentences: [large] })
      sent += 1
      await quick.read(sent)
    }
    assert.equal(quick.isEnded, false)
    slow.resume()
    await slow.end()
  })

  it('drops a reader that takes nothing for two comments, though little happens', async (t) => {
    const clock = new ManualClock()
    const { server, node, counters } = await startApi(t, { components: { clock } })
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    stream.pause()
    // More than the buffers of both ends hold.
    node.tell(...Array.from({ length: 400 }, (): NodeEvent => ({ kind: 'health', sentences: ['x'.repeat(50_000)] })))
    const dropped = (): boolean => counters.count('gp_http_streams_ended_total', { reason: 'slow' }) === 1
    await clock.advance(15_000)
    assert.equal(dropped(), false)
    await until(async () => {
      await clock.advance(15_000)
      return dropped()
    }, 'it is dropped')
  })

  it('is for so many at once, and so many of one client; a place that was left is free again', async (t) => {
    const { server, ask } = await startApi(t, { limits: { streams: 2 } })
    const [first] = [await openStream(t, server), await openStream(t, server)]
    const answer = await ask('/v1/stream')
    assert.equal(answer.status, 503)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.equal(answer.headers['retry-after'], '10')
    first?.leave()
    await until(async () => (await openStream(t, server)).status === 200, 'a place is free')

    const other = await startApi(t, { limits: { streamsPerClient: 1 } })
    await openStream(t, other.server)
    assert.equal((await other.ask('/v1/stream')).status, 503)
  })

  it('keeps a mistake of ours from the node that tells, and goes on', async (t) => {
    const { server, node, logger } = await startApi(t)
    const stream = await openStream(t, server)
    await stream.until(() => stream.lastEventId !== '')
    node.tell({ kind: 'node', node: seenNode({ sentAtMs: Number.NaN }) }, peer(1))
    const [event] = await stream.read(1)
    assert.equal(event?.id, 'test-1')
    assert.equal(logger.at('error').length, 1)
  })

  it('answers HEAD with its head alone', async (t) => {
    const { ask } = await startApi(t)
    const answer = await ask('/v1/stream', { method: 'HEAD' })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8')
  })

  it('ends when the server closes, within a second, and the node is listened to no more', async (t) => {
    const clock = new ManualClock()
    const { server, node } = await startApi(t, { components: { clock } })
    const streams = [await openStream(t, server), await openStream(t, server)]
    streams[1]?.pause()
    assert.equal(node.listeners, 1)
    const closed = server.close()
    await clock.advance(1_000)
    await closed
    await streams[0]?.end()
    assert.equal(node.listeners, 0)
    await server.close()
  })
})
