import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Breather } from '../../src/gossip/breather.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

describe('long work', () => {
  it('goes on for eight milliseconds before others have a turn, and for eight more after it', async () => {
    const clock = new ManualClock()
    let turns = 0
    const nextTurn = (): Promise<void> => {
      turns += 1
      // Others have their work, too: it is no part of this one's turn.
      clock.compute(20)
      return Promise.resolve()
    }
    const breather = new Breather({ clock, nextTurn })
    const turnsAfter = async (ms: number): Promise<number> => {
      clock.compute(ms)
      await breather.breathe()
      return turns
    }
    assert.equal(await turnsAfter(7.9), 0)
    assert.equal(await turnsAfter(0.1), 1)
    assert.equal(await turnsAfter(7.9), 1)
    assert.equal(await turnsAfter(0.2), 2)
  })

  it('waits until others have had their turn', async () => {
    const clock = new ManualClock()
    const others = Promise.withResolvers<void>()
    const breather = new Breather({ clock, nextTurn: () => others.promise })
    clock.compute(8)
    let isBack = false
    const breathing = (async () => {
      await breather.breathe()
      isBack = true
    })()
    await clock.settle()
    assert.equal(isBack, false)
    others.resolve()
    await breathing
    assert.equal(isBack, true)
  })
})
