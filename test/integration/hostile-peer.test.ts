import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { equalBytes } from '../../src/core/hex.ts'
import { decodePriceMessage } from '../../src/gossip/wire.ts'
import { expelled, introduce, isWelcome, judged, openStage } from '../helpers/hostile-stage.ts'
import { message } from '../helpers/inbox-at-work.ts'
import { type Lie, lies } from '../helpers/lies.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import type { NodeAtWork } from '../helpers/running-node.ts'
import { alice, attest, bob, carol, digest } from '../helpers/statements.ts'
import { until } from '../helpers/until.ts'

const INTERVAL_MS = 6_000
/** A peer whose fourth message in a row is false is not listened to any more. */
const LIES_PER_PEER = 3
const TIMES = 1_000
/** Fewer than wait for their turn: of what is said faster, some is dropped unread. */
const AT_ONCE = 40
/** How long what is said may be on its way. */
const HEARD = { timeoutMs: 20_000 }

const now = (): { nowMs: number; intervalMs: number } => ({ nowMs: Date.now(), intervalMs: INTERVAL_MS })

describe('a peer that lies', { timeout: 480_000 }, () => {
  it('is counted by reason and never believed, and what others say goes on', async (t) => {
    const stage = await openStage(t, { intervalMs: INTERVAL_MS })
    const { network, nodes, rawPeer } = stage
    const listener = await rawPeer()
    const told: Lie[] = []

    for (let count = 0; count < lies(now()).length; count += LIES_PER_PEER) {
      const next = (): readonly Lie[] => lies(now()).slice(count, count + LIES_PER_PEER)
      const kinds = next()
      const before = nodes.map((node) => kinds.map(({ codes }) => judged(node, { codes })))
      const isCounted = (): boolean =>
        kinds.every(({ codes }, place) => {
          const alike = kinds.filter((other) => other.codes.join() === codes.join()).length
          return nodes.every((node, number) => judged(node, { codes }) >= (before[number]?.[place] ?? 0) + alike)
        })
      await network.until(
        async () => {
          // Told anew each time, and by somebody else: what a busy machine hears late is refused for that.
          const some = next()
          told.push(...some)
          const liar = await rawPeer()
          for (const { bytes } of some) await liar.say(bytes)
          const isHeard = await until(isCounted, 'all is counted', HEARD).then(
            () => true,
            () => false,
          )
          await liar.leave()
          return isHeard
        },
        kinds.map(({ name, codes }) => `"${name}" is counted as ${codes.join(' or ') || 'anything'}`).join(' and '),
      )
    }

    const honest = await rawPeer()
    const good = attest(stage.statement(alice), alice)
    const mixed = message([good, attest(stage.statement(alice, { pair: 'LTC-USD' }), alice)])
    const sound = attest(stage.statement(bob), bob)
    const marker = message([sound])
    await honest.say(mixed)
    await honest.say(marker)
    const heard = (bytes: Uint8Array): boolean => listener.heard.some((other) => equalBytes(other, bytes))
    await network.until(() => heard(marker), 'what is sound is forwarded')
    for (const { name, bytes } of told) assert.ok(!heard(bytes), `"${name}" is not forwarded`)
    assert.ok(!heard(mixed), 'what is partly unknown is not forwarded as it is')

    const rows = await network.until(async () => {
      const all = await stage.nextRound()
      // Turns may bring later rows first.
      return [good, sound].every((said) => all.some(({ id }) => id === said.id)) && all
    }, 'what is sound is committed, and a round that began later')
    await Promise.all(rows.map(prove))
    const insiders = rows.filter(({ proposer }) => !stage.isHonest(proposer))
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
    for (const node of nodes) {
      assert.equal(judged(node, { codes: ['internal-error'] }), 0)
      const codes = new Set(node.counters.snapshot().flatMap(({ labels }) => labels['code'] ?? []))
      for (const code of told.flatMap((lie) => lie.codes)) assert.ok(codes.has(code), code)
      assert.equal(expelled(node), 0, 'who passes on what is mixed is not punished, nor who lies only thrice')
    }
    for (const peer of [listener, honest]) await isWelcome(stage, peer)
  })

  it('says the same a thousand times, in any order, and there is one row', async (t) => {
    const intervalMs = roundThatLasts() * 1_000
    const stage = await openStage(t, { intervalMs })
    const { network, databaseUrl, nodes, rawPeer } = stage
    const peers = await Promise.all([rawPeer(), rawPeer(), rawPeer()])
    // A peer of nobody says no more than the network has to say, together with all others like it.
    for (const [place, signer] of [alice, bob, carol].entries()) {
      const peer = peers[place]
      assert.ok(peer)
      await introduce(stage, { peer, signer })
    }
    const signed = stage.statement(carol)
    const parts = [[carol], [carol, bob], [carol, alice], [carol, alice, bob]].map((signers) =>
      attest(signed, ...signers),
    )
    const READ = { topic: 'prices', codes: ['new', 'known', 'settled', 'late'] } as const
    const say = async (times: number, attempts: number): Promise<void> => {
      const before = nodes.map((node) => judged(node, READ))
      for (let time = 0; time < times; time++) {
        const part = parts[time % parts.length]
        assert.ok(part)
        // 389 and 1,000 have no common factor: every attempt comes once, in no order of size.
        const bytes = message([part], { attempt: attempts + ((time * 389) % times) })
        // In turn the first to say it: only first copies are charged for.
        for (const place of peers.keys()) await peers[(time + place) % peers.length]?.say(bytes)
        if ((time + 1) % AT_ONCE !== 0 && time + 1 < times) continue
        await network.until(
          () => nodes.every((node, place) => judged(node, READ) - (before[place] ?? 0) > time),
          'every message is judged',
        )
      }
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
      assert.equal(expelled(node), 0)
    }
    const rows = await tableRows(databaseUrl)
    await Promise.all(rows.map(prove))
    const own = rows.filter(({ proposer }) => proposer === carol.address)
    assert.equal(own.length, 1)
  })
})
