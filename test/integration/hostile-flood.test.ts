import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import type { Attestation } from '../../src/core/statement.ts'
import {
  distinct,
  emptyMessage,
  floodUntilGone,
  longDistinct,
  memoryInUse,
  withStrangers,
} from '../helpers/hostile-flood.ts'
import {
  type HonestNode,
  type Stage,
  expelled,
  introduce,
  isWelcome,
  judged,
  openStage,
  takeErrors,
} from '../helpers/hostile-stage.ts'
import { message } from '../helpers/inbox-at-work.ts'
import type { RawPeer } from '../helpers/raw-peer.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type TestSigner, alice, attest, carol, price, testSigner, testSigners } from '../helpers/statements.ts'

const INTERVAL_MS = 6_000
const STRANGER = testSigner(99)
/** Not what honest nodes see: they do not sign it. */
const ELSEWHERE = price('2500')
/** Several times what is found, and less than was sent to all nodes. */
const MEMORY_LIMIT_BYTES = 48 * 1024 * 1024
/** Connections of newcomers are dear while newcomers are being expelled: some ten use them up. */
const RETURNS_LIMIT = 40
const JUNK_AT_ONCE = 40

describe('a peer that floods', { timeout: 480_000 }, () => {
  it('is expelled, under ever new peer ids, and what others say is committed meanwhile', async (t) => {
    const stage = await openStage(t, { intervalMs: INTERVAL_MS })
    const { network, nodes, rawPeer } = stage
    const bystander = await rawPeer()
    const memoryBefore = memoryInUse()

    const stranger = attest(stage.statement(STRANGER), STRANGER)
    const first = await rawPeer()
    await floodUntilExpelled(stage, { peer: first, next: () => distinct(stranger) })
    for (const node of nodes) assert.equal(expelled(node, 'flood'), 1, 'who says more than the network has to say')
    const long = await rawPeer()
    await floodUntilExpelled(stage, { peer: long, next: () => longDistinct(stranger) })
    for (const node of nodes) assert.equal(expelled(node, 'flood'), 2, 'who sends more than the network has to say')

    const insider = await rawPeer()
    await introduce(stage, { peer: insider, signer: alice })
    const pair = [ELSEWHERE, price('2501')].map((each) => stage.statement(alice, { price: each }))
    const [one, other] = pair.map((each) => attest(each, alice))
    assert.ok(one && other)
    await insider.say(message([one, other]))
    await floodUntilExpelled(stage, { peer: insider, next: () => distinct(one) })
    for (const node of nodes) assert.equal(expelled(node, 'flood'), 3, 'whoever vouches for it')

    for (const peer of [first, long, insider]) {
      await peer.knock().catch(() => undefined)
      await network.until(() => peer.connected() === 0, 'who was expelled is let in nowhere')
    }
    let returns = 0
    for (; returns < RETURNS_LIMIT; returns++) {
      const newcomer = await rawPeer({ unwelcome: true })
      if (newcomer.connected() === 0) break
      await floodUntilGone(newcomer, emptyMessage)
      await newcomer.leave()
    }
    assert.ok(returns < RETURNS_LIMIT, 'in the end newcomers are not let in at all')

    const rows = await stage.nextRound()
    const grownBytes = memoryInUse() - memoryBefore
    t.diagnostic(`${Math.round(grownBytes / 1e6)} MB`)
    assert.ok(grownBytes < MEMORY_LIMIT_BYTES, `memory has grown by ${grownBytes} bytes`)
    await Promise.all(rows.map(prove))
    assert.ok(
      rows.every(({ proposer }) => stage.isHonest(proposer)),
      'nothing else is committed',
    )
    for (const node of nodes) {
      assert.equal(takeErrors(node, /^equivocation: /).length, 1)
      // The last newcomers are let in by some nodes only.
      assert.ok(
        expelled(node, 'lies') > 0 && expelled(node) <= 3 + returns,
        'nobody else behind this address is expelled',
      )
    }
    await network.until(() => nodes.every((node) => node.readiness().length === 0), 'every node is ready')
    await isWelcome(stage, bystander)
  })

  it('cannot keep away what it forwards first: others are heard who bring the same', async (t) => {
    const insiders = testSigners(5)
    const stage = await openStage(t, { intervalMs: roundThatLasts() * 1_000, insiders })
    const { network, nodes, databaseUrl, rawPeer } = stage
    const [vouched, ...unvouched] = await Promise.all([rawPeer(), rawPeer(), rawPeer()])
    const [flooder, another] = unvouched
    assert.ok(flooder && another)
    await introduce(stage, { peer: vouched, signer: carol })

    // Peers for whom nobody vouches say together no more than one of them may, which nobody is punished for.
    const junk = attest(stage.statement(STRANGER), STRANGER)
    const most = expectedTraffic(stage.constants).messageBucket.capacity
    for (let said = 0; said < most * 0.8; said += JUNK_AT_ONCE) await sayJunk(stage, { peer: flooder, junk })
    const dropped = (): boolean => nodes.every((node) => judged(node, { codes: ['flood'] }) > 0)
    while (!dropped()) await sayJunk(stage, { peer: another, junk })
    const unread = await firstUnread(stage, { peer: another, junk, signers: insiders })
    for (const node of nodes) assert.equal(expelled(node), 0)

    await vouched.say(unread.bytes)
    const rows = await network.until(async () => {
      const all = await tableRows(databaseUrl)
      return all.some(({ id }) => id === unread.id) && all
    }, 'what was dropped unread is committed')
    await Promise.all(rows.map(prove))
    for (const peer of [vouched, flooder, another]) await isWelcome(stage, peer)
  })

  it('of signatures that count nowhere is expelled for them, and holds nobody up', async (t) => {
    const insiders = testSigners(15)
    const [sound, ...proposers] = insiders
    assert.ok(sound)
    const stage = await openStage(t, {
      intervalMs: roundThatLasts() * 1_000,
      insiders,
      env: { GP_MAXIMUMSIGNERCOUNT: '64' },
    })
    const { network, nodes, databaseUrl, rawPeer } = stage
    const [vouched, wasteful] = await Promise.all([rawPeer(), rawPeer()])
    await introduce(stage, { peer: vouched, signer: carol })
    const known = proposers.map((signer) => attest(stage.statement(signer, { price: ELSEWHERE }), signer))
    const before = nodes.map((node) => judged(node, { codes: ['new'], topic: 'prices' }))
    await vouched.say(message(known))
    await network.until(
      () => nodes.every((node, place) => judged(node, { codes: ['new'], topic: 'prices' }) > (before[place] ?? 0)),
      'statements are known that wait for signatures',
    )

    while (!nodes.every(hasExpelledWaste)) {
      if (wasteful.connected() === 0) await wasteful.knock().catch(() => undefined)
      const judgedBefore = nodes.map((node) => judged(node))
      const bytes = withStrangers(known, 63)
      assert.ok(bytes.length > 60_000)
      await wasteful.say(bytes)
      await network.until(
        () =>
          wasteful.connected() === 0 ||
          nodes.every((node, place) => hasExpelledWaste(node) || judged(node) > (judgedBefore[place] ?? 0)),
        'it is judged',
      )
    }
    for (const node of nodes) assert.deepEqual([expelled(node, 'waste'), expelled(node)], [1, 1])
    const honest = attest(stage.statement(sound), sound)
    await vouched.say(message([honest]))
    const rows = await network.until(async () => {
      const all = await tableRows(databaseUrl)
      return all.some(({ id }) => id === honest.id) && all
    }, 'what is said next is committed')
    await Promise.all(rows.map(prove))
    assert.equal(rows.length, 5)
    await isWelcome(stage, vouched)
  })
})

function hasExpelledWaste(node: HonestNode): boolean {
  return expelled(node, 'waste') > 0
}

/** Has a peer flood until every node has expelled it once more. A connection that breaks otherwise is made anew. */
async function floodUntilExpelled(
  { nodes }: Stage,
  { peer, next }: { readonly peer: RawPeer; readonly next: () => Uint8Array },
): Promise<void> {
  const before = nodes.map((node) => expelled(node, 'flood'))
  for (;;) {
    await floodUntilGone(peer, next)
    if (nodes.every((node, place) => expelled(node, 'flood') > (before[place] ?? 0))) return
    await peer.knock().catch(() => undefined)
  }
}

interface Junk {
  readonly peer: RawPeer
  readonly junk: Attestation
  /** What is said at the end. */
  readonly last?: Uint8Array
}

/** Has a peer say what no node takes, and waits until all have dropped it. */
async function sayJunk({ network, nodes }: Stage, { peer, junk, last }: Junk): Promise<void> {
  const before = nodes.map((node) => judged(node, { topic: 'prices' }))
  for (let count = 0; count < JUNK_AT_ONCE; count++) await peer.say(distinct(junk))
  if (last !== undefined) await peer.say(last)
  const said = JUNK_AT_ONCE + (last === undefined ? 0 : 1)
  await network.until(
    () => nodes.every((node, place) => judged(node, { topic: 'prices' }) >= (before[place] ?? 0) + said),
    'all of it is judged',
  )
}

/**
 * Has a peer say the sound statement of a signer after so much else that no node looks at it. With time a peer may say
 * something again, and if that happens to be the statement the next signer has to do.
 */
async function firstUnread(
  stage: Stage,
  { signers, ...junk }: Junk & { readonly signers: readonly TestSigner[] },
): Promise<{ readonly id: string; readonly bytes: Uint8Array }> {
  for (const signer of signers) {
    const attestation = attest(stage.statement(signer), signer)
    const bytes = message([attestation])
    const read = (): number[] => stage.nodes.map((node) => judged(node, { topic: 'prices', codes: ['new'] }))
    const before = read()
    await sayJunk(stage, { ...junk, last: bytes })
    if (read().join() === before.join()) return { id: attestation.id, bytes }
  }
  throw new Error('every statement was looked at')
}
