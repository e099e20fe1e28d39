import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '../helpers/postgres.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { NodeNetwork } from '../helpers/running-node.ts'

const QUIET_MS = 1_000

describe('a network of real nodes', { timeout: 480_000 }, () => {
  it('makes one row of each statement, which a stranger can prove, a quiet period after its last signature', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 5,
      env: { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`, GP_QUIETPERIOD: `${QUIET_MS / 1_000}` },
    })
    await network.bootstrap()
    const nodes = await network.nodes('node1', 'node2', 'node3', 'node4', 'node5')
    await network.committed(nodes, 5)

    const rows = await tableRows(database.url)
    assert.deepEqual(rows.map(({ proposer }) => proposer).toSorted(), network.signers.toSorted())
    for (const row of rows) {
      const signers = await prove(row)
      assert.equal(row.signerCount, signers.length)
      assert.ok(signers.length >= 3 && signers.length <= 5, `${signers.length} signers`)
      assert.ok(signers.every((signer) => network.isSigner(signer)))
      const quietMs = row.createdAtMs - row.lastSignedAtMs
      assert.ok(quietMs >= QUIET_MS, `written ${quietMs} ms after the last signature`)
      assert.deepEqual([row.network, row.pair, row.price], ['test-network', 'ETH-USD', '3021.455000000000000000'])
    }
  })

  it('leaves out who sees another price: it signs for nobody, and what it proposes expires', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 5,
      env: { GP_FETCHPRICEINTERVAL: '6', GP_MAXDEVIATION: '1' },
    })
    const elsewhere = await network.standIn()
    elsewhere.setPrice('ETH-USD', '3172.52775')
    await network.bootstrap()
    const [agreeing, lonely] = await Promise.all([
      network.nodes('node1', 'node2', 'node3', 'node4'),
      network.node('node5', { GP_PRICEURL: elsewhere.url }),
    ])
    await network.committed(agreeing, 4)
    const expiry =
      /^no quorum for ETH-USD 3172\.52775 by 0x\w+: 1 of 3 signers; refused by 0x\w{8}: saw 3021\.455 \(deviation 5 %\); .+look whether/
    await network.until(() => lonely.line('warn', expiry), 'the statement of node5 expires')

    const refusal = /^not co-signed: proposed 3172\.52775, seen here 3021\.455: 5 % apart, more than 1 %$/
    await network.until(() => agreeing.every((node) => node.line('warn', refusal)), 'all others say why')
    const signers = await Promise.all((await tableRows(database.url)).map(prove))
    assert.ok(signers.length >= 4)
    assert.ok(signers.every((each) => each.length >= 3 && !each.includes(network.signer('node5'))))
  })

  it('is open when nobody is named, and makes a row of each pair, with one request for pairs of one base', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 0,
      env: { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`, GP_PAIRS: 'ETH-USD,ETH-EUR,BTC-USD' },
    })
    network.coinbase.setPrice('BTC-USD', '60123.45')
    await network.bootstrap()
    const nodes = await network.nodes('node1', 'node2', 'node3')
    await network.committed(nodes, 9)

    for (const node of nodes) assert.ok(node.line('warn', /^this network is open: .+ Set GP_SIGNERS/), node.name)
    const rows = await tableRows(database.url)
    await Promise.all(rows.map(prove))
    const proposers = Map.groupBy(rows, ({ proposer }) => proposer)
    assert.equal(proposers.size, 3)
    for (const own of proposers.values()) {
      const [btcUsd, ethEur, ethUsd, ...more] = own.toSorted((a, b) => (a.pair < b.pair ? -1 : 1))
      assert.deepEqual(
        [btcUsd, ethEur, ethUsd].map((row) => [row?.pair, row?.price]),
        [
          ['BTC-USD', '60123.450000000000000000'],
          ['ETH-EUR', '2781.403951250000000000'],
          ['ETH-USD', '3021.455000000000000000'],
        ],
      )
      assert.deepEqual(more, [])
      assert.equal(ethEur?.observedAt, ethUsd?.observedAt, 'both prices come from one answer')
    }
    assert.deepEqual(new Set(network.coinbase.requests.map(({ base }) => base)), new Set(['ETH', 'BTC']))
  })
})
