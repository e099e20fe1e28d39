import { Client } from 'pg'
import { type Measurement, median } from './measurement.ts'
import { NODES, type NetworkPlan, madeUpPairs, nextRoundAt, prepareNetwork } from './network-plan.ts'
import { NEVER } from './price-server.ts'
import { startProcessNetwork } from './process-network.ts'
import { type Workbench, waitUntil } from './workbench.ts'

const PAIRS = 60
const ROUNDS = 3
const QUIET_PERIOD_SECONDS = 1
const PLAN: NetworkPlan = {
  pairs: madeUpPairs(PAIRS),
  intervalSeconds: 15,
  quietPeriodSeconds: QUIET_PERIOD_SECONDS,
  minimumSigners: 3,
  hours: NEVER,
}
const SETTLE_MS = 1_000
/** How long rows are waited for after the last round. */
const PATIENCE_MS = 30_000
const POLL_MS = 500

const ROUNDS_OF_NETWORK = `
SELECT count(*)::int AS rows, extract(epoch FROM max(created_time) - min(observed_time))::float8 AS seconds
FROM prices
WHERE network = $1
GROUP BY round
ORDER BY round`

/** How many statements a second five processes and one Postgres commit, when every round brings more than they can do at once. */
export async function measureThroughput(workbench: Workbench): Promise<Measurement[]> {
  const { clock, progress, signal } = workbench
  progress.step(`throughput: starting ${NODES} nodes`)
  const prepared = await prepareNetwork(workbench, PLAN)
  const network = await startProcessNetwork(workbench, { prepared })
  await network.untilReady()

  const fromMs = nextRoundAt(workbench, { intervalSeconds: PLAN.intervalSeconds, marginMs: SETTLE_MS })
  const untilMs = fromMs + ROUNDS * PLAN.intervalSeconds * 1_000
  prepared.prices.setHours({ fromMs, untilMs })
  const proposed = ROUNDS * PAIRS * NODES
  progress.step(`throughput: ${ROUNDS} rounds of ${PAIRS} pairs, ${proposed} statements`)
  await clock.sleep(untilMs - PLAN.intervalSeconds * 1_000 - clock.now().wallMs, signal)

  const client = new Client({ connectionString: await workbench.databaseUrl() })
  await client.connect()
  workbench.releases.add('connection', () => client.end())
  const readRounds = async (): Promise<CommittedRound[]> => {
    const { rows } = await client.query<CommittedRound>(ROUNDS_OF_NETWORK, [prepared.name])
    return rows
  }
  const allThere = async (): Promise<boolean> => rowsIn(await readRounds()) >= proposed
  await waitUntil(workbench, allThere, {
    timeoutMs: PLAN.intervalSeconds * 1_000 + PATIENCE_MS,
    pollMs: POLL_MS,
  })
  const rounds = await readRounds()
  await network.stop()

  const rates = rounds.map(({ rows, seconds }) => rows / (seconds - QUIET_PERIOD_SECONDS))
  return [
    {
      name: `statements committed, median of ${ROUNDS} rounds`,
      value: median(rates),
      unit: '1/s',
      note: `${rowsIn(rounds)} of ${proposed} statements, ${PAIRS} pairs from each of ${NODES} processes at once`,
    },
  ]
}

interface CommittedRound {
  readonly rows: number
  /** From the first observation to the last row. */
  readonly seconds: number
}

function rowsIn(rounds: readonly CommittedRound[]): number {
  return rounds.reduce((sum, { rows }) => sum + rows, 0)
}
