import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { parseAddress } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { recoverSigner } from '../../src/core/signature.ts'
import { type Attestation, type PriceStatement, type Round, roundAt } from '../../src/core/statement.ts'
import { createDigest, domainSalt } from '../../src/core/typed-data.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { WIRE_VERSION, encodePriceMessage } from '../../src/gossip/wire.ts'
import { Document, textOf, unquoted } from '../helpers/documents.ts'
import { price } from '../helpers/statements.ts'

const protocol = new Document('docs/protocol.md')
const members = new Map(protocol.table('<!-- example:statement -->').map(([name, value]) => [name, unquoted(value)]))
const signatures = protocol.table('<!-- example:signatures -->').map((row) => row.map(unquoted))

function member(name: string): string {
  return members.get(name) ?? assert.fail(`the example has ${name}`)
}

const statement: PriceStatement = {
  network: member('network'),
  pair: member('pair'),
  price: price(member('price')),
  round: Number(member('round')) as Round,
  observedAt: Number(member('observedAt')),
  source: member('source'),
  proposer: parseAddress(member('proposer')) ?? assert.fail('the example has a proposer'),
}
const id = createDigest()(statement)
const attestation: Attestation = {
  id,
  statement,
  signatures: new Map(
    signatures.map(([signer = '', signature = '']) => [
      parseAddress(signer) ?? assert.fail(signer),
      fromHex(signature),
    ]),
  ),
}
const message = encodePriceMessage({
  version: WIRE_VERSION,
  network: statement.network,
  attempt: 0,
  attestations: [wireAttestation(attestation)],
})

const keccak = (...parts: readonly Uint8Array[]): Uint8Array => keccak_256(Buffer.concat(parts))
const text = (value: string): Uint8Array => keccak(Buffer.from(value))
const word = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

describe('the worked example of docs/protocol.md', () => {
  it('is the first of the test vectors', () => {
    const { statements } = JSON.parse(textOf('test/vectors/price-statements.json')) as {
      statements: { digest: string; signatures: { signature: string }[] }[]
    }
    assert.equal(id, statements[0]?.digest)
    const known = new Set(statements[0]?.signatures.map(({ signature }) => signature))
    for (const [signer, signature = ''] of signatures) assert.ok(known.has(signature), signer)
  })

  it('has the round of its time', () => {
    assert.equal(statement.round, roundAt(statement.observedAt, 600_000))
  })

  it('has the hashes on the way to the id, computed one by one', () => {
    const domain = [
      text('EIP712Domain(string name,string version,bytes32 salt)'),
      text('gossip-price'),
      text('1'),
      domainSalt(statement.network),
    ]
    const separator = keccak(...domain)
    const type = text('Price(string pair,uint256 price,uint64 round,uint64 observedAt,string source,address proposer)')
    const [pair, source] = [text(statement.pair), text(statement.source)]
    const { round, observedAt, proposer } = statement
    const numbers = [statement.price, BigInt(round), BigInt(observedAt)].map(word)
    const content = keccak(type, pair, ...numbers, source, word(BigInt(proposer)))
    const digest = keccak(Buffer.from([0x19, 0x01]), separator, content)
    assert.deepEqual(
      protocol.table('<!-- example:hashes -->').map(([, value]) => unquoted(value)),
      [...domain, separator, type, pair, source, content, digest].map(toHex),
    )
    assert.equal(toHex(digest), id)
  })

  it('has signatures that recover to their signers, the proposer first', () => {
    assert.equal(signatures[0]?.[0], statement.proposer)
    for (const [signer, signature = ''] of signatures) {
      assert.deepEqual(recoverSigner(nobleSecp256k1, { id, signature: fromHex(signature) }), { signer })
    }
  })

  it('has the bytes that this node sends, and the id of the message', () => {
    const written = protocol.block('<!-- example:message -->')
    const digits = written.split('\n').map((line) => line.replace(/ {2}.*$/, '').replaceAll(' ', ''))
    assert.equal(`0x${digits.join('')}`, toHex(message))
    assert.ok(protocol.text.includes(`The message, ${message.length} bytes:`))
    assert.ok(protocol.text.includes(`0x${hash('sha256', message)}`))
  })
})
