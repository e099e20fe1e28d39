import { privFromLegacyKeystore, privToLegacyKeystore } from 'micro-eth-signer/keystore.js'
import { type Address, parseAddress } from '../core/address.ts'
import { SecretValue } from '../core/secret-value.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { KeyError } from './key-error.ts'

/**
 * What guessing a password costs. `standard` takes a second and 128 MB; `light` is geth's `--lightkdf`, for passwords
 * that a machine made and nobody can guess.
 */
export type KeystoreCost = 'standard' | 'light'

const SCRYPT = {
  standard: { n: 131_072, r: 8, p: 1 },
  light: { n: 4096, r: 8, p: 6 },
} as const satisfies Record<KeystoreCost, object>

export interface PrivateKey {
  readonly address: Address
  /** 32 bytes. */
  readonly privateKey: SecretValue<Uint8Array>
}

/**
 * A keystore as geth, ethers and most wallets read it: Web3 Secret Storage version 3, JSON with a line feed at its end.
 *
 * @see https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage
 */
export async function sealKeystore(
  privateKey: SecretValue<Uint8Array>,
  { password, cost }: { readonly password: SecretValue<string>; readonly cost: KeystoreCost },
): Promise<string> {
  const keystore = await privToLegacyKeystore(privateKey.reveal(), password.reveal(), { ...SCRYPT[cost] })
  return `${JSON.stringify(keystore)}\n`
}

/**
 * The key in a keystore.
 *
 * @param sealed.file - where it comes from, for messages
 * @throws {KeyError} `not-a-keystore`, `wrong-password`, `damaged`
 */
export async function openKeystore(
  { curve }: { readonly curve: Secp256k1 },
  sealed: { readonly text: string; readonly password: SecretValue<string>; readonly file: string },
): Promise<PrivateKey> {
  const { text, password, file } = sealed
  const keystore = parseKeystore(text, file)
  const bytes = await decrypt(keystore, { password, file })
  const address = curve.addressOf(bytes)
  if (address === undefined) throw new KeyError('damaged', `${file} holds no secp256k1 private key`, { file })
  const claimed = typeof keystore.address === 'string' ? keystore.address.replace(/^0x/i, '') : ''
  const named = parseAddress(`0x${claimed.toLowerCase()}`)
  if (claimed !== '' && named !== address) {
    const other = named === undefined ? 'what is no address' : `the address ${named}`
    throw new KeyError('damaged', `${file} names ${other} but holds the key of ${address}`, { file })
  }
  return { address, privateKey: new SecretValue(bytes) }
}

type Keystore = Parameters<typeof privFromLegacyKeystore>[0]

function parseKeystore(text: string, file: string): Keystore {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new KeyError('not-a-keystore', `${file} is no keystore: it is not JSON`, { file, cause })
  }
  if (!hasVersion3(parsed)) {
    throw new KeyError('not-a-keystore', `${file} is no keystore of Web3 Secret Storage, version 3`, { file })
  }
  return parsed
}

/** What else a keystore lacks shows when it is opened. */
function hasVersion3(parsed: unknown): parsed is Keystore {
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed && parsed.version === 3
}

async function decrypt(
  keystore: Keystore,
  { password, file }: { readonly password: SecretValue<string>; readonly file: string },
): Promise<Uint8Array> {
  // Some wallets write `Crypto` where others write `crypto`.
  const anyCase = true
  try {
    return await privFromLegacyKeystore(keystore, password.reveal(), anyCase)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    // The library tells by its message alone that the checksum of password and ciphertext does not fit.
    if (/passphrase/.test(reason)) {
      throw new KeyError('wrong-password', `the password does not open ${file}, or the file is damaged`, {
        file,
        cause,
      })
    }
    throw new KeyError('damaged', `${file} is a damaged keystore (${reason})`, { file, cause })
  }
}
