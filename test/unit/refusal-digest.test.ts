import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { hashTypedData, recoverTypedDataAddress, zeroHash } from 'viem'
import { checksumAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/hex.ts'
import type { Refusal } from '../../src/core/refusal.ts'
import {
  DOMAIN_NAME,
  DOMAIN_VERSION,
  REFUSAL_TYPES,
  createRefusalDigest,
  domainSalt,
} from '../../src/core/typed-data.ts'
import { anyRefusal, noticeSigner, refusal } from '../helpers/signed-notices.ts'
import { carol } from '../helpers/statements.ts'

const digestOf = createRefusalDigest()

/** A refusal as a wallet library takes it. */
function forWallets({ network, statement, reason, ownPrice, signedInstead, refusedAt }: Refusal) {
  return {
    domain: { name: DOMAIN_NAME, version: DOMAIN_VERSION, salt: toHex(domainSalt(network)) },
    types: REFUSAL_TYPES,
    primaryType: 'Refusal',
    message: {
      statement,
      reason,
      ownPrice: ownPrice ?? 0n,
      signedInstead: signedInstead ?? zeroHash,
      refusedAt: BigInt(refusedAt),
    },
  } as const
}

describe('the typed data of a refusal', () => {
  it('has the members of the protocol, in their order', () => {
    assert.equal(
      REFUSAL_TYPES.Refusal.map(({ type, name }) => `${type} ${name}`).join(','),
      'bytes32 statement,string reason,uint256 ownPrice,bytes32 signedInstead,uint64 refusedAt',
    )
  })
})

describe('the digest of a refusal', () => {
  it('is what viem computes from our typed data', () => {
    fc.assert(
      fc.property(anyRefusal, (said) => {
        assert.equal(digestOf(said), hashTypedData(forWallets(said)))
      }),
      { numRuns: 300 },
    )
  })

  it('is another one in another network', () => {
    assert.notEqual(digestOf(refusal({ network: 'another' })), digestOf(refusal()))
    assert.equal(digestOf(refusal()), hashTypedData(forWallets(refusal())))
  })
})

describe('a signed refusal', () => {
  it('names its signer, whom viem recovers from typed data and signature', async () => {
    const signer = noticeSigner(carol)
    await fc.assert(
      fc.asyncProperty(anyRefusal, async (said) => {
        const signed = signer.signRefusal(said)
        assert.equal(signed.refusal, said)
        assert.equal(signed.signer, carol.address)
        const recovered = await recoverTypedDataAddress({ ...forWallets(said), signature: toHex(signed.signature) })
        assert.equal(recovered, checksumAddress(carol.address))
      }),
      { numRuns: 20 },
    )
  })
})
