import assert from 'node:assert/strict'
import process from 'node:process'
import type { TestContext } from 'node:test'
import { collectWindowsOver } from './cluster-verdict.ts'
import { query } from './postgres-server.ts'
import type { OwnPostgres } from './postgres.ts'
import type { ClusterNode, ProcessCluster } from './process-cluster.ts'
import type { CuttableNetwork } from './cuttable-network.ts'
import type { SeededRandom } from './seeded-random.ts'
import { watchTable } from './table-watch.ts'
import { until } from './until.ts'

/** How long a fault goes on. */
export interface FaultOptions {
  /** Rounds of which rows are committed meanwhile. */
  readonly rounds: number
}

const MOST_DOWN = 2
const LONGEST_PAUSE_LINES = 60

/**
 * Kills nodes with `kill -9` at random moments, one and sometimes two at a time, and starts them again at once or later.
 * Moments are counted in lines of the log, so that they are dense where much happens.
 */
export async function killAtRandom(
  { cluster, random, t }: { readonly cluster: ProcessCluster; readonly random: SeededRandom; readonly t: TestContext },
  { rounds }: FaultOptions,
): Promise<void> {
  const { log, nodes } = cluster
  t.diagnostic(`TEST_SEED=${random.seed}`)
  const enough = log.rounds() + rounds
  const isUp = (): ClusterNode[] => nodes.filter(({ hasJoined }) => hasJoined)
  let kills = 0
  while (log.rounds() < enough || kills < 2) {
    await log.until(() => isUp().length === nodes.length, 'all nodes have joined')
    await log.linesPass(1 + random.below(LONGEST_PAUSE_LINES))
    const victims = drawn(isUp(), { random, count: random.below(3) === 0 ? MOST_DOWN : 1 })
    await Promise.all(victims.map((victim) => victim.kill()))
    kills += victims.length
    for (const victim of victims) {
      if (random.below(2) === 0) await log.linesPass(1 + random.below(2 * LONGEST_PAUSE_LINES))
      victim.start()
    }
  }
  await log.until(() => isUp().length === nodes.length, 'all nodes have joined')
  await log.roundsPass(1)
  t.diagnostic(`${kills} nodes killed`)
}

function drawn(
  from: readonly ClusterNode[],
  { random, count }: { readonly random: SeededRandom; readonly count: number },
): ClusterNode[] {
  const left = [...from]
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat()
}

/** The ways in which Postgres ends: asked to by its owner, at once without a checkpoint, and by force. */
export const POSTGRES_ENDS = ['fast', 'immediate', 'kill'] as const
type PostgresEnd = (typeof POSTGRES_ENDS)[number]

interface OnOnePostgres {
  readonly cluster: ProcessCluster
  readonly postgres: OwnPostgres
}

/** Ends the Postgres of the cluster amid traffic, and starts it when statements of so many rounds wait for it. */
export async function endPostgres(
  { cluster, postgres }: OnOnePostgres,
  { rounds, how }: FaultOptions & { readonly how: PostgresEnd },
): Promise<void> {
  const { log } = cluster
  await endHow(postgres, how)
  await log.moreRoundsClose(rounds)
  await startAgain(postgres)
  await log.roundsPass(rounds)
}

/**
 * Likewise; meanwhile all nodes are killed at once, and started again when nobody takes what they had signed any more:
 * what waits for Postgres is in their outboxes alone.
 */
export async function endAll(
  { cluster, postgres }: OnOnePostgres,
  { rounds, how }: FaultOptions & { readonly how: PostgresEnd },
): Promise<void> {
  const { log, nodes } = cluster
  await endHow(postgres, how)
  await log.moreRoundsClose(rounds)
  await Promise.all(nodes.map((node) => node.kill()))
  await collectWindowsOver(cluster)
  for (const node of nodes) node.start()
  await startAgain(postgres)
  await log.roundsPass(rounds)
}

const SIGNALS = { immediate: 'SIGQUIT', kill: 'SIGKILL' } as const

async function endHow(postgres: OwnPostgres, how: PostgresEnd): Promise<void> {
  if (how !== 'fast') {
    const [row] = await query<{ pid: number }>(
      postgres.url,
      `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer AS pid`,
    )
    if (row === undefined) throw new Error('Postgres does not say who it is')
    process.kill(row.pid, SIGNALS[how])
  }
  await postgres.stop()
}

/** Sessions of a server that was killed may outlive it for a moment, in which no other starts. */
async function startAgain(postgres: OwnPostgres): Promise<void> {
  let failure: unknown
  const start = async (): Promise<boolean> => {
    try {
      await postgres.start()
      return true
    } catch (error) {
      failure = error
      return false
    }
  }
  await until(start, 'Postgres starts again').catch(() => {
    throw failure
  })
}

/** Stops a node in its tracks, and lets it go on when the others have committed so many rounds without it. */
export async function pauseNode(
  { cluster, node }: { readonly cluster: ProcessCluster; readonly node: ClusterNode },
  { rounds }: FaultOptions,
): Promise<void> {
  const { log } = cluster
  node.send('SIGSTOP')
  try {
    await log.roundsPass(rounds)
  } finally {
    node.send('SIGCONT')
  }
  await takesPartAgain({ cluster, node })
}

/** Cuts a node off, and heals it when the others have committed so many rounds without it. */
export async function cutOff(
  {
    cluster,
    network,
    number,
  }: { readonly cluster: ProcessCluster; readonly network: CuttableNetwork; readonly number: number },
  { rounds }: FaultOptions,
): Promise<void> {
  const { log, nodes } = cluster
  const node = nodes[number]
  if (node === undefined) throw new Error(`there is no node ${number}`)
  await network.cut(number)
  try {
    await log.roundsPass(1)
    const from = log.records.length
    await log.roundsPass(rounds)
    assert.deepEqual(log.said(node.name, /^co-signed /, from), [], 'a node that is cut off hears of no statements')
  } finally {
    await network.heal(number)
  }
  await takesPartAgain({ cluster, node })
}

/** Starts a node that was never there, and waits until its table has what was committed before it came. */
export async function joinLate(
  { cluster, node }: { readonly cluster: ProcessCluster; readonly node: ClusterNode },
  { rounds }: FaultOptions,
): Promise<void> {
  const { log } = cluster
  await log.roundsPass(rounds)
  const history = new Set(log.committed)
  node.start()
  await takesPartAgain({ cluster, node })
  const watch = await watchTable(await node.databaseUrl())
  try {
    await watch.until((rows) => {
      const there = new Set<string>(rows.map(({ id }) => id))
      const missing = [...history].filter((id) => !there.has(id))
      return missing.length === 0 || `${node.name} came late and lacks ${missing.join(', ')}`
    })
  } finally {
    await watch.close()
  }
}

/** Resolves when statements that the node has made from now on are committed, and it signs those of others. */
export async function takesPartAgain({
  cluster,
  node,
}: {
  readonly cluster: ProcessCluster
  readonly node: ClusterNode
}): Promise<void> {
  const { log } = cluster
  const from = log.records.length
  await log.until(
    () =>
      log.said(node.name, /^co-signed /, from).length > 0 &&
      log.said(node.name, /^proposed /, from).some(({ id }) => log.committed.has(String(id))),
    `${node.name} takes part again`,
  )
}
