import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StatusWatch } from '../../src/node/status-watch.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { CONSTANTS, SELF_INSTANCE, signStatus } from '../helpers/notices-at-work.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { OBSERVED_AT, alice, bob, testSigner } from '../helpers/statements.ts'

function createWatch(): { watch: StatusWatch; logger: RecordingLogger; counters: RecordingCounters } {
  const logger = new RecordingLogger()
  const counters = new RecordingCounters()
  const own = { signer: alice.address, instance: SELF_INSTANCE, constants: CONSTANTS }
  return { watch: new StatusWatch({ clock: new ManualClock(), counters, logger }, own), logger, counters }
}

const listed = { listed: true }

describe('a status by this node’s own key', () => {
  const later = { sentAt: OBSERVED_AT + 1 }

  it('from another process is said loudly, once', () => {
    const { watch, logger, counters } = createWatch()
    watch.see(signStatus(alice, later), listed)
    watch.see(signStatus(alice, { ...later, sequence: OBSERVED_AT + 9 }), listed)
    const [line, ...more] = logger.at('error')
    assert.match(line ?? '', /another process signs with this node's key 0x/)
    assert.deepEqual(more, [])
    assert.equal(counters.count('gp_shared_key_total'), 1)
  })

  it('from a third process is said, too', () => {
    const { watch, logger } = createWatch()
    watch.see(signStatus(alice, later), listed)
    watch.see(signStatus(alice, { ...later, instance: `0x${'33'.repeat(16)}` }), listed)
    assert.equal(logger.at('error').length, 2)
  })

  it('from this process, or from the one before a restart, is not', () => {
    const { watch, logger } = createWatch()
    watch.see(signStatus(alice, { ...later, instance: SELF_INSTANCE }), listed)
    watch.see(signStatus(alice, { sentAt: OBSERVED_AT }), listed)
    assert.deepEqual(logger.lines, [])
  })

  it('is no such thing when it is by another key', () => {
    const { watch, logger } = createWatch()
    watch.see(signStatus(bob, later), listed)
    assert.deepEqual(logger.lines, [])
  })
})

describe('a status with other constants', () => {
  it('is warned of once, and what differs is named', () => {
    const { watch, logger, counters } = createWatch()
    const constants = { ...CONSTANTS, quietPeriodMs: 20_000, minimumSigners: 4 }
    watch.see(signStatus(bob, { constants }), listed)
    watch.see(signStatus(bob, { constants, sequence: OBSERVED_AT + 1 }), listed)
    const [line, ...more] = logger.at('warn')
    assert.match(line ?? '', /GP_QUIETPERIOD/)
    assert.match(line ?? '', /GP_MINIMUMSIGNERCOUNT/)
    assert.doesNotMatch(line ?? '', /GP_FETCHPRICEINTERVAL|GP_SIGNERS/)
    assert.deepEqual(more, [])
    assert.equal(counters.count('gp_other_constants_total'), 1)
  })

  it('is warned of again when it changes', () => {
    const { watch, logger } = createWatch()
    watch.see(signStatus(bob, { constants: { ...CONSTANTS, quietPeriodMs: 20_000 } }), listed)
    watch.see(signStatus(bob, { constants: { ...CONSTANTS, quietPeriodMs: 25_000 } }), listed)
    assert.equal(logger.at('warn').length, 2)
  })

  it('is warned of for every signer that has them', () => {
    const { watch, logger } = createWatch()
    const constants = { ...CONSTANTS, quietPeriodMs: 20_000 }
    for (const signer of [bob, testSigner(3)]) watch.see(signStatus(signer, { constants }), listed)
    assert.equal(logger.at('warn').length, 2)
  })

  it('cannot fill the log', () => {
    const { watch, logger } = createWatch()
    for (let i = 1; i <= 400; i++) {
      watch.see(signStatus(testSigner(1 + (i % 3)), { constants: { ...CONSTANTS, quietPeriodMs: i } }), listed)
    }
    assert.equal(logger.at('warn').length, 256)
  })
})

describe('what neighbours with any key say', () => {
  it('fills no place of what matters: the key of this node, and the constants of signers', () => {
    const { watch, logger } = createWatch()
    for (let i = 1; i <= 400; i++) {
      const constants = { ...CONSTANTS, quietPeriodMs: i }
      watch.see(signStatus(testSigner(50), { constants, sentAt: OBSERVED_AT + i }), { listed: false })
    }
    assert.equal(logger.at('warn').length, 64)
    watch.see(signStatus(bob, { constants: { ...CONSTANTS, quietPeriodMs: 20_000 } }), listed)
    assert.equal(logger.at('warn').length, 65)
    watch.see(signStatus(alice, { sentAt: OBSERVED_AT + 1 }), listed)
    assert.equal(logger.at('error').length, 1)
  })
})
