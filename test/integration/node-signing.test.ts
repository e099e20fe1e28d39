import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHex } from '../../src/core/hex.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { alice } from '../helpers/statements.ts'

/** The ids that a node has proposed since it started. */
function proposals({ logger }: NodeAtWork): unknown[] {
  return logger.lines.filter(({ message }) => message.startsWith('proposed ')).map(({ facts }) => facts['id'])
}

describe('signing', { timeout: 480_000, concurrency: true }, () => {
  it('happens once a slot: a node started again within the round sends its statement again and makes no other', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 2,
      env: { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`, GP_MINIMUMSIGNERCOUNT: '2' },
    })
    await network.bootstrap()
    // Somebody to talk to who does not sign: there is a first statement, and no quorum for it yet.
    const observer = await network.node('observer')
    const before = await network.node('node1')
    const [id] = await network.until(() => proposals(before).length === 1 && proposals(before), 'node1 proposes')
    await Promise.all([before.stop(), observer.stop()])

    network.coinbase.setPrice('ETH-USD', '3024.5')
    const [again, other] = await network.nodes('node1', 'node2')
    assert.ok(again && other)
    await network.committed([again, other], 2)

    const rows = await tableRows(database.url)
    await Promise.all(rows.map(prove))
    const made = rows.map(({ proposer, price }) => `${proposer} ${price}`)
    assert.deepEqual(
      made.toSorted(),
      [
        `${network.signer('node1')} 3021.455000000000000000`,
        `${network.signer('node2')} 3024.500000000000000000`,
      ].toSorted(),
    )
    assert.equal(rows.find(({ proposer }) => proposer === network.signer('node1'))?.id, id)
    assert.ok(again.line('debug', /^Asked .+: answered$/), 'it saw the other price')
    assert.deepEqual(proposals(again), [])
  })

  it('is not for observers, nor for a key without its memory before a full round', async (t) => {
    const INTERVAL_MS = 6_000
    const OTHER_CLOCKS_AHEAD_MS = 10_000
    const [database, ownDatabase] = [await createTestDatabase(t), await createTestDatabase(t)]
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 3 })
    const env = {
      GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`,
      GP_SIGNERS: [...network.signers, alice.address].join(','),
    }
    await network.bootstrap(env)
    const startedAtMs = Date.now()
    const [forgetful, observer] = await Promise.all([
      network.node('forgetful', { ...env, GP_PRIVATEKEY: toHex(alice.privateKey.reveal()) }),
      network.node('observer', { ...env, GP_DATABASEURL: ownDatabase.url }),
      ...['node1', 'node2', 'node3'].map((name) => network.node(name, env)),
    ])
    assert.ok(
      forgetful.line('warn', /^this disk does not know what the key signed before: the node signs from the round/),
    )
    assert.ok(observer.line('warn', /^observing only: 0x\w{40} is not in GP_SIGNERS/))

    await network.until(() => proposals(forgetful).length > 0, 'the key without a memory proposes')
    const signed = await network.until(async () => {
      const rows = await tableRows(database.url)
      return rows.some(({ proposer }) => proposer === alice.address) && rows
    }, 'its statement is committed')
    for (const row of signed) {
      const signers = await prove(row)
      const memoryIsComplete = row.round * INTERVAL_MS >= startedAtMs + OTHER_CLOCKS_AHEAD_MS
      assert.ok(memoryIsComplete || !signers.includes(alice.address), `round ${row.round}`)
    }
    assert.ok(signed.some(({ signerCount }) => signerCount === 3))

    const observed = await network.until(async () => {
      const rows = await tableRows(ownDatabase.url)
      return rows.length >= 3 && rows
    }, 'the observer writes')
    for (const row of observed) {
      const signers = await prove(row)
      assert.ok(signers.every((signer) => signer === alice.address || network.isSigner(signer)))
    }
    assert.deepEqual(proposals(observer), [])
  })
})
