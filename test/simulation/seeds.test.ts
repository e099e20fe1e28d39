import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { after, describe, it } from 'node:test'
import { runCampaign } from '../../simulation/campaign.ts'
import { scenarioOf } from '../../simulation/options.ts'
import { formatViolation } from '../../simulation/report.ts'
import { ALL_FAULTS } from '../../simulation/scenario.ts'
import { Threads } from '../../simulation/threads.ts'

/** Half of them always the same, so that a run that failed yesterday is run today; the others new every time. */
const SEEDS = 50
const FIXED_SEED = 20_250_101
const THREADS = Math.min(4, availableParallelism())

describe('nothing is lost and nothing is written twice, whatever goes wrong', () => {
  const threads = new Threads({ count: THREADS })
  after(() => threads.end())

  for (const { name, seed, seeds, realKeys } of [
    { name: `${SEEDS} seeds`, seed: FIXED_SEED, seeds: SEEDS, realKeys: false },
    { name: `${SEEDS} other seeds`, seed: randomBytes(4).readUInt32BE() % 2 ** 31, seeds: SEEDS, realKeys: false },
    { name: '10 seeds with real signatures', seed: FIXED_SEED + SEEDS, seeds: 10, realKeys: true },
  ]) {
    it(name, async (test) => {
      test.diagnostic(`seeds ${seed} to ${seed + seeds - 1}`)
      const options = { nodes: undefined, rounds: undefined, faults: ALL_FAULTS, tables: undefined, realKeys }
      let rows = 0
      const failed = await runCampaign((index) => threads.run(smaller(scenarioOf(seed + index, options))), {
        seeds,
        atOnce: THREADS,
        isOver: () => false,
        onRun: ({ tally }) => {
          rows += tally.rows
        },
      })
      assert.equal(failed, undefined, failed && formatViolation(failed, { colour: false }))
      assert.ok(rows > 10 * seeds, `${rows} rows`)
    })
  }
})

/** Networks small enough for a hundred of them in a minute. */
function smaller(scenario: ReturnType<typeof scenarioOf>): ReturnType<typeof scenarioOf> {
  const { nodes, rounds } = scenario
  return { ...scenario, nodes: Math.min(nodes, 6), rounds: Math.min(rounds, 12) }
}
