import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { privFromLegacyKeystore, privToLegacyKeystore } from 'micro-eth-signer/keystore.js'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { SecretValue } from '../../src/core/secret-value.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import { type PrivateKey, openKeystore } from '../../src/keys/keystore.ts'
import { computedMs } from '../helpers/computed-time.ts'

/** Far below what protects anything, so that a hundred keystores take no time. */
const CHEAPEST = { n: 2, r: 1, p: 1 }
/** What a refusal may take that computes nothing, milliseconds; the dearest derivation takes ten seconds. */
const PATIENCE_MS = 1_000

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => nobleSecp256k1.addressOf(bytes) !== undefined)
const password = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })

function open(keystore: unknown, secret: string): Promise<PrivateKey> {
  const text = typeof keystore === 'string' ? keystore : JSON.stringify(keystore)
  return openKeystore({ curve: nobleSecp256k1 }, { text, password: new SecretValue(secret), file: 'key.json' })
}

/** The error with which it ends, which must be of the one class, and without secrets. */
async function refusal(keystore: unknown, secret: string): Promise<KeyError> {
  const error: unknown = await open(keystore, secret).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof KeyError, String(error))
  return error
}

/** Hexadecimal bytes of which one has another lowest bit. */
function flipped(hex: string, at: number): string {
  const bytes = Buffer.from(hex, 'hex')
  const place = at % bytes.length
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place)
  return bytes.toString('hex')
}

describe('a keystore', () => {
  it('opens with its password, whatever that is, and gives the key that is in it', async () => {
    await fc.assert(
      fc.asyncProperty(key, password, async (bytes, secret) => {
        const opened = await open(await privToLegacyKeystore(bytes.slice(), secret, CHEAPEST), secret)
        assert.deepEqual(Buffer.from(opened.privateKey.reveal()), Buffer.from(bytes))
        assert.equal(opened.address, nobleSecp256k1.addressOf(bytes))
      }),
      { numRuns: 60 },
    )
  })

  it('opens with no other password, and says so without either', async () => {
    await fc.assert(
      fc.asyncProperty(key, password, fc.stringMatching(/^[A-Z]{20}$/), async (bytes, secret, other) => {
        const error = await refusal(await privToLegacyKeystore(bytes.slice(), secret, CHEAPEST), other)
        assert.equal(error.code, 'wrong-password')
        assert.ok(!error.message.includes(other))
      }),
      { numRuns: 60 },
    )
  })

  it('whose ciphertext, salt or checksum was touched does not open', async () => {
    const sealed = await privToLegacyKeystore(new Uint8Array(32).fill(7), 'right', CHEAPEST)
    const { crypto } = sealed
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('ciphertext', 'mac', 'salt'), fc.nat({ max: 31 }), async (part, at) => {
        const kdfparams = { ...crypto.kdfparams, salt: flipped(crypto.kdfparams.salt, at) }
        const touched = part === 'salt' ? { ...crypto, kdfparams } : { ...crypto, [part]: flipped(crypto[part], at) }
        assert.equal((await refusal({ ...sealed, crypto: touched }, 'right')).code, 'wrong-password')
      }),
      { numRuns: 60 },
    )
    assert.ok(await privFromLegacyKeystore(sealed, 'right'))
  })

  it('that is any other JSON is refused with an error of the one class', async () => {
    const crypto = fc.record(
      {
        kdf: fc.oneof(fc.constantFrom('scrypt', 'pbkdf2'), fc.jsonValue()),
        kdfparams: fc.jsonValue(),
        cipher: fc.oneof(fc.constant('aes-128-ctr'), fc.jsonValue()),
        cipherparams: fc.jsonValue(),
        ciphertext: fc.jsonValue(),
        mac: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    const nearly = fc.record({
      version: fc.constant(3),
      crypto: fc.oneof(crypto, fc.jsonValue()),
      address: fc.jsonValue(),
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearly, fc.jsonValue(), fc.string()), async (keystore) => {
        const { code } = await refusal(keystore, 'right')
        assert.ok(code === 'not-a-keystore' || code === 'damaged', code)
      }),
      { numRuns: 500 },
    )
  })

  it('that asks for gigabytes, or for hours, is refused before anything is computed', async () => {
    const sealed = await privToLegacyKeystore(new Uint8Array(32).fill(7), 'right', CHEAPEST)
    const { crypto } = sealed
    const large = fc.integer({ min: 21, max: 52 }).map((exponent) => 2 ** exponent)
    const dear = fc.oneof(
      large.map((n) => ({ n })),
      large.map((r) => ({ r })),
      large.map((p) => ({ p })),
      large.map((dklen) => ({ dklen })),
      fc.constant({ n: 2 ** 20, r: 8, p: 1 }),
      fc.constant({ n: 2 ** 18, r: 8, p: 8.5 }),
    )
    await fc.assert(
      fc.asyncProperty(dear, async (cost) => {
        const kdfparams = { ...crypto.kdfparams, ...cost }
        const startMs = computedMs()
        const { code } = await refusal({ ...sealed, crypto: { ...crypto, kdfparams } }, 'right')
        assert.equal(code, 'damaged')
        assert.ok(computedMs() - startMs < PATIENCE_MS)
      }),
      { numRuns: 100 },
    )
  })
})
