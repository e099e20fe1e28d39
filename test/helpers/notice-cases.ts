import { fromHex } from '../../src/core/hex.ts'
import { REPORT_PEERS_LIMIT } from '../../src/core/status.ts'
import type { IgnoreCode, RejectCode } from '../../src/core/verdict.ts'
import {
  REFUSALS_LIMIT,
  REFUSAL_BYTES_LIMIT,
  type WireRefusal,
  decodeRefusalMessage,
  encodeRefusalMessage,
  encodeWireRefusals,
} from '../../src/gossip/refusal-wire.ts'
import type { WireReport } from '../../src/gossip/report-wire.ts'
import { STATUS_AHEAD_MS, STATUS_PAST_MS } from '../../src/gossip/status-judge.ts'
import {
  STATUS_BYTES_LIMIT,
  type WireConstants,
  type WireStatus,
  decodeStatusMessage,
  encodeStatusMessage,
  encodeWireStatus,
} from '../../src/gossip/status-wire.ts'
import { attestCheaply, refusalOf } from './engine-at-work.ts'
import { STRANGER } from './inbox-at-work.ts'
import { UNRECOVERABLE } from './keyed-hash-curve.ts'
import {
  NO_ID,
  type NoticesAtWork,
  REFUSED,
  SELF_INSTANCE,
  signRefusal,
  signRefusalAgain,
  signStatus,
} from './notices-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, price, statement, testSigners } from './statements.ts'

/** A message of one of the topics of notices, and the one verdict that it gets. */
export interface NoticeCase {
  readonly topic: 'status' | 'refusals'
  readonly code: IgnoreCode | RejectCode
  readonly name: string
  readonly bytes: Uint8Array
  /** Who sends it; a peer of a signer when left out. */
  readonly from?: string
  readonly before?: (node: NoticesAtWork) => unknown
  /** How many signatures may be recovered on its account. */
  readonly recoveries?: number
}

const sound = decodeStatusMessage(encodeStatusMessage(signStatus(alice)))
const soundRefusal = decodeRefusalMessage(encodeRefusalMessage([signRefusal(bob)], { network: statement().network }))

const status = (changes: Partial<WireStatus>): Uint8Array => encodeWireStatus({ ...sound, ...changes })
const constants = (changes: Partial<WireConstants>): Uint8Array =>
  status({ constants: { ...sound.constants, ...changes } })
const reporting = (changes: Partial<WireReport>): Uint8Array => status({ report: { ...sound.report, ...changes } })
const refusal = (changes: Partial<WireRefusal>): Uint8Array => {
  return encodeWireRefusals({
    ...soundRefusal,
    refusals: soundRefusal.refusals.map((each) => ({ ...each, ...changes })),
  })
}
const refusals = (...signed: readonly ReturnType<typeof signRefusal>[]): Uint8Array =>
  encodeRefusalMessage(signed, { network: statement().network })

const holdStatement = (node: NoticesAtWork): unknown => node.receive(REFUSED)
const signatures: readonly [RejectCode, Uint8Array][] = [
  ['signature-length', new Uint8Array(64).fill(1)],
  ['signature-v', Uint8Array.from(sound.signature, (byte, index) => (index === 64 ? 29 : byte))],
  ['signature-range', Uint8Array.from(sound.signature, (byte, index) => (index < 32 ? 0 : byte))],
  ['high-s', Uint8Array.from(sound.signature, (byte, index) => (index === 32 ? 0x80 : byte))],
]

const STATUSES: readonly NoticeCase[] = (
  [
    { code: 'oversize', name: 'a byte above the limit', bytes: new Uint8Array(STATUS_BYTES_LIMIT + 1) },
    { code: 'version', name: 'a version to come', bytes: status({ version: 2 }) },
    { code: 'malformed', name: 'a message cut off', bytes: status({}).slice(0, -1) },
    { code: 'wrong-network', name: 'the name of another network', bytes: status({ network: 'another' }) },
    { code: 'bad-peer-id', name: 'a line break', bytes: status({ peerId: 'Qm\nabc' }) },
    { code: 'bad-instance', name: '15 bytes', bytes: status({ instance: new Uint8Array(15) }) },
    { code: 'bad-sequence', name: '2^53', bytes: status({ sequence: 2n ** 53n }) },
    { code: 'bad-time', name: '2^53 ms', bytes: status({ sentAt: 2n ** 53n }) },
    { code: 'bad-agent', name: 'an escape sequence', bytes: status({ agent: '\u001b[2J' }) },
    { code: 'bad-constants', name: 'no pairs', bytes: constants({ pairs: [] }) },
    { code: 'bad-constants', name: 'pairs not in order', bytes: constants({ pairs: ['ETH-USD', 'BTC-USD'] }) },
    { code: 'bad-constants', name: 'a maximum below the minimum', bytes: constants({ minimum: 3, maximum: 2 }) },
    { code: 'bad-constants', name: 'signers and no hash', bytes: constants({ signers: new Uint8Array(32) }) },
    { code: 'bad-uptime', name: '2^53 ms', bytes: reporting({ uptime: 2n ** 53n }) },
    { code: 'bad-peers', name: 'a peer twice', bytes: reporting({ peers: ['Qm', 'Qm'] }) },
    { code: 'bad-clock-offset', name: '−2^53 ms', bytes: reporting({ clockKnown: true, clockOffset: -(2n ** 53n) }) },
    { code: 'bad-clock-offset', name: 'one that is not known', bytes: reporting({ clockOffset: 1n }) },
    {
      code: 'bad-received',
      name: 'an address cut off',
      bytes: reporting({ received: [{ signer: new Uint8Array(19), statements: 1n, signatures: 1n }] }),
    },
    { code: 'bad-outbox', name: '2^53 rows', bytes: reporting({ outbox: 2n ** 53n }) },
    { code: 'bad-last-committed', name: '2^53 ms', bytes: reporting({ lastCommitted: 2n ** 53n }) },
    { code: 'bad-history-root', name: 'zeros', bytes: reporting({ historyRoot: new Uint8Array(32) }) },
    {
      code: 'malformed',
      name: 'more peers than a report names',
      bytes: reporting({ peers: Array.from({ length: REPORT_PEERS_LIMIT + 1 }, (_, index) => `Q${index + 10}`) }),
    },
    ...signatures.map(([code, signature]) => ({
      code,
      name: 'a signature out of shape',
      bytes: status({ signature }),
    })),
    { code: 'unrecoverable', name: 'an r on no point', bytes: status({ signature: UNRECOVERABLE }), recoveries: 1 },
    {
      code: 'stale',
      name: 'said ten minutes ago',
      bytes: encodeStatusMessage(signStatus(alice, { sentAt: OBSERVED_AT - STATUS_PAST_MS - 1 })),
      // It says nothing but what time it is for its signer.
      recoveries: 1,
    },
    {
      code: 'early',
      name: 'said in ten minutes',
      bytes: encodeStatusMessage(signStatus(alice, { sentAt: OBSERVED_AT + STATUS_AHEAD_MS + 1 })),
      // It says nothing but what time it is for its signer.
      recoveries: 1,
    },
    {
      code: 'known',
      name: 'what this node said itself',
      bytes: encodeStatusMessage(signStatus(alice, { instance: SELF_INSTANCE })),
    },
    {
      code: 'known',
      name: 'the same again',
      before: (node) => node.receiveStatus(encodeStatusMessage(signStatus(alice))),
      bytes: encodeStatusMessage(signStatus(alice)),
    },
    {
      code: 'old-status',
      name: 'an older one of the same process',
      before: (node) => node.receiveStatus(encodeStatusMessage(signStatus(alice))),
      bytes: encodeStatusMessage(signStatus(alice, { sequence: OBSERVED_AT - 1 })),
      recoveries: 1,
    },
    {
      code: 'old-status',
      name: 'an older one of another process of the signer',
      before: (node) => node.receiveStatus(encodeStatusMessage(signStatus(alice))),
      bytes: encodeStatusMessage(
        signStatus(alice, { sequence: OBSERVED_AT - 1, instance: `0x${'12'.repeat(16)}`, peerId: 'another' }),
      ),
      recoveries: 1,
    },
    {
      code: 'too-soon',
      name: 'a newer one at once',
      before: (node) => node.receiveStatus(encodeStatusMessage(signStatus(alice))),
      bytes: encodeStatusMessage(signStatus(alice, { sequence: OBSERVED_AT + 1 })),
      recoveries: 1,
    },
    {
      code: 'signer-not-allowed',
      name: 'of a stranger, by somebody else',
      bytes: encodeStatusMessage(signStatus(STRANGER)),
      recoveries: 1,
    },
    {
      code: 'signer-not-allowed',
      name: 'of a stranger, by himself',
      from: 'stranger',
      bytes: encodeStatusMessage(signStatus(STRANGER, { peerId: 'stranger' })),
      recoveries: 1,
    },
  ] satisfies Omit<NoticeCase, 'topic'>[]
).map((each) => Object.assign(each, { topic: 'status' as const }))

const REFUSALS: readonly NoticeCase[] = (
  [
    { code: 'oversize', name: 'a byte above the limit', bytes: new Uint8Array(REFUSAL_BYTES_LIMIT + 1) },
    { code: 'version', name: 'a version to come', bytes: encodeWireRefusals({ ...soundRefusal, version: 2 }) },
    {
      code: 'malformed',
      name: 'too many',
      bytes: encodeWireRefusals({
        ...soundRefusal,
        refusals: Array.from({ length: REFUSALS_LIMIT + 1 }, () => soundRefusal.refusals[0] as WireRefusal),
      }),
    },
    {
      code: 'wrong-network',
      name: 'the name of another network',
      bytes: encodeWireRefusals({ ...soundRefusal, network: 'another' }),
    },
    { code: 'empty', name: 'no refusal', bytes: refusals() },
    { code: 'bad-statement', name: '31 bytes', bytes: refusal({ statement: new Uint8Array(31) }) },
    { code: 'bad-reason', name: 'capitals', bytes: refusal({ reason: 'Because' }) },
    { code: 'bad-price', name: 'a price without a deviation', bytes: refusal({ ownPrice: Uint8Array.of(1) }) },
    { code: 'bad-price', name: 'a deviation without a price', bytes: refusal({ reason: 'deviation' }) },
    { code: 'bad-reference', name: 'a statement without need', bytes: refusal({ signedInstead: NO_ID }) },
    { code: 'bad-reference', name: 'no statement', bytes: refusal({ reason: 'slot-signed' }) },
    {
      code: 'bad-reference',
      name: 'the refused statement itself',
      bytes: refusal({ reason: 'slot-signed', signedInstead: fromHex(REFUSED.id) }),
    },
    { code: 'bad-time', name: '2^53 ms', bytes: refusal({ refusedAt: 2n ** 53n }) },
    ...signatures.map(([code, signature]) => ({
      code,
      name: 'a signature out of shape',
      bytes: refusal({ signature }),
    })),
    {
      code: 'unknown-reason',
      name: 'a reason to come',
      before: holdStatement,
      bytes: refusal({ reason: 'full-moon' }),
    },
    { code: 'unknown-statement', name: 'a statement that is not held', bytes: refusals(signRefusal(bob)) },
    {
      code: 'unrecoverable',
      name: 'an r on no point',
      before: holdStatement,
      bytes: refusal({ signature: UNRECOVERABLE }),
      recoveries: 1,
    },
    {
      code: 'known',
      name: 'the same again',
      async before(node) {
        await holdStatement(node)
        await node.receiveRefusals(refusals(signRefusal(bob)))
      },
      bytes: refusals(signRefusal(bob)),
    },
    {
      code: 'second-refusal',
      name: 'another signature of the same',
      async before(node) {
        await holdStatement(node)
        await node.receiveRefusals(refusals(signRefusal(bob)))
      },
      bytes: refusals(signRefusalAgain(bob)),
      recoveries: 1,
    },
    {
      code: 'second-refusal',
      name: 'another reason',
      async before(node) {
        await holdStatement(node)
        await node.receiveRefusals(refusals(signRefusal(bob)))
      },
      bytes: refusals(signRefusal(bob, { reason: 'disk' })),
      recoveries: 1,
    },
    {
      code: 'second-refusal',
      name: 'by who has signed the statement',
      before: holdStatement,
      bytes: refusals(signRefusal(alice)),
      recoveries: 1,
    },
    {
      code: 'second-refusal',
      name: 'by who signed the statement when its set was closed',
      async before(node) {
        await node.receive(attestCheaply(statement(), alice, carol, dave))
        node.engine.handle({ kind: 'outcome', id: REFUSED.id, outcome: { kind: 'written' } }, node.clock.now())
        await node.receive(attestCheaply(statement({ price: price('1') }), alice))
        await node.receive(attestCheaply(statement(), alice, bob))
      },
      bytes: refusals(signRefusal(bob)),
      recoveries: 1,
    },
    {
      code: 'refusals-full',
      name: 'of a statement that as many have refused as may sign it',
      async before(node) {
        await holdStatement(node)
        for (const signer of testSigners(26).slice(10)) {
          const refused = refusalOf(REFUSED.id, { signer, reason: 'disk' })
          node.engine.handle({ kind: 'refused', refusal: refused }, node.clock.now())
        }
      },
      bytes: refusals(signRefusal(bob)),
    },
    {
      code: 'stale',
      name: 'of a statement that waits for its row beyond its collect window',
      async before(node) {
        await node.receive(attestCheaply(statement(), alice, carol, dave))
        await node.clock.advance(2 * INTERVAL_MS)
      },
      bytes: refusals(signRefusal(bob)),
    },
    {
      code: 'signer-not-allowed',
      name: 'by a stranger',
      before: holdStatement,
      bytes: refusals(signRefusal(STRANGER)),
      recoveries: 1,
    },
  ] satisfies Omit<NoticeCase, 'topic'>[]
).map((each) => Object.assign(each, { topic: 'refusals' as const }))

export const NOTICE_CASES = [...STATUSES, ...REFUSALS]

/** Sound messages, without which a table of faults shows nothing. */
export const SOUND_STATUS = encodeStatusMessage(signStatus(alice))
export const SOUND_REFUSALS = refusals(signRefusal(bob), signRefusal(carol, { reason: 'outside-window' }))
