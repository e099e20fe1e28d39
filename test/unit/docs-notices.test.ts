import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { signerSetHash } from '../../src/core/agreed-constants.ts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { REFUSAL_REASONS } from '../../src/core/refusal.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Address } from '../../src/core/address.ts'
import type { ReceivedCount } from '../../src/core/status.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { REFUSAL_TYPES, STATUS_TYPES, domainSalt } from '../../src/core/typed-data.ts'
import { encodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { encodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { refusalTopicName, statusTopicName } from '../../src/gossip/topic-name.ts'
import { Document, textOf, unquoted } from '../helpers/documents.ts'
import { constants, noticeSigner, refusal, report, status } from '../helpers/signed-notices.ts'
import { price, testSigner, testSigners } from '../helpers/statements.ts'

const protocol = new Document('docs/protocol.md')

const keccak = (...parts: readonly Uint8Array[]): Uint8Array => keccak_256(Buffer.concat(parts))
const text = (value: string): Uint8Array => keccak(Buffer.from(value))
const word = (value: bigint | number): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

/** The values of a table of two columns, by name. */
function valuesOf(mark: string): (name: string) => string {
  const values = new Map(protocol.table(mark).map(([name = '', value]) => [name, unquoted(value)]))
  return (name) => values.get(name) ?? assert.fail(`the example has ${name}`)
}

function hashesOf(mark: string): string[] {
  return protocol.table(mark).map(([, value]) => unquoted(value))
}

function bytesOf(mark: string): string {
  const lines = protocol.block(mark).split('\n')
  return `0x${lines.map((line) => line.replace(/ {2}.*$/, '').replaceAll(' ', '')).join('')}`
}

function typeText(name: string, members: readonly { readonly name: string; readonly type: string }[]): string {
  return `${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`
}

const CONSTANTS = typeText('Constants', STATUS_TYPES.Constants)
const RECEIVED = typeText('Received', STATUS_TYPES.Received)
const REPORT = typeText('Report', STATUS_TYPES.Report)
const domain = keccak(
  text('EIP712Domain(string name,string version,bytes32 salt)'),
  text('gossip-price'),
  text('1'),
  domainSalt('vectors'),
)

function readReceived(written: string): ReceivedCount {
  const [signer = '', statements, signatures] = written.split(' ')
  return {
    signer: toHex(fromHex(signer)) as Address,
    statements: Number(statements),
    signatures: Number(signatures),
  }
}

describe('the example of a status in docs/protocol.md', () => {
  const member = valuesOf('<!-- example:status -->')
  const said = status({
    peerId: member('peerId'),
    instance: toHex(fromHex(member('instance'))),
    sequence: Number(member('sequence')),
    sentAt: Number(member('sentAt')),
    agent: member('agent'),
    constants: constants({
      network: member('network'),
      pairs: member('pairs').split(','),
      source: member('source'),
      intervalMs: Number(member('interval')),
      quietPeriodMs: Number(member('quietPeriod')),
      minimumSigners: Number(member('minimum')),
      maximumSigners: Number(member('maximum')),
      maxDeviation: BigInt(member('deviation')),
      signerCount: Number(member('signerCount')),
      signersHash: toHex(fromHex(member('signers'))),
    }),
    report: report({
      uptimeMs: Number(member('uptime')),
      peers: member('peers').split(','),
      clockOffsetMs: Number(member('clockOffset')),
      received: member('received').split(', ').map(readReceived),
      outbox: Number(member('outbox')),
      lastCommittedAtMs: Number(member('lastCommitted')),
      historyRoot: toHex(fromHex(member('historyRoot'))),
    }),
  })
  const signed = noticeSigner(testSigner(1)).signStatus(said)
  const message = encodeStatusMessage(signed)

  it('has the signer set of the first four keys of the vectors', () => {
    const entries = testSigners(4).map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
    assert.equal(member('signers'), signerSetHash(createSignerSet(entries)))
  })

  it('has the hashes on the way to the digest, computed one by one, and the signature', () => {
    const agreed = said.constants
    const type = text(CONSTANTS)
    const hashed = keccak(
      type,
      text(agreed.network),
      keccak(...agreed.pairs.map(text)),
      text(agreed.source),
      ...[agreed.intervalMs, agreed.quietPeriodMs, agreed.minimumSigners, agreed.maximumSigners].map(word),
      ...[agreed.maxDeviation, agreed.signerCount].map(word),
      fromHex(agreed.signersHash),
    )
    const told = said.report
    const receivedType = text(RECEIVED)
    const received = told.received.map(({ signer, statements, signatures }) =>
      keccak(receivedType, word(BigInt(signer)), word(statements), word(signatures)),
    )
    const reportType = text(REPORT + RECEIVED)
    const reported = keccak(
      reportType,
      word(told.uptimeMs),
      keccak(...told.peers.map(text)),
      word(1),
      word(2n ** 256n + BigInt(told.clockOffsetMs ?? 0)),
      keccak(...received),
      word(told.outbox),
      word(told.lastCommittedAtMs ?? 0),
      fromHex(told.historyRoot ?? '0x'),
    )
    const statusType = text(typeText('Status', STATUS_TYPES.Status) + CONSTANTS + RECEIVED + REPORT)
    const instance = Buffer.concat([fromHex(said.instance), new Uint8Array(16)])
    const numbers = [said.sequence, said.sentAt].map(word)
    const content = keccak(statusType, text(said.peerId), instance, ...numbers, text(said.agent), hashed, reported)
    const digest = keccak(Buffer.from([0x19, 0x01]), domain, content)
    const hashes = [type, hashed, receivedType, ...received, reportType, reported].map(toHex)
    hashes.push(...[statusType, content, domain, digest].map(toHex))
    assert.deepEqual(hashesOf('<!-- example:status-hashes -->'), [...hashes, signed.signer, toHex(signed.signature)])
  })

  it('has the bytes that a node sends, their topic and their id', () => {
    assert.equal(bytesOf('<!-- example:status-message -->'), toHex(message))
    assert.ok(protocol.text.includes(`The status message, ${message.length} bytes:`))
    assert.ok(protocol.text.includes(`\`${statusTopicName('vectors')}\``))
    assert.ok(protocol.text.includes(`0x${hash('sha256', message)}`))
  })
})

describe('the example of a refusal in docs/protocol.md', () => {
  const member = valuesOf('<!-- example:refusal -->')
  const reason = REFUSAL_REASONS.find((one) => one === member('reason')) ?? assert.fail('the example has a reason')
  const said = refusal({
    network: member('network'),
    statement: toHex(fromHex(member('statement'))) as StatementId,
    reason,
    ownPrice: price(member('ownPrice')),
    refusedAt: Number(member('refusedAt')),
  })
  const signed = noticeSigner(testSigner(3)).signRefusal(said)
  const message = encodeRefusalMessage([signed], { network: said.network })

  it('has the hashes on the way to the digest, computed one by one, and the signature', () => {
    const type = text(typeText('Refusal', REFUSAL_TYPES.Refusal))
    const ownPrice = word(price(member('ownPrice')))
    const content = keccak(type, fromHex(said.statement), text(reason), ownPrice, word(0), word(said.refusedAt))
    const digest = keccak(Buffer.from([0x19, 0x01]), domain, content)
    const hashes = [type, text(reason), content, domain, digest].map(toHex)
    assert.deepEqual(hashesOf('<!-- example:refusal-hashes -->'), [...hashes, signed.signer, toHex(signed.signature)])
  })

  it('has the bytes that a node sends, their topic and their id', () => {
    assert.equal(bytesOf('<!-- example:refusal-message -->'), toHex(message))
    assert.ok(protocol.text.includes(`The refusal message, ${message.length} bytes:`))
    assert.ok(protocol.text.includes(`\`${refusalTopicName('vectors')}\``))
    assert.ok(protocol.text.includes(`0x${hash('sha256', message)}`))
  })
})

describe('docs/protocol.md', () => {
  it('holds the schemas of status and refusals as they are in the code', () => {
    assert.equal(protocol.block('<!-- proto:status -->'), textOf('src/gossip/status-message.proto'))
    assert.equal(protocol.block('<!-- proto:refusal -->'), textOf('src/gossip/refusal-message.proto'))
  })

  it('has the typed data of status and refusals', () => {
    const block = protocol.block('<!-- typed-data:notices -->')
    for (const written of [
      typeText('Refusal', REFUSAL_TYPES.Refusal),
      typeText('Status', STATUS_TYPES.Status),
      CONSTANTS,
      RECEIVED,
      REPORT,
    ]) {
      assert.ok(block.replaceAll(/\n +/g, '').includes(written), written)
    }
  })

  it('has a row for every reason of a refusal, and a reason for every row', () => {
    const reasons = protocol.table('<!-- refusal:reasons -->').map(([first]) => unquoted(first))
    assert.deepEqual(reasons, [...REFUSAL_REASONS])
  })
})
