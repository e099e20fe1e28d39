import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SignedRefusal } from '../../src/core/refusal.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { REFUSAL_GATHER_MS, REFUSAL_REPEAT_MS, RefusalPublisher } from '../../src/gossip/refusal-publisher.ts'
import { REFUSALS_LIMIT, type WireRefusalMessage, decodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { REFUSED, signRefusal } from '../helpers/notices-at-work.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { bob } from '../helpers/statements.ts'

interface PublisherAtWork {
  readonly publisher: RefusalPublisher
  readonly clock: ManualClock
  readonly sent: WireRefusalMessage[]
  readonly collecting: Set<StatementId>
  readonly counters: RecordingCounters
  readonly logger: RecordingLogger
  fails: boolean
}

function createPublisher(): PublisherAtWork {
  const clock = new ManualClock()
  const sent: WireRefusalMessage[] = []
  const collecting = new Set<StatementId>([REFUSED.id])
  const counters = new RecordingCounters()
  const logger = new RecordingLogger()
  const publisher = new RefusalPublisher(
    {
      topic: {
        publish(data) {
          sent.push(decodeRefusalMessage(data))
          return work.fails ? Promise.reject(new Error('no')) : Promise.resolve(1)
        },
      },
      isCollecting: (id) => collecting.has(id),
      clock,
      counters,
      logger,
    },
    { network: 'test-network' },
  )
  const work: PublisherAtWork = { publisher, clock, sent, collecting, counters, logger, fails: false }
  return work
}

const many = (count: number): SignedRefusal[] =>
  Array.from({ length: count }, (_, index) =>
    signRefusal(bob, { statement: `0x${index.toString(16).padStart(64, '0')}` as StatementId }),
  )

const shape = ({ sent }: PublisherAtWork): { attempt: number; refusals: number }[] =>
  sent.map(({ attempt, refusals }) => ({ attempt, refusals: refusals.length }))

describe('refusals', () => {
  it('wait a second for others to hold their statement, and share messages', async () => {
    const node = createPublisher()
    const refusals = many(REFUSALS_LIMIT + 1)
    for (const refusal of refusals) node.publisher.publish(refusal)
    assert.equal(node.clock.pending, 1)
    await node.clock.advance(REFUSAL_GATHER_MS - 1)
    assert.deepEqual(shape(node), [])
    await node.clock.advance(1)
    assert.deepEqual(shape(node), [
      { attempt: 0, refusals: REFUSALS_LIMIT },
      { attempt: 0, refusals: 1 },
    ])
    assert.equal(node.counters.count('gp_refusals_published_total'), REFUSALS_LIMIT + 1)
  })

  it('that cannot be sent are logged, and the next ones are sent', async () => {
    const node = createPublisher()
    node.fails = true
    node.publisher.publish(signRefusal(bob))
    await node.clock.advance(REFUSAL_GATHER_MS)
    assert.deepEqual(node.logger.at('warn'), ['refusals could not be published'])
    node.fails = false
    node.publisher.publish(signRefusal(bob))
    await node.clock.advance(REFUSAL_GATHER_MS)
    assert.equal(node.sent.length, 2)
    assert.equal(node.logger.lines.length, 1)
  })

  it('of a node that has stopped wait for nothing', () => {
    const node = createPublisher()
    node.publisher.stop()
    node.publisher.publish(signRefusal(bob))
    assert.equal(node.clock.pending, 0)
  })

  it('are repeated once, with other bytes, while their statement is below quorum', async () => {
    const node = createPublisher()
    node.publisher.publish(signRefusal(bob))
    node.publisher.publish(signRefusal(bob, { statement: `0x${'12'.repeat(32)}` as StatementId }))
    await node.clock.advance(REFUSAL_GATHER_MS + REFUSAL_REPEAT_MS)
    assert.deepEqual(shape(node), [
      { attempt: 0, refusals: 2 },
      { attempt: 1, refusals: 1 },
    ])
    await node.clock.advance(3_600_000)
    assert.equal(node.sent.length, 2)
  })

  it('are sent no more when the node stops, and leave no timer', async () => {
    const node = createPublisher()
    node.publisher.publish(signRefusal(bob))
    await node.clock.advance(REFUSAL_GATHER_MS)
    node.publisher.publish(signRefusal(bob))
    node.publisher.stop()
    node.publisher.publish(signRefusal(bob))
    await node.clock.advance(60_000)
    assert.equal(node.sent.length, 1)
    assert.equal(node.clock.pending, 0)
  })
})
