import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Exchange } from '../../src/gossip/sync/exchange.ts'
import { frame, readFrame } from '../../src/gossip/sync/framing.ts'
import {
  ANSWER_WRITE_MS,
  QUESTION_READ_MS,
  STREAMS_OF_ONE,
  createLibp2pExchange,
} from '../../src/gossip/sync/libp2p-exchange.ts'
import { ANSWER_BYTES_LIMIT, QUESTION_BYTES_LIMIT, SYNC_PROTOCOL } from '../../src/gossip/sync/sync-fields.ts'
import { Libp2pNetwork, type TestNode } from '../helpers/libp2p-network.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { until } from '../helpers/until.ts'

const QUESTION = Uint8Array.of(1, 2, 3)

interface Speaker {
  readonly node: TestNode
  readonly exchange: Exchange
  readonly clock: ManualClock
  readonly counters: RecordingCounters
}

/** A stream of the protocol on which a test says what it likes. */
const rawStream = async ({ node }: Speaker, to: Speaker) => {
  const [connection] = node.host.getConnections(to.node.host.peerId)
  assert.ok(connection)
  return connection.newStream(SYNC_PROTOCOL)
}

describe('questions over libp2p', { timeout: 300_000 }, () => {
  const network = new Libp2pNetwork()
  after(() => network.stop())

  async function speaker(): Promise<Speaker> {
    const node = await network.node({ idle: true })
    const clock = new ManualClock()
    const counters = new RecordingCounters()
    const logger = new RecordingLogger()
    return { node, clock, counters, exchange: createLibp2pExchange({ host: node.host, clock, counters, logger }) }
  }

  /** Two that know of each other; the second answers. */
  async function pair(answer: Parameters<Exchange['serve']>[0]): Promise<readonly [Speaker, Speaker]> {
    const [asking, asked] = await Promise.all([speaker(), speaker()])
    asked.exchange.serve(answer)
    const met = new Promise((resolve) => asking.exchange.onPeer(resolve))
    await asking.node.dial(asked.node)
    assert.equal(await met, asked.node.peerId)
    return [asking, asked]
  }

  it('are answered, as long as an answer may be, and leave no stream open', async () => {
    const answer = new Uint8Array(ANSWER_BYTES_LIMIT).fill(7)
    const [asking, asked] = await pair(async (question, peerId) => {
      assert.deepEqual([question, peerId], [QUESTION, asking.node.peerId])
      return answer
    })
    assert.deepEqual(asking.exchange.peers(), [asked.node.peerId])
    const answers = await Promise.all(
      Array.from({ length: STREAMS_OF_ONE }, () => asking.exchange.ask(asked.node.peerId, QUESTION, {})),
    )
    for (const each of answers) assert.ok(Buffer.from(each).equals(answer))
    const open = () =>
      [asking, asked].flatMap(({ node }) =>
        node.host
          .getConnections()
          .flatMap(({ streams }) => streams.filter(({ protocol }) => protocol === SYNC_PROTOCOL)),
      )
    await until(() => open().length === 0, 'all streams are closed')
    assert.deepEqual([asking.clock.pending, asked.clock.pending], [0, 0])
  })

  it('have no answer from who does not speak the protocol, is not connected, or does not want to', async () => {
    const [asking, asked] = await pair(async () => undefined)
    await assert.rejects(asking.exchange.ask(asked.node.peerId, QUESTION, {}), { code: 'broken' })
    assert.equal(asked.counters.count('gp_sync_streams_failed_total', { code: 'refused' }), 1)
    const silent = await speaker()
    await asking.node.dial(silent.node)
    await assert.rejects(asking.exchange.ask(silent.node.peerId, QUESTION, {}), { code: 'not-spoken' })
    assert.ok(!asking.exchange.peers().includes(silent.node.peerId))
    await asked.node.stop()
    await until(() => !asking.exchange.peers().includes(asked.node.peerId), 'the peer is gone')
    await assert.rejects(asking.exchange.ask(asked.node.peerId, QUESTION, {}), { code: 'not-connected' })
  })

  it('are refused by their length before they are read, and so are answers', async () => {
    const [asking, asked] = await pair(async () => new Uint8Array(ANSWER_BYTES_LIMIT + 1))
    await assert.rejects(asking.exchange.ask(asked.node.peerId, QUESTION, {}), { code: 'too-long' })
    const tooLong = new Uint8Array(QUESTION_BYTES_LIMIT + 1)
    await assert.rejects(asking.exchange.ask(asked.node.peerId, tooLong, {}), { code: 'broken' })
    assert.equal(asked.counters.count('gp_sync_streams_failed_total', { code: 'too-long' }), 1)
  })

  it('are given up when they do not come, or come drop by drop', async () => {
    const [asking, asked] = await pair(async () => QUESTION)
    const [silent, dripping] = await Promise.all([rawStream(asking, asked), rawStream(asking, asked)])
    dripping.send(frame(QUESTION).subarray(0, 2))
    silent.send(new Uint8Array(0))
    await until(() => asked.clock.pending === 2, 'both streams are waited for')
    await asked.clock.advance(QUESTION_READ_MS)
    await until(() => silent.status !== 'open' && dripping.status !== 'open', 'both streams are reset')
    assert.equal(asked.counters.count('gp_sync_streams_failed_total', { code: 'timeout' }), 2)
  })

  it('are not open more than a few at a time', async () => {
    const [asking, asked] = await pair(async () => QUESTION)
    const streams = await Promise.all(
      Array.from({ length: 4 * STREAMS_OF_ONE }, () => rawStream(asking, asked)).map((each) =>
        each.catch(() => undefined),
      ),
    )
    await until(() => asked.clock.pending > 0, 'streams are waited for')
    assert.ok(asked.clock.pending <= STREAMS_OF_ONE, `${asked.clock.pending}`)
    await asked.clock.advance(QUESTION_READ_MS)
    for (const stream of streams) stream?.abort(new Error('over'))
  })

  it('leave nothing behind when the other side never ends its stream after the answer', async () => {
    const [asking, asked] = await pair(async () => QUESTION)
    const stream = await rawStream(asking, asked)
    stream.send(frame(QUESTION))
    assert.deepEqual(await readFrame(stream, 10), QUESTION)
    await until(() => asked.clock.pending === 1, 'the stream is waited for')
    await asked.clock.advance(ANSWER_WRITE_MS)
    await until(() => stream.status !== 'open', 'the stream is reset')
    assert.equal(asked.clock.pending, 0)
  })

  it('are not waited for any longer than the asker wants', async () => {
    const [asking, asked] = await pair(() => new Promise(() => undefined))
    const controller = new AbortController()
    const answer = asking.exchange.ask(asked.node.peerId, QUESTION, { signal: controller.signal })
    const reason = new Error('enough')
    await until(
      () =>
        asked.node.host
          .getConnections()
          .some(({ streams }) => streams.some(({ protocol }) => protocol === SYNC_PROTOCOL)),
      'the question is there',
    )
    controller.abort(reason)
    await assert.rejects(answer, reason)
    assert.equal(asking.clock.pending, 0)
  })
})
