import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StatusPublisher } from '../../src/gossip/status-publisher.ts'
import { type WireStatus, decodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus, status } from '../helpers/notices-at-work.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { report } from '../helpers/signed-notices.ts'
import { OBSERVED_AT, alice } from '../helpers/statements.ts'

interface PublisherAtWork {
  readonly publisher: StatusPublisher
  readonly clock: ManualClock
  readonly logger: RecordingLogger
  readonly counters: RecordingCounters
  readonly sent: { readonly atMs: number; readonly status: WireStatus }[]
  peers: number
  /** How often it was asked how the node is. */
  asked: number
  /** When what is sent has been sent. */
  answer: Promise<void>
  join(): void
}

function createPublisher({ random = 0.5, intervalMs = 15_000, wallMs = OBSERVED_AT } = {}): PublisherAtWork {
  const clock = new ManualClock({ wallMs })
  const counters = new RecordingCounters()
  const startMs = clock.now().monoMs
  const logger = new RecordingLogger()
  const sent: { atMs: number; status: WireStatus }[] = []
  const listeners = new Set<() => void>()
  const work: PublisherAtWork = {
    clock,
    logger,
    counters,
    sent,
    peers: 1,
    asked: 0,
    answer: Promise.resolve(),
    join: () => listeners.forEach((listener) => listener()),
    publisher: new StatusPublisher(
      {
        topic: {
          publish: (data) => {
            sent.push({ atMs: clock.now().monoMs - startMs, status: decodeStatusMessage(data) })
            return work.peers < 0 ? Promise.reject(new Error('no')) : work.answer.then(() => work.peers)
          },
          onPeer(listener) {
            listeners.add(listener)
            return () => listeners.delete(listener)
          },
        },
        noticeSigner: { signStatus: (own) => signStatus(alice, own) },
        clock,
        random: () => random,
        counters,
        logger,
        intervalMs: () => intervalMs,
        report: () => report({ outbox: (work.asked += 1) }),
      },
      status(),
    ),
  }
  return work
}

const times = ({ sent }: PublisherAtWork): number[] => sent.map(({ atMs }) => atMs)

describe('a node says how it is', () => {
  it('when it starts, and every interval after that', async () => {
    const node = createPublisher()
    node.publisher.start()
    await node.clock.advance(45_000)
    assert.deepEqual(times(node), [0, 15_000, 30_000, 45_000])
    assert.equal(node.counters.count('gp_statuses_published_total'), 4)
  })

  it('as it is at that moment', async () => {
    const node = createPublisher()
    node.publisher.start()
    await node.clock.advance(30_000)
    assert.deepEqual(
      node.sent.map(({ status: { report: told } }) => told.outbox),
      [1n, 2n, 3n],
    )
  })

  it('a tenth of the interval earlier or later, as chance has it', async () => {
    const early = createPublisher({ random: 0 })
    early.publisher.start()
    await early.clock.advance(14_000)
    assert.deepEqual(times(early), [0, 13_500])
    const late = createPublisher({ random: 0.999_999 })
    late.publisher.start()
    await late.clock.advance(16_499)
    assert.deepEqual(times(late).length, 1)
  })

  it('every second while nobody listens', async () => {
    const node = createPublisher()
    node.peers = 0
    node.publisher.start()
    await node.clock.advance(2_000)
    node.peers = 1
    await node.clock.advance(10_000)
    assert.deepEqual(times(node), [0, 1_000, 2_000, 3_000])
  })

  it('sooner when somebody new listens, but never twice within half an interval', async () => {
    const node = createPublisher()
    node.publisher.start()
    await node.clock.advance(2_000)
    node.join()
    await node.clock.advance(10_000)
    assert.deepEqual(times(node), [0, 9_000])
    node.join()
    node.join()
    await node.clock.advance(6_000)
    assert.deepEqual(times(node), [0, 9_000, 18_000])
  })

  it('at once when the first one listens', async () => {
    const node = createPublisher()
    node.peers = 0
    node.publisher.start()
    await node.clock.advance(500)
    node.peers = 1
    node.join()
    await node.clock.advance(400)
    assert.deepEqual(times(node), [0, 500])
  })

  it('with the time as its sequence, in whole milliseconds, so that it grows over restarts', async () => {
    const node = createPublisher({ wallMs: OBSERVED_AT + 0.75 })
    node.publisher.start()
    await node.clock.advance(0)
    assert.deepEqual(
      node.sent.map(({ status: { sequence, sentAt } }) => [sequence, sentAt]),
      [[BigInt(OBSERVED_AT), BigInt(OBSERVED_AT)]],
    )
  })

  it('once, though somebody begins to listen while it is being said', async () => {
    const node = createPublisher()
    node.publisher.start()
    const advanced = node.clock.advance(0)
    node.join()
    await advanced
    node.join()
    await node.clock.advance(100)
    assert.deepEqual(times(node), [0])
  })

  it('with a sequence that grows, whatever the clock does', async () => {
    const node = createPublisher()
    node.publisher.start()
    await node.clock.advance(15_000)
    node.clock.jumpWall(-3_600_000)
    await node.clock.advance(30_000)
    const sequences = node.sent.map(({ status: { sequence } }) => sequence)
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => (a < b ? -1 : 1)),
    )
    assert.equal(new Set(sequences).size, 4)
    const [first, , third] = node.sent.map(({ status: { sentAt } }) => Number(sentAt))
    assert.ok((third ?? 0) < (first ?? 0), 'the time is told as the clock shows it')
  })

  it('again after a failure, which is logged', async () => {
    const node = createPublisher()
    node.peers = -1
    node.publisher.start()
    await node.clock.advance(500)
    node.peers = 1
    await node.clock.advance(500)
    assert.deepEqual(times(node), [0, 1_000])
    assert.equal(node.logger.at('warn').length, 1)
  })

  it('at once when its time has passed while the last one was being sent', async (t) => {
    const node = createPublisher()
    const after = t.mock.method(node.clock, 'after')
    // Sending takes longer than the interval.
    Object.defineProperty(node, 'peers', {
      get() {
        node.clock.compute(20_000)
        return 1
      },
    })
    node.publisher.start()
    const advanced = node.clock.advance(1)
    await node.clock.settle()
    node.publisher.stop()
    await advanced
    const delays = after.mock.calls.map(({ arguments: [delayMs] }) => delayMs)
    assert.ok(delays.length >= 2 && delays.every((delayMs) => delayMs >= 0), delays.join())
  })

  it('no more when it is stopped, and leaves no timer', async () => {
    const node = createPublisher()
    node.publisher.start()
    await node.clock.advance(1_000)
    node.publisher.stop()
    node.join()
    await node.clock.advance(60_000)
    assert.deepEqual(times(node), [0])
    assert.equal(node.clock.pending, 0)
  })

  it('no more when it is stopped while it speaks', async () => {
    const node = createPublisher()
    const sent = Promise.withResolvers<void>()
    node.answer = sent.promise
    node.publisher.start()
    await node.clock.advance(0)
    node.publisher.stop()
    sent.resolve()
    await node.clock.advance(60_000)
    assert.deepEqual(times(node), [0])
    assert.equal(node.clock.pending, 0)
  })

  it('no more when it was started twice, and again when it is started again', async () => {
    const node = createPublisher()
    node.publisher.start()
    node.publisher.start()
    await node.clock.advance(1_000)
    node.publisher.stop()
    node.publisher.stop()
    node.join()
    await node.clock.advance(59_000)
    assert.deepEqual(times(node), [0])
    node.publisher.start()
    await node.clock.advance(1_000)
    node.join()
    await node.clock.advance(9_000)
    assert.deepEqual(times(node), [0, 60_000, 69_000])
  })
})
