import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Address } from '../../src/core/address.ts'
import { toHex } from '../../src/core/hex.ts'
import { DEVIATION_SCALE } from '../../src/core/network.ts'
import type { WireReceived, WireReport } from '../../src/gossip/report-wire.ts'
import { statusTopicName } from '../../src/gossip/topic-name.ts'
import { type StatusFault, shapeStatus } from '../../src/gossip/status-shape.ts'
import {
  STATUS_BYTES_LIMIT,
  type WireConstants,
  type WireStatus,
  decodeStatusMessage,
  encodeStatusMessage,
} from '../../src/gossip/status-wire.ts'
import { FIRST_REPORT, anyStatus, constants, noticeSigner, report, status } from '../helpers/signed-notices.ts'
import { alice } from '../helpers/statements.ts'

const signer = noticeSigner(alice)
const signed = signer.signStatus(status())
const sound = decodeStatusMessage(encodeStatusMessage(signed))
const { network } = status().constants

const TOO_LARGE = BigInt(Number.MAX_SAFE_INTEGER) + 1n
/** docs/protocol.md says so. */
const LONGEST_BYTES = 6_274
const HASH = new Uint8Array(32).fill(7)

function shapeOf(changes: Partial<WireStatus>) {
  return shapeStatus({ ...sound, ...changes }, { network })
}

function withByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  return Uint8Array.from(bytes).fill(value, index, index + 1)
}

describe('a status in shape', () => {
  it('is the status that was sent, and its signature', () => {
    fc.assert(
      fc.property(anyStatus, (said) => {
        const message = encodeStatusMessage({ ...signed, status: said })
        const shaped = shapeStatus(decodeStatusMessage(message), { network: said.constants.network })
        assert.deepEqual(shaped, { status: said, signature: signed.signature })
      }),
    )
  })

  it('fits into a message, however long its texts and lists are', () => {
    const pairs = Array.from({ length: 64 }, (_, index) => `${'A'.repeat(14)}${index + 10}-${'U'.repeat(16)}`)
    const longest = status({
      peerId: 'Q'.repeat(128),
      sequence: Number.MAX_SAFE_INTEGER,
      sentAt: Number.MAX_SAFE_INTEGER,
      agent: 'a'.repeat(64),
      report: report({
        uptimeMs: Number.MAX_SAFE_INTEGER,
        peers: Array.from({ length: 32 }, (_, index) => `${index + 10}${'Q'.repeat(62)}`),
        clockOffsetMs: -Number.MAX_SAFE_INTEGER,
        received: Array.from({ length: 32 }, (_, index) => ({
          signer: toHex(new Uint8Array(20).fill(0xe0 + index)) as Address,
          statements: Number.MAX_SAFE_INTEGER,
          signatures: Number.MAX_SAFE_INTEGER,
        })),
        outbox: Number.MAX_SAFE_INTEGER,
        lastCommittedAtMs: Number.MAX_SAFE_INTEGER,
      }),
      constants: constants({
        network: 'n'.repeat(64),
        pairs,
        source: 's'.repeat(64),
        intervalMs: Number.MAX_SAFE_INTEGER,
        quietPeriodMs: Number.MAX_SAFE_INTEGER,
        maxDeviation: DEVIATION_SCALE,
        signerCount: 65_535,
      }),
    })
    const message = encodeStatusMessage({ ...signed, status: longest })
    assert.equal(message.length, LONGEST_BYTES)
    assert.ok(message.length <= STATUS_BYTES_LIMIT)
    const shaped = shapeStatus(decodeStatusMessage(message), { network: 'n'.repeat(64) })
    assert.deepEqual(shaped, { status: longest, signature: signed.signature })
  })
})

const faults: Readonly<Record<string, readonly [Partial<WireStatus>, StatusFault]>> = {
  'no peer id': [{ peerId: '' }, 'bad-peer-id'],
  'a peer id of 129 characters': [{ peerId: 'Q'.repeat(129) }, 'bad-peer-id'],
  'a peer id with a line break': [{ peerId: 'Qm\n' }, 'bad-peer-id'],
  'an instance of 15 bytes': [{ instance: new Uint8Array(15) }, 'bad-instance'],
  'an instance of 17 bytes': [{ instance: new Uint8Array(17) }, 'bad-instance'],
  'a sequence above 2^53 − 1': [{ sequence: TOO_LARGE }, 'bad-sequence'],
  'a time above 2^53 − 1': [{ sentAt: TOO_LARGE }, 'bad-time'],
  'no agent': [{ agent: '' }, 'bad-agent'],
  'an agent of 65 characters': [{ agent: 'a'.repeat(65) }, 'bad-agent'],
  'an agent with an escape': [{ agent: 'a\u001b[31m' }, 'bad-agent'],
  'an agent with a line break at its end': [{ agent: 'a\n' }, 'bad-agent'],
  'an agent with a letter beyond ASCII': [{ agent: 'é' }, 'bad-agent'],
  'a signature of 64 bytes': [{ signature: new Uint8Array(64) }, 'signature-length'],
  'a signature with v 29': [{ signature: withByte(sound.signature, 64, 29) }, 'signature-v'],
  'a signature with r 0': [{ signature: Uint8Array.from(sound.signature).fill(0, 0, 32) }, 'signature-range'],
  'a signature with s in the upper half': [{ signature: withByte(sound.signature, 32, 0x80) }, 'high-s'],
}

const faultyConstants: Readonly<Record<string, Partial<WireConstants>>> = {
  'no pair': { pairs: [] },
  'a pair that is none': { pairs: ['eth-usd'] },
  'pairs out of order': { pairs: ['ETH-USD', 'BTC-USD'] },
  'a pair twice': { pairs: ['ETH-USD', 'ETH-USD'] },
  '65 pairs': { pairs: Array.from({ length: 65 }, (_, index) => `A${index + 10}-USD`) },
  'a source that is no name': { source: '-' },
  'an interval of 0': { interval: 0n },
  'an interval above 2^53 − 1': { interval: TOO_LARGE },
  'a quiet period of 0': { quietPeriod: 0n },
  'a quiet period above 2^53 − 1': { quietPeriod: TOO_LARGE },
  'a minimum of 0': { minimum: 0 },
  'a minimum above the maximum': { minimum: 17 },
  'a maximum of 65': { maximum: 65 },
  'a deviation above 100 %': { deviation: DEVIATION_SCALE + 1n },
  'more signers than 2 bytes count': { signerCount: 65_536 },
  'a signer set hash of 31 bytes': { signers: HASH.subarray(1) },
  'a signer set hash of 33 bytes': { signers: new Uint8Array(33).fill(7) },
  'signers without a hash': { signers: new Uint8Array(32) },
  'a hash without signers': { signerCount: 0 },
}

/** Two signers, of whom something came. */
const ONE: WireReceived = { signer: new Uint8Array(20).fill(1), statements: 1n, signatures: 0n }
const TWO: WireReceived = { signer: new Uint8Array(20).fill(2), statements: 0n, signatures: 1n }

const faultyReports: Readonly<Record<string, readonly [Partial<WireReport>, StatusFault]>> = {
  'up for longer than 2^53 − 1 ms': [{ uptime: TOO_LARGE }, 'bad-uptime'],
  'a peer without a name': [{ peers: [''] }, 'bad-peers'],
  'a peer of 65 characters': [{ peers: ['Q'.repeat(65)] }, 'bad-peers'],
  'a peer with a line break': [{ peers: ['Qm\n'] }, 'bad-peers'],
  'peers out of order': [{ peers: ['Qn', 'Qm'] }, 'bad-peers'],
  'a peer twice': [{ peers: ['Qm', 'Qm'] }, 'bad-peers'],
  'a clock ahead by more than 2^53 − 1 ms': [{ clockOffset: TOO_LARGE }, 'bad-clock-offset'],
  'a clock behind by more than 2^53 − 1 ms': [{ clockOffset: -TOO_LARGE }, 'bad-clock-offset'],
  'an offset that is not known, and is there': [{ clockKnown: false, clockOffset: 1n }, 'bad-clock-offset'],
  'a signer of 19 bytes': [{ received: [{ ...ONE, signer: new Uint8Array(19).fill(1) }] }, 'bad-received'],
  'a signer of 21 bytes': [{ received: [{ ...ONE, signer: new Uint8Array(21).fill(1) }] }, 'bad-received'],
  'more statements than 2^53 − 1': [{ received: [{ ...ONE, statements: TOO_LARGE }] }, 'bad-received'],
  'more signatures than 2^53 − 1': [{ received: [{ ...ONE, signatures: TOO_LARGE }] }, 'bad-received'],
  'a signer of whom nothing came': [{ received: [ONE, { ...TWO, signatures: 0n }] }, 'bad-received'],
  'signers out of order': [{ received: [TWO, ONE] }, 'bad-received'],
  'a signer twice': [{ received: [ONE, { ...TWO, signer: ONE.signer }] }, 'bad-received'],
  'more rows owed than 2^53 − 1': [{ outbox: TOO_LARGE }, 'bad-outbox'],
  'a row observed after 2^53 − 1 ms': [{ lastCommitted: TOO_LARGE }, 'bad-last-committed'],
  'a root of 31 bytes': [{ historyRoot: HASH.subarray(1) }, 'bad-history-root'],
  'a root of 33 bytes': [{ historyRoot: new Uint8Array(33).fill(7) }, 'bad-history-root'],
  'a root of zeros, which is hashed where there is none': [{ historyRoot: new Uint8Array(32) }, 'bad-history-root'],
}

describe('a report in shape', () => {
  it('may say that it knows nothing', () => {
    const nothing: WireReport = {
      uptime: 0n,
      peers: [],
      clockKnown: false,
      clockOffset: 0n,
      received: [],
      outbox: 0n,
      lastCommitted: 0n,
      historyRoot: new Uint8Array(),
    }
    const shaped = shapeOf({ report: nothing })
    assert.ok('status' in shaped)
    assert.deepEqual(shaped.status.report, FIRST_REPORT)
  })

  it('tells a clock that is right from one of which nothing is known', () => {
    const shaped = shapeOf({ report: { ...sound.report, clockKnown: true, clockOffset: 0n } })
    assert.equal('status' in shaped && shaped.status.report.clockOffsetMs, 0)
  })
})

describe('a status out of shape', () => {
  for (const [name, [changes, fault]] of Object.entries(faults)) {
    it(`is ${fault}: ${name}`, () => {
      assert.deepEqual(shapeOf(changes), { fault })
    })
  }

  for (const [name, changes] of Object.entries(faultyConstants)) {
    it(`is bad-constants: ${name}`, () => {
      assert.deepEqual(shapeOf({ constants: { ...sound.constants, ...changes } }), { fault: 'bad-constants' })
    })
  }

  for (const [name, [changes, fault]] of Object.entries(faultyReports)) {
    it(`is ${fault}: ${name}`, () => {
      assert.deepEqual(shapeOf({ report: { ...sound.report, ...changes } }), { fault })
    })
  }

  it('has the code of its first fault', () => {
    const order = ['peerId', 'instance', 'sequence', 'sentAt', 'agent', 'constants', 'report', 'signature'] as const
    const worst: Pick<WireStatus, (typeof order)[number]> = {
      peerId: '',
      instance: new Uint8Array(),
      sequence: TOO_LARGE,
      sentAt: TOO_LARGE,
      agent: '',
      constants: { ...sound.constants, pairs: [] },
      report: { ...sound.report, uptime: TOO_LARGE },
      signature: new Uint8Array(),
    }
    const codes = order.map((_, mended) => {
      const rest = order.slice(mended).map((key) => [key, worst[key]])
      const shaped = shapeOf(Object.fromEntries(rest) as Partial<WireStatus>)
      return 'fault' in shaped ? shaped.fault : undefined
    })
    assert.deepEqual(codes, [
      'bad-peer-id',
      'bad-instance',
      'bad-sequence',
      'bad-time',
      'bad-agent',
      'bad-constants',
      'bad-uptime',
      'signature-length',
    ])
  })
})

describe('the topic of status', () => {
  it('is below that of statements', () => {
    assert.equal(statusTopicName('test-network'), '/gossip-price/1/test-network/status')
  })
})
