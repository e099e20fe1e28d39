import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'

/** The statements that reached quorum on a node. */
function quorums({ logger }: NodeAtWork): ReadonlySet<unknown> {
  const moves = logger.lines.filter(({ message }) => message.startsWith('quorum: '))
  return new Set(moves.map(({ facts }) => facts['id']))
}

describe('nodes whose Postgres is away', { timeout: 480_000 }, () => {
  it('come up, gossip, and lose nothing: whatever reached quorum is in the table in the end', async (t) => {
    const postgres = await startOwnPostgres(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: postgres.url,
      signers: 3,
      env: { GP_FETCHPRICEINTERVAL: '5' },
    })
    await postgres.stop()
    await network.bootstrap()
    const nodes = await network.nodes('node1', 'node2', 'node3')
    const quorate = (count: number) => (): boolean => nodes.every((node) => quorums(node).size >= count)
    const isTold = (): boolean => nodes.every((node) => node.line('warn', /cannot be reached \(.+\): start Postgres/))
    await network.until(quorate(3), 'a round reaches quorum before Postgres was ever there')
    await network.until(isTold, 'every node says that Postgres is away')
    assert.deepEqual(
      nodes.map((node) => node.committed()),
      [0, 0, 0],
    )

    await postgres.start()
    await network.committed(nodes, 3)
    await postgres.stop()
    const before = Math.max(...nodes.map((node) => quorums(node).size))
    await network.until(quorate(before + 3), 'another round reaches quorum while Postgres is away')
    await postgres.start()
    const reached = nodes.flatMap((node) => [...quorums(node)])
    await network.until(async () => {
      const rows = await tableRows(postgres.url)
      return reached.every((id) => rows.some((row) => row.id === id))
    }, 'all that reached quorum is in the table')

    const rows = await tableRows(postgres.url)
    for (const row of rows) assert.ok((await prove(row)).length >= 3)
    const isBack = (): boolean => nodes.every((node) => node.line('info', /^the table takes rows again$/))
    await network.until(isBack, 'every node says that the table takes rows again')
  })

  it('are told at the start when their table holds rounds of another length, and cannot go on', async (t) => {
    const database = await createTestDatabase(t)
    const env = { GP_FETCHPRICEINTERVAL: '600', GP_MINIMUMSIGNERCOUNT: '1' }
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 1, env })
    await network.committed([await network.node('node1')], 1)

    const other = await network.node('other', { GP_FETCHPRICEINTERVAL: '60' })
    const { message } = await network.failureOf(other)
    assert.match(
      message,
      /at an interval of 600 s, and this node has 60 s: set GP_FETCHPRICEINTERVAL to 600, or choose/,
    )
  })

  it('are told of a wrong password at once, in a sentence, and try again', async (t) => {
    const database = await createTestDatabase(t)
    const url = new URL(database.url)
    url.password = 'not-the-password'
    const network = await NodeNetwork.open(t, { databaseUrl: url.href, signers: 3 })
    const node = await network.node('node1')
    const sentence = /refuses this user and password \(.+\): correct GP_DATABASEURL/
    await network.until(() => node.line('warn', sentence), 'the node says what is wrong')
    await network.until(
      () => node.counters.value('gp_table_failures_total', { code: 'wrong-password' }) >= 2,
      'the node tries again',
    )
    assert.ok(!node.logger.lines.some(({ message }) => message.includes('not-the-password')))
  })
})
