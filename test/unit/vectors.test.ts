import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { hashTypedData, recoverAddress } from 'viem'
import { checksumAddress, parseAddress } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { formatPrice, isPriceFault, parsePrice } from '../../src/core/price.ts'
import type { PriceStatement, Round } from '../../src/core/statement.ts'
import { DOMAIN_NAME, DOMAIN_VERSION, PRICE_TYPES, createDigest, domainSalt } from '../../src/core/typed-data.ts'

interface Vectors {
  readonly keys: readonly { readonly address: string }[]
  readonly statements: readonly StatementVector[]
}
interface StatementVector {
  readonly network: string
  readonly pair: string
  readonly price: string
  readonly priceInteger: string
  readonly round: string
  readonly observedAt: string
  readonly source: string
  readonly proposer: string
  readonly domainSalt: string
  readonly digest: string
  readonly signatures: readonly { readonly signer: string; readonly signature: string }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/price-statements.json', import.meta.url), 'utf8'),
) as Vectors

function addressOf(text: string) {
  const address = parseAddress(text)
  assert.ok(address, text)
  return address
}

function statementOf(vector: StatementVector): PriceStatement {
  const price = parsePrice(vector.price)
  assert.ok(!isPriceFault(price))
  return {
    network: vector.network,
    pair: vector.pair,
    price,
    round: Number(vector.round) as Round,
    observedAt: Number(vector.observedAt),
    source: vector.source,
    proposer: addressOf(vector.proposer),
  }
}

describe('vectors made by an independent library', () => {
  const digest = createDigest()

  for (const vector of vectors.statements) {
    const statement = statementOf(vector)

    describe(`${vector.network} ${vector.pair} ${vector.price}`, () => {
      it('the price is the same integer, and the same text again', () => {
        assert.equal(statement.price, BigInt(vector.priceInteger))
        assert.equal(formatPrice(statement.price), vector.price)
      })

      it('the domain salt and the digest are the same', () => {
        assert.equal(toHex(domainSalt(vector.network)), vector.domainSalt)
        assert.equal(digest(statement), vector.digest)
      })

      it('viem computes the same digest from our typed data', () => {
        const recomputed = hashTypedData({
          domain: { name: DOMAIN_NAME, version: DOMAIN_VERSION, salt: toHex(domainSalt(statement.network)) },
          types: PRICE_TYPES,
          primaryType: 'Price',
          message: { ...statement, round: BigInt(statement.round), observedAt: BigInt(statement.observedAt) },
        })
        assert.equal(digest(statement), recomputed)
      })

      for (const { signer, signature } of vector.signatures) {
        it(`viem recovers ${signer} from its signature over our digest`, async () => {
          assert.equal(await recoverAddress({ hash: digest(statement), signature: toHex(fromHex(signature)) }), signer)
        })
      }
    })
  }

  for (const { address } of vectors.keys) {
    it(`${address} is in EIP-55 spelling`, () => {
      assert.equal(checksumAddress(addressOf(address.toLowerCase())), address)
    })
  }
})
