import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkConstants } from '../../src/core/network.ts'
import { attest, constants, createDriver } from '../helpers/driver-at-work.ts'
import { RULES } from '../helpers/engine-at-work.ts'
import { OutboxInMemory } from '../helpers/outbox-in-memory.ts'
import { INTERVAL_MS, alice, bob, carol, dave, price, statement } from '../helpers/statements.ts'

const QUIET_MS = RULES.quietPeriodMs
const proposed = statement({ proposer: bob.address })
const quorum = attest(proposed, bob, carol, dave)
const SIGNERS = constants([alice, bob, carol, dave])

/** A driver that comes after one that left `quorum` on its disk. */
function restart({ rules = SIGNERS, late = 0 }: { readonly rules?: NetworkConstants; readonly late?: number } = {}) {
  const outbox = new OutboxInMemory()
  outbox.write({ keep: [{ attestation: quorum, lastSignedAtMs: 1 }], release: [], park: new Map() })
  const node = createDriver(rules, outbox)
  node.clock.jumpWall(late)
  node.driver.restore()
  return node
}

describe('a quorum', () => {
  it('is on the disk before the signature that makes it one is sent, and before its row is handed out', async () => {
    const { receive, clock, published, sent, onDisk, rows } = createDriver(SIGNERS)
    await receive(attest(proposed, bob, carol))
    assert.deepEqual(published, [quorum.id])
    assert.equal(sent[0]?.signatures.size, 3)
    await receive(attest(proposed, bob, dave))
    await clock.advance(QUIET_MS)
    assert.equal(rows.length, 1)
    assert.deepEqual(onDisk, [3, 4])
  })

  it('is on the disk before its row is handed out when there is no quiet period at all', () => {
    const { driver, onDisk, rows } = createDriver({ ...constants([bob, carol, dave]), quietPeriodMs: 0 })
    driver.handle({ kind: 'received', attestation: quorum, reemit: false })
    driver.handle({ kind: 'tick' })
    assert.equal(rows.length, 1)
    assert.deepEqual(onDisk, [3])
  })

  it('of others is on the disk in the same turn, and shares the write with others', async () => {
    const { driver, clock, outbox } = createDriver(constants([bob, carol, dave]))
    for (const proposer of [bob, carol, dave]) {
      const attestation = attest(statement({ proposer: proposer.address }), bob, carol, dave)
      driver.handle({ kind: 'received', attestation, reemit: false })
    }
    await clock.advance(0)
    assert.equal(outbox.waiting().length, 3)
    assert.equal(outbox.writes.length, 1)
  })

  for (const kind of ['written', 'present', 'slot-taken'] as const) {
    it(`leaves the disk when the table has answered: ${kind}`, async () => {
      const { driver, receive, clock, outbox } = createDriver(constants([bob, carol, dave]))
      await receive(quorum)
      assert.equal(outbox.waiting().length, 1)
      driver.settle(quorum.id, { kind })
      await clock.advance(0)
      assert.deepEqual(outbox.waiting(), [])
    })
  }

  it('that the database refuses for good stays there apart, and is not written after a restart', async () => {
    const first = createDriver(constants([bob, carol, dave]))
    await first.receive(quorum)
    first.driver.settle(quorum.id, { kind: 'refused', reason: 'price_range' })
    await first.clock.advance(0)
    const second = createDriver(constants([bob, carol, dave]), first.outbox)
    second.driver.restore()
    await second.clock.advance(QUIET_MS)
    assert.deepEqual(second.rows, [])
    assert.deepEqual(
      second.logger.lines.map(({ level, facts }) => [level, facts]),
      [['warn', { rows: 1 }]],
    )
  })

  it('leaves the disk though the answer comes after the driver has stopped', async () => {
    const { driver, receive, rowKeeper, outbox } = createDriver(constants([bob, carol, dave]))
    await receive(quorum)
    await driver.stop()
    driver.settle(quorum.id, { kind: 'written' })
    rowKeeper.stop()
    assert.deepEqual(outbox.waiting(), [])
  })

  it('is sent and handed out though the disk takes nothing, and that is said', async () => {
    const { receive, clock, outbox, logger, published, rows } = createDriver(SIGNERS)
    outbox.refuses = new Error('database or disk is full')
    await receive(attest(proposed, bob, carol))
    await clock.advance(QUIET_MS)
    assert.deepEqual([published.length, rows.length], [1, 1])
    assert.match(logger.at('error').join('\n'), /free some space or mend GP_DATADIR/)
  })
})

describe('a driver that is started again', () => {
  for (const late of [0, 100 * INTERVAL_MS]) {
    it(`writes after a quiet period what was on the disk, ${late / INTERVAL_MS} rounds later`, async () => {
      const { clock, rows, outbox, driver, published, logger } = restart({ late })
      await clock.advance(QUIET_MS - 1)
      assert.deepEqual(rows, [])
      await clock.advance(1)
      assert.deepEqual(rows, [{ attestation: quorum, lastSignedAtMs: 1 }])
      assert.equal(outbox.waiting().length, 1)
      driver.settle(quorum.id, { kind: 'written' })
      await clock.advance(0)
      assert.deepEqual(outbox.waiting(), [])
      assert.deepEqual(published, [])
      assert.match(logger.at('info')[0] ?? '', /^rows that waited for Postgres when this node ended are written after/)
    })
  }

  it('writes no signature of a signer that is no longer allowed', async () => {
    const outbox = new OutboxInMemory()
    const attestation = attest(proposed, alice, bob, carol, dave)
    outbox.write({ keep: [{ attestation, lastSignedAtMs: 1 }], release: [], park: new Map() })
    const { driver, clock, rows } = createDriver(constants([bob, carol, dave]), outbox)
    driver.restore()
    await clock.advance(QUIET_MS)
    assert.deepEqual(
      rows.map((row) => row.attestation),
      [quorum],
    )
  })

  const changes: [string, Partial<NetworkConstants>, RegExp][] = [
    ['network', { network: 'another' }, /another GP_NETWORK$/],
    ['pairs', { pairs: ['BTC-USD'] }, /not in GP_PAIRS any more$/],
    ['source', { source: 'elsewhere' }, /another GP_SOURCE$/],
    ['interval', { intervalMs: 60_000 }, /another length than GP_FETCHPRICEINTERVAL$/],
    ['signers', { signers: constants([alice, bob]).signers }, /leave them no quorum$/],
  ]
  for (const [what, changed, says] of changes) {
    it(`into a network of other ${what} leaves the row on the disk, and warns`, async () => {
      const { clock, rows, outbox, logger } = restart({ rules: { ...SIGNERS, ...changed } })
      await clock.advance(QUIET_MS)
      assert.deepEqual(rows, [])
      assert.equal(outbox.waiting().length, 1)
      const [warning, ...more] = logger.at('warn')
      assert.deepEqual(more, [])
      assert.match(warning ?? '', /^rows on the disk of this node are not written, and stay there: /)
      assert.match(warning ?? '', says)
    })
  }

  it('says nothing when nothing was left', () => {
    const { driver, logger } = createDriver()
    driver.restore()
    assert.deepEqual(logger.lines, [])
  })

  it('signs no rival of what it signed, and sends with all signatures what it had signed', async () => {
    const first = createDriver(SIGNERS)
    await first.receive(attest(proposed, bob, carol))
    await first.receive(attest(proposed, bob, dave))
    const second = createDriver(SIGNERS, first.outbox)
    for (const write of first.memory.writes) second.memory.remember(write)
    second.driver.restore()
    second.driver.start()
    await second.receive(attest(statement({ proposer: bob.address, price: price('3021.456') }), bob))
    assert.deepEqual(second.published, [quorum.id])
    assert.equal(second.sent[0]?.signatures.size, 4)
    assert.equal(second.memory.writes.length, 1)
  })
})
