import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SilenceWatch } from '../../src/web/browser/silence-watch.ts'

const SILENT_MS = 20_000

describe('the watch over a stream that says nothing', () => {
  it('leaves a node alone that is heard', async () => {
    const { watch, clock, asked } = watching(false)
    for (let beats = 0; beats < 3; beats++) {
      clock.nowMs += SILENT_MS - 1
      assert.equal(await watch.look(), false)
      watch.heard()
    }
    assert.equal(asked(), 0)
  })

  it('asks a node that is silent, once, and is content when it answers', async () => {
    const { watch, clock, asked } = watching(true)
    clock.nowMs += SILENT_MS
    assert.equal(await watch.look(), false)
    assert.equal(await watch.look(), false)
    assert.equal(asked(), 1)
  })

  it('finds a node silent that does not answer, and again after another silence', async () => {
    const { watch, clock, asked } = watching(false)
    clock.nowMs += SILENT_MS
    assert.deepEqual(await Promise.all([watch.look(), watch.look()]), [true, false])
    clock.nowMs += SILENT_MS
    assert.equal(await watch.look(), true)
    assert.equal(asked(), 2)
  })

  it('is content when something is heard while it asks', async () => {
    const { watch, clock } = watching(false)
    clock.nowMs += SILENT_MS
    const looking = watch.look()
    clock.nowMs++
    watch.heard()
    assert.equal(await looking, false)
  })
})

interface Watching {
  readonly watch: SilenceWatch
  readonly clock: { nowMs: number }
  readonly asked: () => number
}

function watching(answers: boolean): Watching {
  const clock = { nowMs: 5 }
  let asked = 0
  const isAnswering = async (): Promise<boolean> => {
    asked++
    return answers
  }
  const watch = new SilenceWatch({ isAnswering, now: () => clock.nowMs }, { silentMs: SILENT_MS })
  return { watch, clock, asked: () => asked }
}
