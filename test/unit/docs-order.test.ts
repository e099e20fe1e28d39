import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex, toHex } from '../../src/core/hex.ts'
import type { SignedRefusal } from '../../src/core/refusal.ts'
import type { PriceStatement, StatementId } from '../../src/core/statement.ts'
import type { NodeStatus } from '../../src/core/status.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { LANE_LIMIT } from '../../src/gossip/inbox.ts'
import {
  type WireRefusal,
  decodeRefusalMessage,
  encodeRefusalMessage,
  encodeWireRefusals,
} from '../../src/gossip/refusal-wire.ts'
import { STATUS_AHEAD_MS, STATUS_PAST_MS } from '../../src/gossip/status-judge.ts'
import type { WireReport } from '../../src/gossip/report-wire.ts'
import {
  type WireStatus,
  decodeStatusMessage,
  encodeStatusMessage,
  encodeWireStatus,
} from '../../src/gossip/status-wire.ts'
import { MESSAGE_BYTES_LIMIT, SIGNATURES_LIMIT, WIRE_VERSION, type WireAttestation } from '../../src/gossip/wire.ts'
import { Document, quoted } from '../helpers/documents.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { type InboxAtWork, STRANGER, createInboxAtWork, message } from '../helpers/inbox-at-work.ts'
import { UNRECOVERABLE } from '../helpers/keyed-hash-curve.ts'
import {
  NO_ID,
  REFUSED,
  SELF_INSTANCE,
  createNoticesAtWork,
  signRefusal,
  signRefusalAgain,
  signStatus,
  status,
} from '../helpers/notices-at-work.ts'
import {
  INTERVAL_MS,
  type TestSigner,
  alice,
  bob,
  carol,
  price,
  statement,
  testSigners,
} from '../helpers/statements.ts'

const protocol = new Document('docs/protocol.md')

/** The codes of a list of checks, item by item. */
function codesOf(list: string): string[][] {
  return protocol.list(`<!-- order:${list} -->`).map(quoted)
}

async function codeOf(node: InboxAtWork, data: Uint8Array): Promise<string> {
  return nameOf(await node.inbox.receive(data))
}

const sound = wireAttestation(attest(statement(), alice))

/** 65 bytes, zero but for these. */
function withBytes(bytes: Readonly<Record<number, number>>): Uint8Array {
  return Object.assign(new Uint8Array(65), bytes)
}

/** A third statement of alice's slot, signed by nobody. */
function third(changes: Partial<PriceStatement> = {}): WireAttestation {
  const wire = wireAttestation(attest(statement({ price: price('2'), ...changes }), alice))
  return { ...wire, signatures: [UNRECOVERABLE] }
}

/** A sound statement of a slot that nobody holds. */
function ofBitcoin(text: string): WireAttestation {
  return wireAttestation(attest(statement({ pair: 'BTC-USD', price: price(text) }), alice))
}

/** With so many one is being judged, and no place is left in its lane. */
const FULL = LANE_LIMIT + 1
/** Grave falsehoods, the fifth of which has its sender expelled before the last is judged. */
const UNTIL_EXPELLED = 6

describe('the order of checks in docs/protocol.md', () => {
  it('of a whole message is that of the code: what fails all that follows has the code of the first', async () => {
    const malformed = new Uint8Array(9).fill(0xff)
    const tooMany = { ...sound, signatures: Array.from({ length: SIGNATURES_LIMIT + 1 }, () => new Uint8Array(65)) }
    const inTurn: readonly { code: string; data: Uint8Array; waiting?: number; most?: number }[] = [
      { code: 'oversize', data: new Uint8Array(MESSAGE_BYTES_LIMIT + 1).fill(0xff), waiting: FULL, most: FULL },
      { code: 'flood', data: malformed, waiting: FULL, most: FULL },
      { code: 'overload', data: malformed, waiting: FULL },
      { code: 'flood', data: malformed, waiting: UNTIL_EXPELLED },
      { code: 'malformed', data: malformed },
      { code: 'version', data: message([tooMany], { version: 2, network: 'another' }) },
      { code: 'malformed', data: message([tooMany], { network: 'another' }) },
      { code: 'wrong-network', data: message([], { network: 'another' }) },
      { code: 'empty', data: message([]) },
    ]
    assert.deepEqual(
      codesOf('message').flat(),
      inTurn.map(({ code }) => code),
    )
    for (const { code, data, waiting = 0, most = Number.MAX_SAFE_INTEGER } of inTurn) {
      const node = createInboxAtWork({}, { limits: { messageBucket: { capacity: most, refillPerSecond: 0 } } })
      for (let i = 0; i < waiting; i++) void node.inbox.receive(message([], { attempt: i }))
      assert.equal(await codeOf(node, data), code)
    }
  })

  it('of the shape is that of the code: mended one by one, the faults come up in that order', async () => {
    const [good = new Uint8Array()] = sound.signatures
    const mends: readonly Partial<WireAttestation>[] = [
      { pair: sound.pair },
      { source: sound.source },
      { price: sound.price },
      { proposer: sound.proposer },
      { observedAt: sound.observedAt },
      { round: sound.round },
      { signatures: Array.from({ length: 17 }, () => new Uint8Array(64)) },
      { signatures: [new Uint8Array(64)] },
      { signatures: [withBytes({ 32: 0xff })] },
      { signatures: [withBytes({ 32: 0xff, 64: 27 })] },
      { signatures: [withBytes({ 0: 1, 32: 0x80, 64: 27 })] },
      { signatures: [good, good] },
      { signatures: [good] },
    ]
    const wire: WireAttestation = {
      pair: '',
      source: '',
      price: new Uint8Array(),
      proposer: new Uint8Array(),
      observedAt: 2n ** 53n,
      round: 0n,
      signatures: [],
    }
    const found: string[] = []
    for (const mend of mends) {
      found.push(await codeOf(createInboxAtWork(), message([wire])))
      Object.assign(wire, mend)
    }
    assert.deepEqual(found, codesOf('shape').flat())
    assert.equal(await codeOf(createInboxAtWork(), message([wire])), 'new')
  })

  it('of one attestation is that of the code: what fails all that follows has the code of the first', async () => {
    const items = codesOf('context')
    const node = createInboxAtWork()
    const quorum = attest(statement(), alice, bob, carol)
    await node.receive(quorum, attest(statement({ price: price('1') }), alice))
    const held = wireAttestation(quorum)
    const [, ofAnother = new Uint8Array()] = held.signatures
    const stranger = fromHex(STRANGER.address)
    const expect = async (item: number, code: string, ...wire: readonly WireAttestation[]): Promise<void> => {
      assert.ok(items[item - 1]?.includes(code), `item ${item} has ${code}`)
      assert.equal(await codeOf(node, message(wire)), code, `item ${item}`)
    }

    await expect(10, 'unrecoverable', { ...third(), pair: 'BTC-USD' })
    await expect(9, 'proposer-signature', { ...held, signatures: [ofAnother, UNRECOVERABLE] })
    await expect(8, 'slot-full', ofBitcoin('1'), ofBitcoin('2'), { ...third({ price: price('3') }), pair: 'BTC-USD' })
    await expect(7, 'slot-full', third())
    await node.clock.advance(2 * INTERVAL_MS)
    await expect(6, 'stale', third())
    await expect(5, 'known', { ...held, signatures: [ofAnother] })
    await expect(4, 'duplicate-statement', held, { ...held, signatures: [ofAnother] })
    await expect(3, 'signer-not-allowed', { ...third(), proposer: stranger })
    await expect(2, 'unknown-source', { ...third({ source: 'kraken' }), proposer: stranger })
    await expect(1, 'unknown-pair', { ...third({ source: 'kraken', pair: 'LTC-USD' }), proposer: stranger })
    assert.equal(items.length, 10)

    const busy = createInboxAtWork()
    spendAll(busy)
    assert.equal(nameOf(await busy.inbox.receive(message([third()]), SENDER)), items[9]?.[0])
  })

  it('of the shape of a status is that of the code: mended one by one, the faults come up in that order', async () => {
    const good = decodeStatusMessage(encodeStatusMessage(signStatus(alice)))
    const { peerId, instance, sequence, sentAt, agent, constants, report, signature } = good
    const mends: readonly Partial<WireStatus>[] = [
      { peerId },
      { instance },
      { sequence },
      { sentAt },
      { agent },
      { constants },
      ...reportsMendedOneByOne(report).map((each) => ({ report: each })),
      ...SIGNATURE_MENDS,
      { signature },
    ]
    const wire: WireStatus = {
      ...good,
      peerId: '',
      instance: NOTHING,
      sequence: 2n ** 53n,
      sentAt: 2n ** 53n,
      agent: '',
      constants: { ...constants, pairs: [] },
      report: WORST_REPORT,
      signature: NOTHING,
    }
    const judge = (): Promise<Verdict> => createNoticesAtWork().receiveStatus(encodeWireStatus(wire))
    assert.deepEqual(await mendedOneByOne(wire, { mends, judge }), codesOf('status-shape').flat())
    assert.equal(nameOf(await judge()), 'new')
  })

  it('of a status is that of the code: mended one by one, the faults come up in that order', async () => {
    const { sentAt, sequence } = status()
    const otherwise = { instance: `0x${'12'.repeat(16)}`, peerId: 'another' } as const
    const inTurn: readonly StatusCase[] = [
      { said: { sentAt: sentAt - STATUS_PAST_MS - 1, instance: SELF_INSTANCE }, forged: true, spent: true },
      { said: { sentAt: sentAt + STATUS_AHEAD_MS + 1_000, instance: SELF_INSTANCE }, forged: true, spent: true },
      { said: { instance: SELF_INSTANCE }, forged: true, spent: true },
      { said: {}, spent: true },
      { said: { ...otherwise, sequence: sequence - 1 }, forged: true, spent: true },
      { said: { ...otherwise, sequence: sequence - 1 }, forged: true },
      { said: otherwise, by: STRANGER, full: true },
      { said: { ...otherwise, peerId: SENDER }, by: STRANGER, full: true },
      { said: otherwise, full: true },
      { said: { ...otherwise, sequence: sequence - 1 }, full: true },
      { said: { ...otherwise, sequence: sequence + 1 }, full: true },
      { said: { ...otherwise, peerId: SENDER }, by: STRANGER },
    ]
    const found: string[] = []
    for (const each of inTurn) found.push(nameOf(await judgeStatus(each)))
    assert.deepEqual(found, codesOf('status-context').flat())
    assert.equal(nameOf(await judgeStatus({ said: otherwise, by: bob })), 'new')
  })

  it('of the shape of a refusal is that of the code: mended one by one, the faults come up in that order', async () => {
    const good = wireRefusal(signRefusal(bob, { reason: 'slot-signed', signedInstead: statementIdOf(NO_ID) }))
    const { statement: refused, reason, refusedAt, signature, ownPrice, signedInstead } = good
    const mends: readonly Partial<WireRefusal>[] = [
      { statement: refused },
      { reason: 'full-moon' },
      { refusedAt },
      ...SIGNATURE_MENDS,
      { signature },
      { reason },
      { ownPrice },
      { signedInstead },
    ]
    const wire: WireRefusal = {
      statement: NOTHING,
      reason: '',
      refusedAt: 2n ** 53n,
      signature: NOTHING,
      ownPrice: Uint8Array.of(1),
      signedInstead: NOTHING,
    }
    const judge = async (): Promise<Verdict> => {
      const node = createNoticesAtWork()
      await node.receive(REFUSED)
      return node.receiveRefusals(refusals(wire))
    }
    assert.deepEqual(await mendedOneByOne(wire, { mends, judge }), codesOf('refusal-shape').flat())
    assert.equal(nameOf(await judge()), 'new')
  })

  it('of a refusal is that of the code: mended one by one, the faults come up in that order', async (t) => {
    const held = wireRefusal(signRefusal(bob))
    const forged = { ...held, signature: UNRECOVERABLE }
    const inTurn: readonly RefusalCase[] = [
      { wire: { ...forged, statement: NO_ID }, spent: true, late: true, crowded: true },
      { wire: held, spent: true, late: true, crowded: true },
      { wire: held, spent: true, crowded: true },
      { wire: forged, spent: true, crowded: true },
      { wire: forged, spent: true },
      { wire: forged },
      { wire: wireRefusal(signRefusal(STRANGER)), full: true },
      { wire: wireRefusal(signRefusalAgain(bob)), full: true },
      { wire: wireRefusal(signRefusal(carol)), full: true },
    ]
    const found: string[] = []
    for (const { wire, late, spent, crowded, full } of inTurn) {
      const node = createNoticesAtWork()
      await node.receive(REFUSED)
      await node.receiveRefusals(refusals(held))
      if (late) await node.clock.advance(2 * INTERVAL_MS)
      if (spent) spendAll(node)
      if (crowded) t.mock.method(node.engine.pool, 'roomForRefusals', () => 0)
      if (full) t.mock.method(node.engine.pool, 'takesSigner', () => false)
      found.push(nameOf(await node.receiveRefusals(refusals(wire), SENDER)))
    }
    assert.deepEqual(found, codesOf('refusal-context').flat())
  })
})

const NOTHING = new Uint8Array()
const WORST_REPORT: WireReport = {
  uptime: 2n ** 53n,
  peers: [''],
  clockKnown: false,
  clockOffset: 1n,
  received: [{ signer: NOTHING, statements: 0n, signatures: 0n }],
  outbox: 2n ** 53n,
  lastCommitted: 2n ** 53n,
  historyRoot: new Uint8Array(1),
}

/** The worst report, with more and more of it sound. */
function reportsMendedOneByOne(good: WireReport): WireReport[] {
  const { uptime, peers, clockOffset, received, outbox, lastCommitted, historyRoot } = good
  const mends = [{ uptime }, { peers }, { clockOffset }, { received }, { outbox }, { lastCommitted }, { historyRoot }]
  let report = WORST_REPORT
  return mends.map((mend) => (report = { ...report, ...mend }))
}

/** Nobody vouches for it. */
const SENDER = 'stranger'
/** Of a signature of no bytes: what is false next, each time. */
const SIGNATURE_MENDS = [{ 32: 0xff }, { 32: 0xff, 64: 27 }, { 0: 1, 32: 0x80, 64: 27 }].map((bytes) => ({
  signature: withBytes(bytes),
}))

function nameOf(verdict: Verdict): string {
  return verdict.kind === 'accept' ? 'new' : verdict.code
}

/** The codes that `wire` gets, before each of the mends. */
async function mendedOneByOne<Wire extends object>(
  wire: Wire,
  { mends, judge }: { readonly mends: readonly Partial<Wire>[]; readonly judge: () => Promise<Verdict> },
): Promise<string[]> {
  const found: string[] = []
  for (const mend of mends) {
    found.push(nameOf(await judge()))
    Object.assign(wire, mend)
  }
  return found
}

/** Uses up the time for verifying what peers send that nobody vouches for. */
function spendAll({ standing, clock }: InboxAtWork): void {
  standing.senderOf(SENDER).budget.spend(() => clock.compute(500))
}

interface RefusalCase {
  readonly wire: WireRefusal
  /** The collect window of the statement has ended. */
  readonly late?: boolean
  /** As many have refused the statement as may sign it. */
  readonly crowded?: boolean
  /** There is no time to verify it. */
  readonly spent?: boolean
  /** There is no place left in the round. */
  readonly full?: boolean
}

interface StatusCase {
  readonly said: Partial<NodeStatus>
  readonly by?: TestSigner
  /** Its signature is nobody's. */
  readonly forged?: boolean
  /** There is no time to verify it. */
  readonly spent?: boolean
  /** There is no place for the status of another signer that is not allowed. */
  readonly full?: boolean
}

/** What becomes of a status where one of alice was heard just now. */
async function judgeStatus({ said, by = alice, forged, spent, full }: StatusCase): Promise<Verdict> {
  const node = createNoticesAtWork()
  await node.receiveStatus(encodeStatusMessage(signStatus(alice)))
  for (const signer of full ? testSigners(STRANGERS_FULL).slice(-64) : []) {
    await node.receiveStatus(encodeStatusMessage(signStatus(signer, { peerId: signer.address })), signer.address)
  }
  if (spent) spendAll(node)
  const wire = decodeStatusMessage(encodeStatusMessage(signStatus(by, said)))
  return node.receiveStatus(encodeWireStatus(forged ? { ...wire, signature: UNRECOVERABLE } : wire), SENDER)
}

/** Signers up to the 64th after {@link STRANGER}. */
const STRANGERS_FULL = 9 + 64

function wireRefusal(signed: SignedRefusal): WireRefusal {
  const { network } = signed.refusal
  return decodeRefusalMessage(encodeRefusalMessage([signed], { network })).refusals[0] ?? assert.fail('there is one')
}

function refusals(wire: WireRefusal): Uint8Array {
  return encodeWireRefusals({ version: WIRE_VERSION, network: statement().network, attempt: 0, refusals: [wire] })
}

function statementIdOf(bytes: Uint8Array): StatementId {
  return toHex(bytes) as StatementId
}
