import { createHash } from 'node:crypto'
import { sign } from '@noble/secp256k1'
import { fromHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { type PriceStatement, type StatementId, roundAt } from '../../src/core/statement.ts'
import type { IgnoreCode, RejectCode } from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { MESSAGE_BYTES_LIMIT, type WireAttestation } from '../../src/gossip/wire.ts'
import { message } from './inbox-at-work.ts'
import { type TestSigner, attest, bob, carol, digest, statement, testSigner } from './statements.ts'

/** A message that must not count, and the reasons, one of them, that may be given; none: any. */
export interface Lie {
  readonly name: string
  readonly bytes: Uint8Array
  readonly codes: readonly (IgnoreCode | RejectCode)[]
}

const [STRANGER, ...MORE_STRANGERS] = [testSigner(9), testSigner(10), testSigner(11)]
/** More than any message may have, and less than the router takes in one go. */
const MEGABYTE = 1024 * 1024
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** A sound statement of `proposer`, observed at `nowMs`: only what `overrides` says may be wrong with it. */
export function recent(
  proposer: TestSigner,
  { nowMs, intervalMs, ...overrides }: { nowMs: number; intervalMs: number } & Partial<PriceStatement>,
): PriceStatement {
  const observedAt = overrides.observedAt ?? nowMs
  return statement({
    proposer: proposer.address,
    observedAt,
    round: roundAt(observedAt, intervalMs),
    ...overrides,
  })
}

/**
 * Messages by somebody who speaks the protocol, holds the keys of carol and bob, who are allowed signers, and lies.
 * Wherever a price is not what is wrong it is the one that honest nodes see: if it counted, they would sign it.
 */
export function lies(at: { readonly nowMs: number; readonly intervalMs: number }): readonly Lie[] {
  const honest = recent(carol, at)
  const sound = wireAttestation(attest(honest, carol, bob))
  const [byCarol = new Uint8Array(), byBob = new Uint8Array()] = sound.signatures
  const id = digest(honest)
  const altered = (changes: Partial<WireAttestation>): Uint8Array => message([{ ...sound, ...changes }])
  const resigned = (overrides: Partial<PriceStatement>): Uint8Array =>
    message([attest(recent(carol, { ...at, ...overrides }), carol)])

  return [
    lie('no bytes but a few', Uint8Array.of(0xff, 0xff, 0xff), 'malformed'),
    ...[1, 100, 5_000].map((size) => lie(`${size} random bytes`, randomLooking(size))),
    lie('a message cut off', message([sound]).slice(0, -1), 'malformed'),
    lie('a message that is too long', new Uint8Array(MESSAGE_BYTES_LIMIT + 1), 'oversize'),
    lie('a megabyte', new Uint8Array(MEGABYTE), 'oversize'),
    lie('another network', message([sound], { network: 'another' }), 'wrong-network'),
    lie('what was signed for another network', resigned({ network: 'another' }), 'proposer-signature'),
    lie('another version', message([sound], { version: 2 }), 'version'),
    lie('no attestation', message([]), 'empty'),
    lie('no pair', altered({ pair: 'eth-usd' }), 'bad-pair'),
    lie('an unknown pair', resigned({ pair: 'LTC-USD' }), 'unknown-pair'),
    lie('an unknown source', resigned({ source: 'kraken' }), 'unknown-source'),
    lie('price 0', altered({ price: Uint8Array.of(0) }), 'bad-price'),
    lie('no price', altered({ price: new Uint8Array() }), 'bad-price'),
    lie('a price of 10^18', altered({ price: fromHex(`0x${(10n ** 36n).toString(16)}`) }), 'bad-price'),
    lie('another price than was signed', altered({ price: Uint8Array.of(1) }), 'proposer-signature'),
    lie('another round than the time says', altered({ round: BigInt(honest.round) - 1n }), 'bad-round'),
    lie('another round, signed', resigned({ round: roundAt(at.nowMs + at.intervalMs, at.intervalMs) }), 'bad-round'),
    lie('an hour ago', resigned({ observedAt: at.nowMs - 3_600_000 }), 'stale'),
    lie('in an hour', resigned({ observedAt: at.nowMs + 3_600_000 }), 'early'),
    lie('a time beyond all', altered({ observedAt: 2n ** 60n }), 'bad-time'),
    lie('no signature', altered({ signatures: [] }), 'proposer-signature'),
    lie('no signature by the proposer', altered({ signatures: [byBob] }), 'proposer-signature'),
    lie('the signature of the proposer not first', altered({ signatures: [byBob, byCarol] }), 'proposer-signature'),
    lie('a proposer who did not sign', message([attest(recent(bob, at), STRANGER)]), 'proposer-signature'),
    lie('a proposer who is not allowed', message([attest(recent(STRANGER, at), STRANGER)]), 'signer-not-allowed'),
    lie(
      'a quorum of signers who are not allowed',
      message([attest(recent(STRANGER, at), STRANGER, ...MORE_STRANGERS)]),
      'signer-not-allowed',
    ),
    lie('a signature of 64 bytes', altered({ signatures: [byCarol.slice(0, 64)] }), 'signature-length'),
    lie('v 0', altered({ signatures: [withV(byCarol, 0)] }), 'signature-v'),
    lie('r and s 0', altered({ signatures: [withV(new Uint8Array(65), 27)] }), 'signature-range'),
    lie('a high-s twin', altered({ signatures: [highTwin(byCarol)] }), 'high-s'),
    lie('a signature by no key', altered({ signatures: [unrecoverable(id)] }), 'unrecoverable'),
    lie('a signature twice', altered({ signatures: [byCarol, byBob, byBob] }), 'duplicate-signer'),
    lie('two signatures by one', altered({ signatures: [byCarol, byBob, signAgain(id, bob)] }), 'duplicate-signer'),
    lie('17 signatures of 16', altered({ signatures: manySignatures(17) }), 'too-many-signatures'),
    lie(
      'a false statement after a true one',
      message([sound, { ...sound, price: Uint8Array.of(1) }]),
      'proposer-signature',
    ),
  ]
}

function lie(name: string, bytes: Uint8Array, ...codes: readonly (IgnoreCode | RejectCode)[]): Lie {
  return { name, bytes, codes }
}

/** Not random at all, so that a failure can be had again. */
function randomLooking(size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash('sha256').update(`${size} bytes, block ${index}`).digest(),
  )
  return new Uint8Array(Buffer.concat(blocks).subarray(0, size))
}

function withV(signature: Uint8Array, v: number): Uint8Array {
  return Uint8Array.from([...signature.subarray(0, 64), v])
}

/** (r, n − s, v′): the same signer recovers from it. */
function highTwin(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString('hex')}`)
  const twin = fromHex(`0x${(ORDER - s).toString(16).padStart(64, '0')}`)
  return Uint8Array.from([...signature.subarray(0, 32), ...twin, signature[64] === 27 ? 28 : 27])
}

/** In shape, but its r is the x of no point. */
function unrecoverable(id: StatementId): Uint8Array {
  const signature = new Uint8Array(65)
  signature[63] = 1
  signature[64] = 27
  for (let r = 1; r < 256; r++) {
    signature[31] = r
    if (nobleSecp256k1.recover(fromHex(id), signature) === undefined) return signature
  }
  throw new RangeError('every x is on the curve')
}

/** Another signature than the one that RFC 6979 gives, as sound as that. */
function signAgain(id: StatementId, { privateKey }: TestSigner): Uint8Array {
  const options = { prehash: false, lowS: true, format: 'recovered', extraEntropy: new Uint8Array(32).fill(7) } as const
  const [recovery = 0, ...rest] = sign(fromHex(id), privateKey.reveal(), options)
  return Uint8Array.from([...rest, 27 + recovery])
}

/** So many different signatures, well formed, of nobody. */
function manySignatures(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const signature = new Uint8Array(65).fill(1)
    signature[5] = index
    signature[64] = 27
    return signature
  })
}
