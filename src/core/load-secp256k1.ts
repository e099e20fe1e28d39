import { createRequire } from 'node:module'
import { addressFromBytes } from './address.ts'
import { equalBytes, fromHex } from './hex.ts'
import { type Libsecp256k1, createNativeSecp256k1 } from './native-secp256k1.ts'
import { nobleSecp256k1 } from './noble-secp256k1.ts'
import type { Secp256k1 } from './signature.ts'

export interface LoadedSecp256k1 {
  readonly curve: Secp256k1
  /** Why the curve is the portable one; undefined when it is libsecp256k1. */
  readonly fault?: Secp256k1Fault
}

export interface Secp256k1Fault {
  /** `not-loaded`: this machine has no binary that fits it. `wrong-answers`: it has, and what that says is false. */
  readonly code: 'not-loaded' | 'wrong-answers'
  /** One line, for people. */
  readonly reason: string
}

/**
 * libsecp256k1 when a binary for this machine loads and passes a self-check, `@noble/secp256k1` otherwise: about 25
 * times slower, the same answers. Takes milliseconds, and never throws.
 *
 * @param options.load - gives the library, or throws
 * @default the bindings of the optional dependency `secp256k1`
 */
export function loadSecp256k1({ load = loadBindings }: { readonly load?: () => unknown } = {}): LoadedSecp256k1 {
  let library: unknown
  try {
    library = load()
  } catch (error) {
    return { curve: nobleSecp256k1, fault: { code: 'not-loaded', reason: firstLine(error) } }
  }
  const curve = createNativeSecp256k1(library as Libsecp256k1)
  const reason = selfCheck(curve)
  return reason === undefined ? { curve } : { curve: nobleSecp256k1, fault: { code: 'wrong-answers', reason } }
}

/** Not the main module of the package: that hides a failure to load behind a slow implementation of its own. */
function loadBindings(): unknown {
  return createRequire(import.meta.url)('secp256k1/bindings.js')
}

const KEY = fromHex('0x2cdfb3c20a8491bc756c54956d5071e21f2ee1a8b4a3fe7660f7f9949b367188')
const ADDRESS = addressFromBytes(fromHex('0x1d443bd1e3cd585b0908270c5e6397ee811ef489'))

/** Made by an independent library with {@link KEY}: one signature for each v. */
const SIGNED = [
  {
    digest: '0xdfa00e0f49d04d5785db0a138f91f72224fa2c9d9ccaaa8dead900806f68b675',
    signature:
      '0xf6b25de690c9e28e33406a65128b18f16652394d4379fe7891b186b26ef33a2052dc6a04d8fb99baf49b3c2f6deb1c66df23413577089b956fbe548a418250d01b',
  },
  {
    digest: '0x8ec250c4e39ada6ad68b1805f1874bdb1eb0f0ec1ea6361010fba97aa4068d71',
    signature:
      '0x34cb11b8c4be1812330a7cac21d6b7d188d5c55e8f20cd312121d83f178760b96d1baabd3a576f592fe2153ba4c3c9d72a8f88cf7813558b6653d1d2364781761c',
  },
]

const DIGEST_OF_ONE = fromHex(`0x${'1'.padStart(64, '0')}`)
/** Over {@link DIGEST_OF_ONE}, with s 1 and v 27. */
const R_OF_NO_KEY = [
  // The generator: recovery ends in the point at infinity, which has no address.
  '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  // 5 is the x of no point.
  `0x${'5'.padStart(64, '0')}`,
]

/** What is wrong with an implementation, in one line; undefined when nothing is. */
function selfCheck(curve: Secp256k1): string | undefined {
  try {
    if (curve.addressOf(KEY) !== ADDRESS) return 'a known key has another address'
    for (const { digest, signature } of SIGNED) {
      if (!equalBytes(curve.sign(fromHex(digest), KEY), fromHex(signature))) return 'a known signature has other bytes'
      if (curve.recover(fromHex(digest), fromHex(signature)) !== ADDRESS) return 'a known signature has another signer'
    }
    for (const r of R_OF_NO_KEY) {
      const signature = Uint8Array.of(...fromHex(r), ...DIGEST_OF_ONE, 27)
      if (curve.recover(DIGEST_OF_ONE, signature) !== undefined) return 'a signature that no key can make has a signer'
    }
    return undefined
  } catch (error) {
    return firstLine(error)
  }
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
  return line
}
