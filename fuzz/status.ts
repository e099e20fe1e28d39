import { isDeepStrictEqual } from 'node:util'
import { agreedConstants } from '../src/core/agreed-constants.ts'
import type { Hex } from '../src/core/hex.ts'
import type { NetworkConstants } from '../src/core/network.ts'
import { createSignerSet } from '../src/core/signer-set.ts'
import type { NodeStatus, SignedStatus } from '../src/core/status.ts'
import { createStatusDigest } from '../src/core/typed-data.ts'
import { shapeStatus } from '../src/gossip/status-shape.ts'
import { decodeStatusMessage, encodeStatusMessage, encodeWireStatus } from '../src/gossip/status-wire.ts'
import { report } from '../test/helpers/signed-notices.ts'
import { attest, statement, testSigners } from '../test/helpers/statements.ts'
import { PEER_ID } from './addresses.ts'
import { readOrRefuse } from './malformed.ts'
import { type Target, rule } from './target.ts'

const digestOf = createStatusDigest()

const OPEN: NetworkConstants = {
  network: statement().network,
  pairs: ['ETH-USD'],
  source: 'coinbase',
  intervalMs: 600_000,
  quietPeriodMs: 30_000,
  minimumSigners: 3,
  maximumSigners: 16,
  maxDeviation: 10_000_000n,
  signers: createSignerSet([]),
}

const FULL = report({
  peers: Array.from({ length: 32 }, (_, index) => `12D3KooW${index + 10}`),
  received: testSigners(32)
    .map(({ address }) => ({ signer: address, statements: Number.MAX_SAFE_INTEGER, signatures: 1 }))
    .toSorted((a, b) => (a.signer < b.signer ? -1 : 1)),
  clockOffsetMs: undefined,
  lastCommittedAtMs: undefined,
  historyRoot: undefined,
})

export const status: Target = {
  name: 'status',
  about: 'messages of status: bytes and shape',
  share: 11,
  form: 'protobuf',
  seeds() {
    const entries = testSigners(7).map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
    const pairs = Array.from({ length: 60 }, (_, index) => `A${index}-USD`)
    return [
      signed({}, OPEN),
      signed({ report: FULL }, OPEN),
      signed({ sequence: 0, sentAt: Number.MAX_SAFE_INTEGER }, { ...OPEN, signers: createSignerSet(entries) }),
      signed({ agent: 'another implementation/2.0 (beta)' }, { ...OPEN, pairs, maxDeviation: 0n }),
    ].map(encodeStatusMessage)
  },
  open: () => (input) => {
    const wire = readOrRefuse(() => decodeStatusMessage(input))
    if (wire === undefined) return 'malformed'
    rule(
      isDeepStrictEqual(decodeStatusMessage(encodeWireStatus(wire)), wire),
      'what was read is written so that it is read the same',
    )
    const { network } = wire
    const shaped = shapeStatus(wire, { network })
    if ('fault' in shaped) return shaped.fault
    const [signer] = testSigners(1)
    rule(signer !== undefined, 'there is a signer')
    const again = decodeStatusMessage(encodeStatusMessage({ ...shaped, signer: signer.address }))
    rule(isDeepStrictEqual(shapeStatus(again, { network }), shaped), 'a status is written so that it is read the same')
    const { agent, peerId, constants, sequence, sentAt, report: told } = shaped.status
    const counts = told.received.flatMap(({ statements, signatures }) => [statements, signatures])
    const numbers = [sequence, sentAt, told.uptimeMs, told.clockOffsetMs ?? 0, told.outbox, told.lastCommittedAtMs ?? 0]
    rule([...numbers, ...counts].every(Number.isSafeInteger), 'numbers are read exactly')
    rule(told.peers.length <= 32 && told.received.length <= 32, 'no list in it is longer than it may be')
    rule(
      [told.peers, told.received.map(({ signer: from }) => from)].every((texts) =>
        isDeepStrictEqual(texts, [...new Set(texts)].toSorted()),
      ),
      'its lists are in order, and hold nothing twice',
    )
    digestOf(shaped.status)
    rule(
      !/[^ -~]/.test([agent, peerId, constants.source, ...constants.pairs, ...told.peers].join('')),
      'every text in it is safe to print',
    )
    return 'in shape'
  },
}

function signed(overrides: Partial<NodeStatus>, constants: NetworkConstants): SignedStatus {
  const [signer] = testSigners(1)
  rule(signer !== undefined, 'there is a signer')
  const own: NodeStatus = {
    peerId: PEER_ID,
    instance: `0x${'a5'.repeat(16)}` satisfies Hex,
    sequence: 7,
    sentAt: Date.UTC(2025, 0, 1),
    agent: 'gossip-price/0.1.0',
    constants: agreedConstants(constants),
    report: report(),
    ...overrides,
  }
  const signature = attest(statement(), signer).signatures.get(signer.address) ?? new Uint8Array(65)
  return { status: own, signer: signer.address, signature }
}
