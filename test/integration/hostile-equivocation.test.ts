import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Equivocation, equivocationFault } from '../../src/core/equivocation.ts'
import { toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { decodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { parseEvidence } from '../../src/store/evidence-file.ts'
import { evidenceDirectory, evidenceNames } from '../../src/store/evidence-folder.ts'
import { type HonestNode, type Stage, TOPICS, judged, openStage, takeErrors } from '../helpers/hostile-stage.ts'
import { message } from '../helpers/inbox-at-work.ts'
import { query } from '../helpers/postgres-server.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { alice, attest, bob, carol, digest, price, testSigners } from '../helpers/statements.ts'

const QUIET_MS = 1_000
/** Not what honest nodes see: they do not sign it. */
const ELSEWHERE = price('2500')
/** As close to what honest nodes see as may be. */
const NEARBY = price('3021.5')

/** What a node keeps on its disk against dishonest signers. */
async function evidenceOf({ dataDir }: HonestNode): Promise<Equivocation[]> {
  const directory = evidenceDirectory(dataDir)
  const names = await evidenceNames(directory)
  return Promise.all(names.map(async (name) => parseEvidence(await readFile(join(directory, name), 'utf8'))))
}

/** Every node gets proof against `signers` of having signed both statements, and has said so once. */
async function assertExposed(
  { network, nodes }: Stage,
  { signers, ids }: { readonly signers: readonly string[]; readonly ids: readonly string[] },
): Promise<void> {
  for (const node of nodes) {
    // The disk may take longer than the network.
    const evidence = await network.until(async () => {
      const proofs = await evidenceOf(node)
      return proofs.length >= signers.length && proofs
    }, `${node.name} has proof`)
    for (const proof of evidence) {
      assert.equal(equivocationFault({ curve: nobleSecp256k1, digest }, proof), undefined)
      assert.deepEqual(
        proof.statements.map(({ id }) => id),
        ids.toSorted(),
      )
    }
    assert.deepEqual(evidence.map(({ signer }) => signer).toSorted(), signers.toSorted(), node.name)
    const lines = takeErrors(node, /^equivocation: /)
    assert.equal(lines.length, signers.length, node.name)
    for (const signer of signers) assert.ok(lines.some((line) => line.startsWith(`equivocation: ${signer} `)))
    assert.equal(node.counters.value('gp_equivocations_total'), signers.length)
  }
}

describe('a signer that makes two statements of a slot', { timeout: 480_000 }, () => {
  it('is shown up by every node, and nobody signs either', async (t) => {
    const stage = await openStage(t, { intervalMs: roundThatLasts() * 1_000 })
    const { network, nodes, rawPeer } = stage
    const peer = await rawPeer({ topics: [TOPICS.prices, TOPICS.refusals] })
    const pair = [attest(stage.statement(alice), alice), attest(stage.statement(alice, { price: NEARBY }), alice)]
    await peer.say(message(pair))

    // Who hears them by several ways hears them several times.
    const refusals = (): Map<string, string> =>
      new Map(
        peer
          .heardOn(TOPICS.refusals)
          .flatMap((bytes) => decodeRefusalMessage(bytes).refusals)
          .map(({ statement, reason, signature }) => [toHex(signature), `${toHex(statement)} ${reason}`]),
      )
    await network.until(() => refusals().size === 2 * nodes.length, 'all nodes refuse both')
    assert.deepEqual(new Set(refusals().values()), new Set(pair.map(({ id }) => `${id} slot-contested`)))
    const ids = pair.map(({ id }) => id)
    await assertExposed(stage, { signers: [alice.address], ids })
    for (const { logger } of nodes) {
      assert.ok(
        !logger.lines.some(({ message: line, facts }) => line.startsWith('co-signed') && isOneOf(ids, facts['id'])),
      )
    }

    // Nor what comes once one of them is known.
    const later = attest(stage.statement(bob), bob)
    const rival = attest(stage.statement(bob, { price: NEARBY }), bob)
    await peer.say(message([later]))
    await network.until(
      () =>
        nodes.every(({ logger }) =>
          logger.lines.some(({ message: line, facts }) => line.startsWith('committed') && facts['id'] === later.id),
        ),
      'what is alone in its slot is committed',
    )
    await peer.say(message([rival]))
    await network.until(
      async () => (await Promise.all(nodes.map(evidenceOf))).every((proofs) => proofs.length === 2),
      'every node has a second proof',
    )
    const rows = await tableRows(stage.databaseUrl)
    await Promise.all(rows.map(prove))
    assert.deepEqual(
      rows.filter(({ proposer }) => !stage.isHonest(proposer)).map(({ id }) => id),
      [later.id],
    )
    for (const node of nodes) assert.equal(takeErrors(node, /^equivocation: /).length, 1)
  })

  it('disputes it with a quorum of its like: one is a row, the other is evidence, and no view has either', async (t) => {
    const stage = await openStage(t, { intervalMs: roundThatLasts() * 1_000 })
    const { network, nodes, rawPeer, databaseUrl } = stage
    const peer = await rawPeer()
    const liars = [alice, bob, carol]
    const pair = [ELSEWHERE, price('2501')].map((each) => attest(stage.statement(alice, { price: each }), ...liars))
    for (const one of pair) await peer.say(message([one]))

    const equivocations = (): Promise<{ readonly id: string }[]> => query(databaseUrl, 'SELECT id FROM equivocations')
    await network.until(async () => (await equivocations()).length > 0, 'one of them disputes the slot')
    await network.until(
      () => nodes.every((node) => pair.every((one) => isSettled(node, one))),
      'both are settled everywhere',
    )

    const rows = await tableRows(databaseUrl)
    await Promise.all(rows.map(prove))
    const ids = pair.map(({ id }) => id)
    const [inTable, ...others] = rows.filter(({ proposer }) => proposer === alice.address)
    assert.deepEqual(others, [])
    const [beside, ...more] = await equivocations()
    assert.deepEqual(more, [])
    assert.deepEqual(new Set([inTable?.id, beside?.id]), new Set<string | undefined>(ids))
    const shown = await query<{ id: string }>(databaseUrl, 'SELECT id FROM undisputed_prices')
    assert.deepEqual(
      shown.map(({ id }) => id).filter((id) => isOneOf(ids, id)),
      [],
    )
    assert.equal(shown.length, rows.length - 1)
    await assertExposed(stage, { signers: liars.map(({ address }) => address), ids })
    for (const node of nodes) {
      assert.equal(takeErrors(node, /^disputed slot: /).length, 1)
      assert.ok(node.line('warn', /^with 7 signers and a quorum of 3, one dishonest proposer can bring two statements/))
    }
  })
})

describe('signers that drip their signatures', { timeout: 480_000 }, () => {
  it('put off the row by no more than two quiet periods', async (t) => {
    const signers = testSigners(60)
    const [proposer = alice, second = bob, third = carol, ...others] = signers
    const stage = await openStage(t, {
      intervalMs: roundThatLasts() * 1_000,
      insiders: signers,
      env: { GP_MAXIMUMSIGNERCOUNT: '64' },
    })
    const { nodes, network, databaseUrl, rawPeer } = stage
    const peer = await rawPeer()
    const statement = stage.statement(proposer, { price: ELSEWHERE })
    await peer.say(message([attest(statement, proposer, second, third)]))
    const id = digest(statement)
    const row = async () => (await tableRows(databaseUrl)).find((each) => each.id === id)
    let dripped = 0
    for (const signer of others) {
      await pause(QUIET_MS / 2)
      if ((await row()) !== undefined) break
      const before = nodes.map((node) => judged(node, { topic: 'prices' }))
      await peer.say(message([attest(statement, proposer, signer)]))
      await network.until(
        () => nodes.every((node, place) => judged(node, { topic: 'prices' }) > (before[place] ?? 0)),
        'it is heard',
      )
      dripped += 1
    }
    const committed = await row()
    assert.ok(committed, 'it is committed while signatures still come')
    assert.ok(dripped < others.length)
    await prove(committed)
  })
})

function isSettled({ logger }: HonestNode, { id }: Attestation): boolean {
  return logger.lines.some(({ message: line, facts }) => facts['id'] === id && /^(committed|disputed): /.test(line))
}

function isOneOf(ids: readonly string[], id: unknown): boolean {
  return ids.some((each) => each === id)
}
