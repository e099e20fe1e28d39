import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Answer, answers } from '../helpers/coinbase-stand-in.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { NodeNetwork } from '../helpers/running-node.ts'

/** Longer than a request may take, so that a server that hangs is found out within a round. */
const INTERVAL_MS = 7_000

/** What Coinbase may do, and what a node says of it. */
const FAILURES: Readonly<Record<string, { readonly answer: Answer; readonly says: RegExp }>> = {
  hang: { answer: answers.hang(), says: /gave no complete answer in 5 s/ },
  drip: { answer: answers.drip(), says: /gave no complete answer in 5 s/ },
  cut: { answer: answers.breakOff(), says: /cannot be reached, or broke off/ },
  busy: { answer: answers.tooManyRequests('1'), says: /we ask too often \(HTTP 429\), and asks us to wait 1 s/ },
  broken: { answer: answers.status(500), says: /answered HTTP 500/ },
  html: { answer: answers.html(), says: /answered with HTML instead of JSON/ },
  text: { answer: answers.text('{"data":'), says: /answered with what is not JSON/ },
  shape: { answer: answers.json({ data: [] }), says: /answered without data\.rates/ },
  'no-usd': { answer: answers.without('USD'), says: /gave no USD/ },
  empty: { answer: answers.usd(''), says: /gave USD as "", which is not plain decimal text/ },
  nan: { answer: answers.usd('NaN'), says: /gave USD as "NaN", which is not plain decimal text/ },
  negative: { answer: answers.usd('-1'), says: /gave USD as "-1", which is not plain decimal text/ },
  zero: { answer: answers.usd('0'), says: /gave USD as "0", which is zero/ },
  exponent: { answer: answers.usd('1e999'), says: /gave USD as "1e999", which is not plain decimal text/ },
  long: { answer: answers.usd('1'.repeat(40)), says: /gave USD as "1{40}", which is 10\^18 or more/ },
  large: { answer: answers.usd(`1${'0'.repeat(18)}`), says: /gave USD as "10{18}", which is 10\^18 or more/ },
  number: { answer: answers.usd(3021.455), says: /gave USD as a JSON number/ },
}

describe('a node whose price source fails', { timeout: 480_000 }, () => {
  it('signs nothing, warns with the reason and asks again, and the next round is not affected', async (t) => {
    const database = await createTestDatabase(t)
    // Nodes that need nobody else, one for each failure, each in a network of its own.
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 0,
      env: {
        GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`,
        GP_MINIMUMSIGNERCOUNT: '1',
        GP_QUIETPERIOD: '0.1',
      },
    })
    const lastRounds = new Map<string, number>()
    await Promise.all(
      Object.entries(FAILURES).map(async ([name, { answer, says }]) => {
        const coinbase = await network.standIn()
        coinbase.always(answer)
        const node = await network.node(name, { GP_NETWORK: name, GP_PRICEURL: coinbase.url })
        // Not the first warning, perhaps: on a busy machine an answer may be too late.
        const warning = new RegExp(
          `${says.source}.*\\. No price for ETH-USD in round \\d+ yet; asking again in \\d+\\.\\d s$`,
        )
        await network.until(() => node.line('warn', warning) ?? false, `${name} warns: ${says.source}`)
        const missed = (): boolean => node.counters.value('gp_rounds_missed_total', { pair: 'ETH-USD' }) >= 1
        await network.until(() => missed() && coinbase.requests.length >= 2, `${name} asks again, and a round goes by`)
        assert.equal(node.counters.value('gp_statements_proposed_total', { pair: 'ETH-USD' }), 0, name)

        lastRounds.set(name, Math.floor(Date.now() / INTERVAL_MS))
        coinbase.always(answers.ok())
        await network.committed([node], 1)
      }),
    )

    const rows = Map.groupBy(await tableRows(database.url), (row) => row.network)
    assert.deepEqual([...rows.keys()].toSorted(), Object.keys(FAILURES).toSorted())
    for (const [name, [first]] of rows) {
      assert.ok(first)
      await prove(first)
      assert.equal(first.price, '3021.455000000000000000')
      assert.ok(first.round >= (lastRounds.get(name) ?? Infinity), `${name}: nothing of the time when it failed`)
    }
  })
})
