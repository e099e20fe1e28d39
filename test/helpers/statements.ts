import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { type Price, isPriceFault, parsePrice } from '../../src/core/price.ts'
import { SecretValue } from '../../src/core/secret-value.ts'
import type { Secp256k1 } from '../../src/core/signature.ts'
import { type Attestation, type PriceStatement, type Round, roundAt } from '../../src/core/statement.ts'
import { createDigest } from '../../src/core/typed-data.ts'

/** The default interval, 10 minutes. */
export const INTERVAL_MS = 600_000
/** When the default {@link statement} was observed: exactly when a round begins, and where a ManualClock starts. */
export const OBSERVED_AT = Date.UTC(2025, 0, 1)

export interface TestSigner {
  readonly address: Address
  readonly privateKey: SecretValue<Uint8Array>
}

/** The signer number `number`, from 1: its key is the hash of a fixed text, the one of test/vectors. */
export function testSigner(number: number): TestSigner {
  const privateKey = keccak_256(Buffer.from(`gossip-price test key ${number}`))
  const address = nobleSecp256k1.addressOf(privateKey)
  if (address === undefined) throw new RangeError(`no key ${number}`)
  return { address, privateKey: new SecretValue(privateKey) }
}

/** The first `count` signers. */
export function testSigners(count: number): TestSigner[] {
  return Array.from({ length: count }, (_, index) => testSigner(index + 1))
}

/** The proposer of a {@link statement} that names no other, and three who may sign beside it. */
export const alice = testSigner(1)
export const bob = testSigner(2)
export const carol = testSigner(3)
export const dave = testSigner(4)

/** The price that decimal text says. */
export function price(text: string): Price {
  const parsed = parsePrice(text)
  if (isPriceFault(parsed)) throw new RangeError(`${text}: ${parsed}`)
  return parsed
}

/** A sound statement of alice; its round follows from the time unless it is given. */
export function statement(overrides: Partial<PriceStatement> = {}): PriceStatement {
  const observedAt = overrides.observedAt ?? OBSERVED_AT
  return {
    network: 'test-network',
    pair: 'ETH-USD',
    price: price('3021.455'),
    round: roundAt(observedAt, INTERVAL_MS),
    observedAt,
    source: 'coinbase',
    proposer: alice.address,
    ...overrides,
  }
}

export function round(number: number): Round {
  return number as Round
}

export const digest = createDigest()

export type Attest = (signed: PriceStatement, ...signers: readonly TestSigner[]) => Attestation

/** Makes attestations whose signatures `curve` made. */
export function attestBy(curve: Pick<Secp256k1, 'sign'>): Attest {
  return (signed, ...signers) => {
    const id = digest(signed)
    const signatures = signers.map(
      ({ address, privateKey }) => [address, curve.sign(fromHex(id), privateKey.reveal())] as const,
    )
    return { id, statement: signed, signatures: new Map(signatures) }
  }
}

/** An attestation with real signatures. */
export const attest = attestBy(nobleSecp256k1)
