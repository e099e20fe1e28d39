import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Round, roundAt } from '../../src/core/statement.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { type TableRow, prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'

const INTERVAL_MS = 8_000
/** Enough for an observation and a proposal, on a machine that has a lot else to do. */
const ENOUGH_MS = 3_000
const NAMES = ['node1', 'node2', 'node3', 'node4', 'node5']

function currentRound(): Round {
  return roundAt(Date.now(), INTERVAL_MS)
}

/** The statements that reached quorum on a node. */
function quorums({ logger }: NodeAtWork): string[] {
  return logger.lines.filter(({ message }) => message.startsWith('quorum: ')).map(({ facts }) => String(facts['id']))
}

/** A process of a node, from when it was ready until it was told to stop; on the wall clock, milliseconds. */
interface Life {
  readonly node: NodeAtWork
  readonly readyAtMs: number
  endedAtMs: number
}

/** For how much of a round it was there, milliseconds. */
function timeIn(round: number, { readyAtMs, endedAtMs }: Life): number {
  return Math.min(endedAtMs, (round + 1) * INTERVAL_MS) - Math.max(readyAtMs, round * INTERVAL_MS)
}

/** Pairs of a round and a proposer, in one order. */
function slots(rows: readonly TableRow[], within: { readonly from: number; readonly to: number }): string[] {
  return rows
    .filter(({ round }) => round >= within.from && round <= within.to)
    .map(({ round, proposer }) => `${round} ${proposer}`)
    .toSorted()
}

describe('a cluster of which one node after another is restarted', { timeout: 480_000 }, () => {
  it('loses no round of any node, and nothing that reached quorum', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: NAMES.length,
      env: { GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`, GP_MINIMUMSIGNERCOUNT: '3' },
    })
    await network.bootstrap()
    const nodes = await network.nodes(...NAMES)
    const proposed = async (): Promise<number> =>
      new Set((await tableRows(database.url)).map((row) => row.proposer)).size
    await network.until(async () => (await proposed()) === NAMES.length, 'each has a row in the table')
    const lives: Life[] = nodes.map((node) => ({ node, readyAtMs: Date.now(), endedAtMs: Number.POSITIVE_INFINITY }))
    const from = currentRound() + 1

    const restart = async (name: string, whileDown: () => Promise<unknown>): Promise<void> => {
      const life = lives.findLast(({ node }) => node.name === name) ?? assert.fail(name)
      life.endedAtMs = Date.now()
      await life.node.stop()
      await whileDown()
      const node = await network.node(name)
      await network.until(() => node.readiness().length === 0, `${name} is ready again`)
      lives.push({ node, readyAtMs: Date.now(), endedAtMs: Number.POSITIVE_INFINITY })
    }
    const nextRound = (): Promise<unknown> => {
      const round = currentRound()
      return network.until(() => currentRound() > round, 'a round begins')
    }
    await network.until(() => currentRound() === from, 'the round begins')
    // Several within a round, perhaps before they have proposed; then each for so long that a round begins without it.
    for (const name of NAMES) await restart(name, () => Promise.resolve())
    for (const name of NAMES) await restart(name, nextRound)
    await nextRound()
    const to = currentRound() - 1
    assert.ok(to >= from + NAMES.length)

    const rounds = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    const expected = rounds.flatMap((round) =>
      NAMES.filter((name) => lives.some((life) => life.node.name === name && timeIn(round, life) >= ENOUGH_MS)).map(
        (name) => `${round} ${network.signer(name)}`,
      ),
    )
    assert.ok(expected.length >= rounds.length * (NAMES.length - 1), 'hardly any node was away for a whole round')
    const rows = await network.until(async () => {
      const found = await tableRows(database.url)
      return currentRound() > to + 1 && found
    }, 'the last of these rounds can be collected no more')
    const found = slots(rows, { from, to })
    assert.deepEqual(
      expected.filter((slot) => !found.includes(slot)),
      [],
    )
    const ids = new Set<string>(rows.map(({ id }) => id))
    await network.until(async () => {
      for (const { id } of await tableRows(database.url)) ids.add(id)
      return lives.flatMap(({ node }) => quorums(node)).every((id) => ids.has(id))
    }, 'all that reached quorum is in the table')
    await Promise.all(rows.map(prove))
  })
})
