import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { collectWindowEnd } from '../../src/consensus/windows.ts'
import { roundAt } from '../../src/core/statement.ts'
import { evidenceDirectory } from '../../src/store/evidence-folder.ts'
import { answers } from './coinbase-stand-in.ts'
import { query } from './postgres-server.ts'
import type { ProcessCluster } from './process-cluster.ts'
import { type TableRow, prove } from './row-proof.ts'
import { watchTable } from './table-watch.ts'
import { until } from './until.ts'

const PATIENCE_MS = 240_000

/**
 * What must hold of a cluster after whatever happened to it, with all nodes running again: every statement that any node
 * saw at quorum is in every table once, every row proves, nobody signed two statements of a slot, every process ends as
 * it should and nobody has spoken of an error but of those that the fault brings along.
 */
export async function judge(
  cluster: ProcessCluster,
  { expectedErrors = [] }: { readonly expectedErrors?: readonly RegExp[] } = {},
): Promise<void> {
  const { log, nodes } = cluster
  cluster.coinbase.always(answers.status(503))
  await collectWindowsOver(cluster)
  const urls = new Set(await Promise.all(nodes.map((node) => node.databaseUrl())))
  const tables: (readonly TableRow[])[] = []
  for (const url of urls) tables.push(await completeTable(url, cluster))

  assert.ok(log.atQuorum.size > 0)
  for (const rows of tables) await judgeRows(rows)
  for (const url of urls) assert.deepEqual(await query(url, 'SELECT id FROM equivocations'), [])
  judgeSlots(tables.flat())

  const ends = await Promise.all(nodes.map((node) => node.stop()))
  assert.deepEqual(ends, Array(nodes.length).fill(0), 'every node ends with exit code 0 when it is asked to')
  for (const node of nodes) {
    const evidence = await readdir(evidenceDirectory(node.dataDir)).catch(() => [])
    assert.deepEqual(evidence, [], `${node.name} has no evidence against anybody`)
  }
  assert.deepEqual(log.doubleSigned(), [], 'nobody signs two statements of a slot')
  assert.deepEqual(log.strays, [])
  const unexpected = log.errors().filter(({ msg }) => !expectedErrors.some((pattern) => pattern.test(msg)))
  assert.deepEqual(
    unexpected.map((record) => JSON.stringify(record)),
    [],
    'nobody speaks of an error',
  )
}

/** Resolves when what has been proposed until now can gain no more signatures. */
export async function collectWindowsOver({ interval }: Pick<ProcessCluster, 'interval'>): Promise<void> {
  const over = collectWindowEnd(roundAt(Date.now(), interval * 1_000), interval * 1_000)
  await until(() => Date.now() > over, 'the last collect window is over', { timeoutMs: PATIENCE_MS })
}

async function completeTable(url: string, { log }: ProcessCluster): Promise<readonly TableRow[]> {
  const watch = await watchTable(url)
  try {
    return await watch.until((rows) => {
      const ids = new Set<string>(rows.map(({ id }) => id))
      const missing = [...log.atQuorum].filter((id) => !ids.has(id))
      return missing.length === 0 || `these reached quorum and are not in the table: ${missing.join(', ')}`
    })
  } finally {
    await watch.close()
  }
}

async function judgeRows(rows: readonly TableRow[]): Promise<void> {
  for (const row of rows) {
    const signers = await prove(row)
    assert.ok(signers.length >= 3)
  }
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'every row is there once')
}

/** Over all tables: one statement a slot, and nobody who signed two. */
function judgeSlots(rows: readonly TableRow[]): void {
  const slots = Map.groupBy(rows, ({ pair, round, proposer }) => `${pair} ${round} ${proposer}`)
  for (const [slot, of] of slots) {
    assert.equal(new Set(of.map(({ id }) => id)).size, 1, `one statement of the slot ${slot}`)
  }
}
