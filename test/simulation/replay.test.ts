import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALL_FAULTS } from '../../simulation/scenario.ts'
import { summarize } from '../../simulation/run-summary.ts'

const SCENARIO = { seed: 2_025, nodes: 5, rounds: 8, faults: ALL_FAULTS } as const

describe('a run of the simulator', () => {
  it('is the same again with the same seed, event for event', async () => {
    const lines: string[] = []
    const first = await summarize(SCENARIO, { trace: (line) => lines.push(line) })
    const again = await summarize(SCENARIO)
    assert.equal(again.digest, first.digest)
    assert.deepEqual({ ...again, elapsedMs: 0 }, { ...first, elapsedMs: 0 })
    assert.ok(lines.length > 500, `${lines.length} lines tell what happened`)
  })

  it('is another one with another seed', async () => {
    const [first, other] = [await summarize(SCENARIO), await summarize({ ...SCENARIO, seed: 2_026 })]
    assert.notEqual(other.digest, first.digest)
  })

  it('commits every statement when nothing goes wrong, and hears of no other', async () => {
    for (const tables of ['shared', 'own'] as const) {
      const run = await summarize({ ...SCENARIO, faults: [], tables })
      assert.equal(run.violation, undefined)
      assert.equal(run.tally.rows, SCENARIO.nodes * SCENARIO.rounds * run.pairs)
      assert.equal(run.tally.disputes + run.crashes + run.tally.refusals, 0)
    }
  })

  it('has every kind of trouble in it when asked for', async () => {
    const runs = []
    for (const seed of [1, 2, 3, 4]) runs.push(await summarize({ ...SCENARIO, seed, rounds: 12 }))
    assert.ok(runs.some(({ crashes }) => crashes > 0))
    assert.ok(runs.some(({ dishonest }) => dishonest > 0))
    assert.ok(runs.some(({ tally }) => tally.equivocations > 0))
    assert.ok(runs.some(({ tally }) => tally.refusals > 0))
    assert.deepEqual(new Set(runs.map(({ tables }) => tables)), new Set(['shared', 'own']))
  })
})
