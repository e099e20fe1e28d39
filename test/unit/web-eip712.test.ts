import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { priceDigest } from '../../src/web/browser/eip712.ts'
import { fromHex, toHex } from '../../src/web/browser/hex.ts'
import { recoverSigner } from '../../src/web/browser/recover-signer.ts'

interface Vector {
  readonly network: string
  readonly pair: string
  readonly priceInteger: string
  readonly round: string
  readonly observedAt: string
  readonly source: string
  readonly proposer: string
  readonly digest: string
  readonly signatures: readonly { readonly signer: string; readonly signature: string }[]
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/price-statements.json', import.meta.url), 'utf8')) as {
  readonly statements: readonly Vector[]
}

describe('the digest that the browser computes', () => {
  it('is the one of the vectors, which another library made', () => {
    assert.ok(vectors.statements.length > 0)
    for (const vector of vectors.statements) assert.equal(toHex(digestOf(vector)), vector.digest)
  })

  it('is another for every field that is changed', () => {
    const [vector] = vectors.statements
    assert.ok(vector)
    const changes: readonly Partial<Vector>[] = [
      { network: 'another' },
      { pair: 'BTC-USD' },
      { priceInteger: '1' },
      { round: '1' },
      { observedAt: '1' },
      { source: 'another' },
      { proposer: `0x${'11'.repeat(20)}` },
    ]
    const digests = [vector, ...changes.map((change) => ({ ...vector, ...change }))].map((each) =>
      toHex(digestOf(each)),
    )
    assert.equal(new Set(digests).size, changes.length + 1)
  })
})

describe('the signer that the browser recovers', () => {
  it('is the one of the vectors', () => {
    for (const { digest, signatures } of vectors.statements)
      for (const { signer, signature } of signatures)
        assert.deepEqual(recoverSigner(fromHex(digest), signature), { signer: signer.toLowerCase() })
  })

  it('is nobody when s lies in the upper half, though the twin recovers to the same key', () => {
    const [vector] = vectors.statements
    const [first] = vector?.signatures ?? []
    assert.ok(vector && first)
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = order - BigInt(`0x${first.signature.slice(66, 130)}`)
    const v = first.signature.endsWith('1b') ? '1c' : '1b'
    const twin = `${first.signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}`
    assert.deepEqual(recoverSigner(fromHex(vector.digest), twin), { fault: 'its s is in the upper half of the order' })
  })

  it('is nobody for what is no signature at all, and nothing is thrown', () => {
    const digest = new Uint8Array(32).fill(7)
    for (const hostile of [
      '',
      '0x',
      'zz',
      `0x${'00'.repeat(65)}`,
      `0x${'00'.repeat(64)}1b`,
      `0x${'ff'.repeat(64)}1b`,
      `0x${'11'.repeat(66)}`,
      '<b>',
    ])
      assert.ok('fault' in recoverSigner(digest, hostile), hostile)
  })
})

function digestOf(vector: Vector): Uint8Array {
  return priceDigest({
    network: vector.network,
    pair: vector.pair,
    price: BigInt(vector.priceInteger),
    round: BigInt(vector.round),
    observedAt: BigInt(vector.observedAt),
    source: vector.source,
    proposer: vector.proposer.toLowerCase(),
  })
}
