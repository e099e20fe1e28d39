import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openCurve } from '../../src/node/open-curve.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'

describe('the arithmetic of signatures', () => {
  it('is named by the log, in one line, and by the metrics', () => {
    const logger = new RecordingLogger()
    const counters = new RecordingCounters()
    const { implementation } = openCurve({ logger, counters })
    const [line = '', ...more] = logger.at('info')
    assert.ok(line.startsWith(`signatures are verified by ${implementation}`), line)
    assert.deepEqual(more, [])
    assert.equal(counters.count('gp_secp256k1_loaded_total', { implementation }), 1)
  })
})
