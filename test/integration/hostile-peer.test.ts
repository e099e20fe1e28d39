import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { equalBytes } from '../../src/core/hex.ts'
import { decodePriceMessage } from '../../src/gossip/wire.ts'
import { topicName } from '../../src/gossip/topic-name.ts'
import { message } from '../helpers/inbox-at-work.ts'
import { type Lie, lies, recent } from '../helpers/lies.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { type RawPeer, startRawPeer } from '../helpers/raw-peer.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { alice, attest, bob, carol, digest } from '../helpers/statements.ts'

const INTERVAL_MS = 6_000
const TOPIC = topicName('test-network')
/** A peer whose fourth message in a row is false is not listened to any more. */
const LIES_PER_PEER = 3
const TIMES = 1_000

interface Stage {
  readonly network: NodeNetwork
  readonly databaseUrl: string
  /** Honest nodes. */
  readonly nodes: readonly NodeAtWork[]
  /** A peer that has joined all nodes. */
  readonly rawPeer: () => Promise<RawPeer>
}

/** Four honest nodes, in a network in which three signers are not. */
async function stage(t: TestContext, intervalMs: number): Promise<Stage> {
  const database = await createTestDatabase(t)
  const network = await NodeNetwork.open(t, {
    databaseUrl: database.url,
    signers: 4,
    env: { GP_FETCHPRICEINTERVAL: `${intervalMs / 1_000}` },
  })
  const insiders = [alice, bob, carol].map(({ address }) => address)
  const env = { GP_SIGNERS: [...network.signers, ...insiders].join(',') }
  await network.bootstrap()
  const nodes = await Promise.all(['node1', 'node2', 'node3', 'node4'].map((name) => network.node(name, env)))
  await network.committed(nodes, 4)
  const addresses = nodes.map(({ address }) => address)
  return { network, databaseUrl: database.url, nodes, rawPeer: () => startRawPeer(t, { topic: TOPIC, addresses }) }
}

/** How many messages a node has judged, of those that it found so. */
function judged({ counters }: NodeAtWork, codes: Lie['codes'] = []): number {
  return counters
    .snapshot()
    .filter(({ name }) => name === 'gp_messages_received_total')
    .filter(({ labels }) => codes.length === 0 || codes.some((code) => code === labels['code']))
    .reduce((sum, { value }) => sum + value, 0)
}

const now = (): { nowMs: number; intervalMs: number } => ({ nowMs: Date.now(), intervalMs: INTERVAL_MS })

describe('a peer that lies', { timeout: 240_000 }, () => {
  it('is counted by reason and never believed, and what others say goes on', async (t) => {
    const { network, databaseUrl, nodes, rawPeer } = await stage(t, INTERVAL_MS)
    const listener = await rawPeer()
    const told: Lie[] = []

    while (told.length < lies(now()).length) {
      // Told anew each time: what is only a little too old would be refused for that.
      const some = lies(now()).slice(told.length, told.length + LIES_PER_PEER)
      told.push(...some)
      const liar = await rawPeer()
      const before = nodes.map((node) => some.map(({ codes }) => judged(node, codes)))
      for (const { bytes } of some) await liar.say(bytes)
      for (const [place, { name, codes }] of some.entries()) {
        const alike = some.filter((other) => other.codes.join() === codes.join()).length
        await network.until(
          () => nodes.every((node, number) => judged(node, codes) >= (before[number]?.[place] ?? 0) + alike),
          `"${name}" is counted as ${codes.join(' or ') || 'anything'}`,
        )
      }
      await liar.leave()
    }

    const honest = await rawPeer()
    const good = attest(recent(alice, now()), alice)
    const mixed = message([good, attest(recent(alice, { ...now(), pair: 'LTC-USD' }), alice)])
    const marker = message([attest(recent(bob, now()), bob)])
    await honest.say(mixed)
    await honest.say(marker)
    const heard = (bytes: Uint8Array): boolean => listener.heard.some((other) => equalBytes(other, bytes))
    await network.until(() => heard(marker), 'what is sound is forwarded')
    const saidUntilMs = Date.now()
    for (const { name, bytes } of told) assert.ok(!heard(bytes), `"${name}" is not forwarded`)
    assert.ok(!heard(mixed), 'what is partly unknown is not forwarded as it is')

    const rows = await network.until(async () => {
      const all = await tableRows(databaseUrl)
      const later = all.filter(({ round }) => round * INTERVAL_MS > saidUntilMs)
      return network.signers.every((signer) => later.some(({ proposer }) => proposer === signer)) && all
    }, 'a round that began later is committed')
    await Promise.all(rows.map(prove))
    const insiders = rows.filter(({ proposer }) => !network.isSigner(proposer))
    assert.deepEqual(
      insiders.map(({ proposer }) => proposer).toSorted(),
      [alice.address, bob.address].toSorted(),
      'of what the liars signed, only what was sound is in the table',
    )
    const [goodSignature] = good.signatures.values()
    assert.ok(goodSignature)
    const cleaned = listener.heard.map(decodePriceMessage).find(({ attestations }) => {
      return attestations.some(({ signatures: [first] }) => first !== undefined && equalBytes(first, goodSignature))
    })
    assert.ok(cleaned, 'the sound part goes out again')
    assert.ok(cleaned.attestations.every(({ pair }) => pair === 'ETH-USD'))
    for (const { counters } of nodes) {
      assert.equal(counters.value('gp_messages_received_total', { verdict: 'ignore', code: 'internal-error' }), 0)
      const codes = new Set(counters.snapshot().flatMap(({ labels }) => labels['code'] ?? []))
      for (const code of told.flatMap((lie) => lie.codes)) assert.ok(codes.has(code), code)
    }
  })

  it('says the same a thousand times, in any order, and there is one row', async (t) => {
    const intervalMs = roundThatLasts() * 1_000
    const { network, databaseUrl, nodes, rawPeer } = await stage(t, intervalMs)
    const peers = await Promise.all([rawPeer(), rawPeer(), rawPeer()])
    const signed = recent(carol, { nowMs: Date.now(), intervalMs })
    const parts = [[carol], [carol, bob], [carol, alice], [carol, alice, bob]].map((signers) =>
      attest(signed, ...signers),
    )
    const say = async (times: number, attempts: number): Promise<void> => {
      const before = nodes.map((node) => judged(node))
      for (let time = 0; time < times; time++) {
        const part = parts[time % parts.length]
        assert.ok(part)
        // 389 and 1,000 have no common factor: every attempt comes once, in no order of size.
        const bytes = message([part], { attempt: attempts + ((time * 389) % times) })
        for (const peer of peers) await peer.say(bytes)
      }
      await network.until(
        () => nodes.every((node, place) => judged(node) - (before[place] ?? 0) >= times),
        'every message is judged',
      )
    }
    const moves = ({ logger }: NodeAtWork, to: string): number =>
      logger.lines.filter(({ message: line, facts }) => line.startsWith(`${to}: `) && facts['id'] === digest(signed))
        .length

    await say(TIMES, 0)
    await network.until(() => nodes.every((node) => moves(node, 'committed') > 0), 'the statement is committed')
    await say(10, TIMES)
    for (const node of nodes) {
      assert.deepEqual(
        ['quorum', 'committed'].map((phase) => moves(node, phase)),
        [1, 1],
      )
    }
    const rows = await tableRows(databaseUrl)
    await Promise.all(rows.map(prove))
    const own = rows.filter(({ proposer }) => proposer === carol.address)
    assert.equal(own.length, 1)
  })
})
