import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Releases } from '../../src/node/releases.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

function createReleases() {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const begun: string[] = []
  const releases = new Releases({ clock, allMs: 2_000, stepMs: 500 })
  const begin =
    (what: string, outcome: Promise<void> = Promise.resolve()) =>
    () => {
      begun.push(`${what}@${clock.now().monoMs - 5_000}`)
      return outcome
    }
  return { clock, logger, begun, releases, begin }
}

/** What never ends. */
const never = new Promise<void>(() => undefined)

describe('what a node lets go of when it ends', () => {
  it('is let go of one after another, the last taken first, and once', async () => {
    const { clock, logger, begun, releases, begin } = createReleases()
    const slow = Promise.withResolvers<void>()
    releases.add('first', begin('first'))
    releases.add('second', begin('second', slow.promise))
    const done = releases.run({ logger })
    await clock.advance(300)
    assert.deepEqual(begun, ['second@0'])
    slow.resolve()
    await done
    await releases.run({ logger })
    assert.deepEqual(begun, ['second@0', 'first@300'])
    assert.deepEqual(logger.lines, [])
    assert.equal(clock.pending, 0)
  })

  it('is not waited for longer than it may take, each or all together, but always begun', async () => {
    const { clock, logger, begun, releases, begin } = createReleases()
    for (const what of ['sixth', 'fifth', 'fourth', 'third']) releases.add(what, begin(what, never))
    releases.add('second', begin('second', never), { atMostMs: 1_200 })
    releases.add('first', begin('first', never))
    const done = releases.run({ logger })
    await clock.advance(2_000)
    await done
    assert.deepEqual(begun, ['first@0', 'second@500', 'third@1700', 'fourth@2000', 'fifth@2000', 'sixth@2000'])
    assert.equal(logger.at('warn').length, 6)
    assert.match(logger.at('warn')[0] ?? '', /^stopping the first takes too long: it is not waited for$/)
  })

  it('holds up nothing else when it fails, at once or late', async () => {
    const { clock, logger, begun, releases, begin } = createReleases()
    const late = Promise.withResolvers<void>()
    releases.add('third', begin('third'))
    releases.add('second', begin('second', late.promise))
    releases.add('first', begin('first', Promise.reject(new Error('broken'))))
    releases.add('zeroth', () => {
      throw new Error('broken')
    })
    const done = releases.run({ logger })
    await clock.advance(500)
    await done
    late.reject(new Error('broken late'))
    await clock.settle()
    assert.deepEqual(begun, ['first@0', 'second@0', 'third@500'])
    assert.deepEqual(logger.at('error'), ['stopping the zeroth failed', 'stopping the first failed'])
    assert.deepEqual(logger.at('debug'), ['stopping the second failed, late'])
  })

  it('is waited for however long it takes where there are no limits', async () => {
    const { logger } = createReleases()
    const releases = new Releases()
    const slow = Promise.withResolvers<void>()
    let isDone = false
    releases.add('only', () => slow.promise)
    const done = releases.run({ logger }).then(() => (isDone = true))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isDone, false)
    slow.resolve()
    await done
  })
})
