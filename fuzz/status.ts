import { isDeepStrictEqual } from 'node:util'
import { agreedConstants } from '../src/core/agreed-constants.ts'
import type { Hex } from '../src/core/hex.ts'
import type { NetworkConstants } from '../src/core/network.ts'
import { createSignerSet } from '../src/core/signer-set.ts'
import type { NodeStatus, SignedStatus } from '../src/core/status.ts'
import { shapeStatus } from '../src/gossip/status-shape.ts'
import { decodeStatusMessage, encodeStatusMessage, encodeWireStatus } from '../src/gossip/status-wire.ts'
import { attest, statement, testSigners } from '../test/helpers/statements.ts'
import { PEER_ID } from './addresses.ts'
import { readOrRefuse } from './malformed.ts'
import { type Target, rule } from './target.ts'

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
    const { agent, peerId, constants, sequence, sentAt } = shaped.status
    rule(Number.isSafeInteger(sequence) && Number.isSafeInteger(sentAt), 'numbers are read exactly')
    rule(
      !/[^ -~]/.test([agent, peerId, constants.source, ...constants.pairs].join('')),
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
    ...overrides,
  }
  const signature = attest(statement(), signer).signatures.get(signer.address) ?? new Uint8Array(65)
  return { status: own, signer: signer.address, signature }
}
