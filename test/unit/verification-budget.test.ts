import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TimeBudget } from '../../src/gossip/verification-budget.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('a budget of time', () => {
  const setting = { burstMs: 100, share: 0.2 }

  it('allows a burst, and then its share of the time that passes', async () => {
    const clock = new ManualClock()
    const budget = new TimeBudget({ clock }, setting)
    budget.spend(() => clock.compute(120))
    assert.equal(budget.hasTime(), true, 'what passes while it computes counts too: 100 − 120 + 24')
    budget.spend(() => clock.compute(10))
    assert.equal(budget.hasTime(), false)
    await clock.advance(19)
    assert.equal(budget.hasTime(), false, '4 − 10 + 2 + 3.8')
    await clock.advance(2)
    assert.equal(budget.hasTime(), true)
  })

  it('is paid back by work that took far longer than was left', async () => {
    const clock = new ManualClock()
    const budget = new TimeBudget({ clock }, setting)
    budget.spend(() => clock.compute(2_000))
    await clock.advance(7_400)
    assert.equal(budget.hasTime(), false)
    await clock.advance(200)
    assert.equal(budget.hasTime(), true)
  })

  it('never holds more than the burst', async () => {
    const clock = new ManualClock()
    const budget = new TimeBudget({ clock }, setting)
    await clock.advance(3_600_000)
    budget.spend(() => clock.compute(126))
    assert.equal(budget.hasTime(), false, '100 − 126 + 25.2')
  })

  it('is used up when nothing at all is left', () => {
    const clock = new ManualClock()
    const budget = new TimeBudget({ clock }, { burstMs: 100, share: 0 })
    budget.spend(() => clock.compute(100))
    assert.equal(budget.hasTime(), false)
  })

  it('takes the time of work that throws, too', () => {
    const clock = new ManualClock()
    const budget = new TimeBudget({ clock }, setting)
    assert.throws(() =>
      budget.spend(() => {
        clock.compute(1_000)
        throw new Error('no')
      }),
    )
    assert.equal(budget.hasTime(), false)
  })
})
