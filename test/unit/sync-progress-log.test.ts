import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Day } from '../../src/core/history.ts'
import { ProgressLog } from '../../src/gossip/sync/progress-log.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

const RANGE = { kind: 'range', peerId: 'peer', range: { fromDay: 0 as Day, untilMs: 1 }, days: 3 } as const

function open() {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  return { clock, logger, log: new ProgressLog({ clock, logger }) }
}

describe('the log of history that is taken over', () => {
  it('says how much it was, and how fast', async () => {
    const { clock, logger, log } = open()
    log.report(RANGE)
    log.report({ kind: 'wanted', rows: 32 })
    await clock.advance(2_000)
    log.report({ kind: 'taken', rows: 32 })
    log.report({ kind: 'done', complete: true })
    assert.deepEqual(logger.lines, [
      {
        level: 'info',
        message: 'took over 32 rows of history',
        facts: { peer: 'peer', rows: 32, rowsPerSecond: 16 },
      },
    ])
  })

  it('tells every ten seconds how far it is, when it takes long', async () => {
    const { clock, logger, log } = open()
    log.report(RANGE)
    for (let seconds = 0; seconds < 25; seconds++) {
      await clock.advance(1_000)
      log.report({ kind: 'taken', rows: 10 })
    }
    log.report({ kind: 'compared', days: 1 })
    log.report({ kind: 'done', complete: false })
    assert.deepEqual(logger.at('info'), [
      'taking over history: 100 rows so far, 0 of 3 days',
      'taking over history: 200 rows so far, 0 of 3 days',
      'took over 250 rows of history; the rest follows',
    ])
  })

  it('says nothing when nothing was taken over', () => {
    const { logger, log } = open()
    log.report(RANGE)
    log.report({ kind: 'compared', days: 3 })
    log.report({ kind: 'done', complete: true })
    assert.deepEqual(logger.lines, [])
  })
})
