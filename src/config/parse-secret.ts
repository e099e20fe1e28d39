import { fromHex } from '../core/hex.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import { SecretValue } from '../core/secret-value.ts'
import { parseUrl } from './parse-address.ts'
import { type Parse, contentOf, fault } from './parse.ts'

/** A secp256k1 private key in hexadecimal; the 0x may be missing, as some wallets leave it out. */
export const parsePrivateKey: Parse<SecretValue<Uint8Array>> = (text) => {
  const key = parseHexKey(text)
  if (key === undefined) return fault('0x and 64 hexadecimal digits')
  return nobleSecp256k1.addressOf(key) === undefined
    ? fault('a private key above 0 and below the group order of secp256k1')
    : { value: new SecretValue(key) }
}

const SWARM_KEY = /^\/key\/swarm\/psk\/1\.0\.0\/\s+\/base16\/\s+([0-9a-fA-F]{64})\s*$/

/** The key of a private network: 32 bytes, in hexadecimal or in a file, which may be a libp2p swarm.key. */
export const parseNetworkKey: Parse<SecretValue<Uint8Array>> = (text, files) => {
  const content = contentOf(text, files)
  if ('faults' in content) return content
  const key = parseHexKey(SWARM_KEY.exec(content.value)?.[1] ?? content.value.trim())
  return key === undefined
    ? fault('64 hexadecimal digits, or @FILE with such digits or a libp2p swarm.key in it')
    : { value: new SecretValue(key) }
}

function parseHexKey(text: string): Uint8Array | undefined {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text)?.[1]
  return digits === undefined ? undefined : fromHex(`0x${digits.toLowerCase()}`)
}

const parsePostgresUrl = parseUrl(['postgres', 'postgresql'])

/** The URL of a Postgres database, kept as it was written. */
export const parseDatabaseUrl: Parse<SecretValue<string>> = (text, files) => {
  const url = parsePostgresUrl(text, files)
  return 'value' in url ? { value: new SecretValue(text) } : url
}
