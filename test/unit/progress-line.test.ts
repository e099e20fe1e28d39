import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { WriteStream } from 'node:tty'
import { createProgressLine, progressText } from '../../src/commands/progress-line.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

const CLEAR = '\r\u001b[2K'

function streamOf(isTTY: boolean, columns = 120) {
  const written: string[] = []
  const stream = { isTTY, columns, write: (text: string) => written.push(text) } as unknown as WriteStream
  return { stream, written }
}

describe('a progress line', () => {
  it('says how much is done, how fast, and how long it takes still', () => {
    const text = progressText({ share: 0.25, count: 50_000, unit: 'rows' }, { elapsedMs: 10_000, columns: 120 })
    assert.equal(text, `${'█'.repeat(6)}${'░'.repeat(18)}  25 %  50,000 rows  5,000/s  30 s left`)
    const long = { share: 0.01, count: 1, unit: 'rows' }
    assert.match(progressText(long, { elapsedMs: 60_000, columns: 120 }), /1 h 39 min left$/)
    assert.match(progressText({ ...long, share: 0.2 }, { elapsedMs: 60_000, columns: 120 }), /4 min 0 s left$/)
  })

  it('knows neither rate nor remaining time before anything is done, and fits into its terminal', () => {
    assert.match(
      progressText({ share: 0, count: 0, unit: 'rows' }, { elapsedMs: 0, columns: 120 }),
      / 0 %  0 rows  0\/s  … left$/,
    )
    const narrow = progressText({ share: 0.25, count: 5_000, unit: 'rows' }, { elapsedMs: 10_000, columns: 40 })
    assert.equal(narrow, '25 %  5,000 rows  500/s  30 s left', 'there is no room for a bar')
    for (const columns of [0, 1, 20, 40]) {
      const text = progressText({ share: 2, count: 9, unit: 'rows' }, { elapsedMs: 1, columns })
      assert.ok(text.length <= Math.max(0, columns - 1))
    }
  })

  it('is written ten times a second at most, and taken away before other lines', async () => {
    const clock = new ManualClock()
    const { stream, written } = streamOf(true)
    const line = createProgressLine({ stream, clock })
    for (let i = 0; i < 50; i++) {
      line.show({ share: i / 50, count: i, unit: 'rows' })
      await clock.advance(10)
    }
    assert.equal(written.length, 5)
    line.clear()
    line.clear()
    assert.deepEqual(written.slice(5), [CLEAR])
    line.say('the rest')
    assert.equal(written.at(-1), `${CLEAR}the rest`)
  })

  it('is there in a terminal that does not say how wide it is', () => {
    const { stream, written } = streamOf(true, 0)
    createProgressLine({ stream, clock: new ManualClock() }).say('the rest')
    assert.deepEqual(written, [`${CLEAR}the rest`])
  })

  it('is not there where there is no terminal', () => {
    const { stream, written } = streamOf(false)
    const line = createProgressLine({ stream, clock: new ManualClock() })
    line.show({ share: 0.5, count: 1, unit: 'rows' })
    line.say('the rest')
    line.clear()
    assert.deepEqual(written, [])
  })
})
