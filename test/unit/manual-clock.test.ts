import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ManualClock } from '../helpers/manual-clock.ts'

it('time passes only in advance, and both clocks go together', async () => {
  const clock = new ManualClock({ wallMs: 1_000, monoMs: 50 })
  assert.deepEqual(clock.now(), { wallMs: 1_000, monoMs: 50 })
  await clock.advance(25)
  assert.deepEqual(clock.now(), { wallMs: 1_025, monoMs: 75 })
  clock.jumpWall(-500)
  assert.deepEqual(clock.now(), { wallMs: 525, monoMs: 75 })
})

it('timers run in order of their time, each at its own, those that they start included', async () => {
  const clock = new ManualClock({ monoMs: 0 })
  const ran: string[] = []
  const note = (what: string): void => void ran.push(`${what}@${clock.now().monoMs}`)
  clock.after(20, () => note('second'))
  clock.after(10, () => {
    note('first')
    clock.after(5, () => note('child'))
    clock.after(1_000, () => note('too late'))
  })
  clock.after(20, () => note('third'))
  await clock.advance(30)
  assert.deepEqual(ran, ['first@10', 'child@15', 'second@20', 'third@20'])
  assert.equal(clock.pending, 1)
  assert.equal(clock.nextInMs, 980)
})

it('what a timer settles is followed to its end before the next timer runs', async () => {
  const clock = new ManualClock({ monoMs: 0 })
  const ran: string[] = []
  const chain = async (): Promise<void> => {
    for (let step = 1; step <= 3; step++) {
      await clock.sleep(10)
      await Promise.resolve()
      ran.push(`step ${step}@${clock.now().monoMs}`)
    }
  }
  const running = chain()
  clock.after(15, () => ran.push('between'))
  await clock.advance(30)
  await running
  assert.deepEqual(ran, ['step 1@10', 'between', 'step 2@20', 'step 3@30'])
})

it('a timer that is cancelled, and a sleep that is aborted, leave nothing behind', async () => {
  const clock = new ManualClock()
  const cancel = clock.after(10, () => assert.fail('cancelled'))
  cancel()
  cancel()
  const stop = new AbortController()
  const sleeping = clock.sleep(10, stop.signal)
  const reason = new Error('enough')
  stop.abort(reason)
  await assert.rejects(sleeping, reason)
  await assert.rejects(clock.sleep(10, stop.signal), reason)
  assert.equal(clock.pending, 0)
  await clock.advance(20)
})
