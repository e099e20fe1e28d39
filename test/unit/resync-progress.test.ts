import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ResyncProgress } from '../../src/commands/resync-progress.ts'
import type { Day } from '../../src/core/history.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

function createProgress(terminal: boolean) {
  const clock = new ManualClock()
  let said = ''
  const stream = {
    write(text: string) {
      said += text
      return true
    },
  }
  const progress = new ResyncProgress({ stream, clock }, { terminal, colour: false })
  progress.report({ kind: 'range', peerId: 'a', range: { fromDay: 0 as Day, untilMs: 1 }, days: 4 })
  return { clock, progress, said: () => said }
}

describe('the progress of a resync', () => {
  it('is a bar on a terminal: rows, their rate and the time that is left', async () => {
    const { clock, progress, said } = createProgress(true)
    progress.report({ kind: 'compared', days: 1 })
    progress.report({ kind: 'wanted', rows: 2_000 })
    await clock.advance(10_000)
    progress.report({ kind: 'taken', rows: 1_000 })
    assert.equal(said(), '\r\u001b[2K█████████░░░░░░░░░░░░░░░  37 % 1,000 rows, 100 rows/s, 17 s left, day 2 of 4')
  })

  it('is a line now and then elsewhere', async () => {
    const { clock, progress, said } = createProgress(false)
    progress.report({ kind: 'wanted', rows: 400 })
    for (let seconds = 0; seconds < 20; seconds++) {
      await clock.advance(1_000)
      progress.report({ kind: 'taken', rows: 10 })
    }
    assert.equal(
      said(),
      '6 % 100 rows, 10 rows/s, 2 min 30 s left, day 1 of 4\n12 % 200 rows, 10 rows/s, 2 min 20 s left, day 1 of 4\n',
    )
    assert.equal(progress.rows, 200)
  })

  it('takes the bar off the screen at the end, and leaves no marks where there is none', () => {
    const [terminal, lines] = [createProgress(true), createProgress(false)]
    for (const { progress } of [terminal, lines]) progress.report({ kind: 'done', complete: true })
    assert.deepEqual([terminal.said(), lines.said()], ['\r\u001b[2K', ''])
  })
})
