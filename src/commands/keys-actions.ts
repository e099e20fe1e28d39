import { text } from 'node:stream/consumers'
import { KEY_VARIABLES, keySourceOf, requireVariables } from '../config.ts'
import { parsePrivateKey } from '../config/parse-secret.ts'
import { surroundings, systemFiles } from '../config/surroundings.ts'
import { type Address, checksumAddress } from '../core/address.ts'
import { toHex } from '../core/hex.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import { KeyError } from '../keys/key-error.ts'
import { type KeyFiles, keyFilesIn, openKeyFiles, writeKeyFiles } from '../keys/key-files.ts'
import type { PrivateKey } from '../keys/keystore.ts'
import { type SigningKey, type SigningKeySource, findSigningKey, keyOf, makePrivateKey } from '../keys/signing-key.ts'
import { createCommandLogger } from './command-logger.ts'
import { CommandError } from './failure.ts'
import type { JsonOption, OutputOptions, SourceOptions } from './keys.ts'

const components = {
  curve: nobleSecp256k1,
  logger: createCommandLogger(),
}

export async function newKey(options: OutputOptions & { readonly ifMissing?: boolean }): Promise<void> {
  const files = outputFiles(options)
  const existing = options.ifMissing === true ? await openKeyFiles(components, files) : undefined
  if (existing === undefined) await store(makePrivateKey(components), options)
  else report(existing.address, { files, options })
}

export async function showKey(options: SourceOptions & { readonly addressOnly?: boolean }): Promise<void> {
  const key = await find(options)
  if (options.addressOnly === true) process.stdout.write(`${checksumAddress(key.address)}\n`)
  else reportFacts({ address: checksumAddress(key.address), from: key.file ?? 'GP_PRIVATEKEY' }, options)
}

export async function importKey(options: OutputOptions & SourceOptions): Promise<void> {
  const { keyFile } = options
  const key = keyFile === undefined ? await readPrivateKey() : await find({ ...options, keyFile })
  await store(key, options)
}

export async function exportKey(options: OutputOptions & SourceOptions & { readonly raw?: boolean }): Promise<void> {
  if (options.raw !== true && options.out === undefined) {
    throw new CommandError('say where to with --out FILE, or print the private key itself with --raw')
  }
  const key = await find(options)
  if (options.raw === true) process.stdout.write(`${toHex(key.privateKey.reveal())}\n`)
  else await store(key, options)
}

async function find(options: SourceOptions): Promise<SigningKey> {
  const source = sourceOf(options)
  const key = await findSigningKey(components, source)
  if (key !== undefined) return key
  const where = source.kind === 'data-dir' ? keyFilesIn(source.directory).file : (options.keyFile ?? 'GP_KEYFILE')
  throw new CommandError(`there is no ${where}: gossip-price keys new makes one, and so does the first start of a node`)
}

function sourceOf({ keyFile, keyPasswordFile }: SourceOptions): SigningKeySource {
  if (keyFile !== undefined) {
    return { kind: 'key-file', file: keyFile, passwordFile: keyPasswordFile ?? passwordFileOf(keyFile) }
  }
  if (keyPasswordFile !== undefined) throw new CommandError('--key-password-file needs the keystore that it opens')
  return keySourceOf(requireVariables(surroundings(), KEY_VARIABLES))
}

/** A private key from a pipe. A terminal would show it, and keep it in its history. */
async function readPrivateKey(): Promise<PrivateKey> {
  if (process.stdin.isTTY) {
    throw new CommandError('pipe the private key in (gossip-price keys import < FILE), or name a keystore')
  }
  const parsed = parsePrivateKey((await text(process.stdin)).trim(), systemFiles)
  if ('value' in parsed) return keyOf(components, parsed.value)
  const expected = parsed.faults.map((each) => each.expected).join(', ')
  throw new KeyError('not-a-key', `standard input holds no private key: expected ${expected}`)
}

async function store(key: PrivateKey, options: OutputOptions): Promise<void> {
  const files = outputFiles(options)
  const cost = options.light === true ? 'light' : 'standard'
  try {
    await writeKeyFiles(components, { ...files, privateKey: key.privateKey, cost })
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'exists') throw error
    throw new CommandError(`${error.message} and is not overwritten: choose another file with --out`, { cause: error })
  }
  report(key.address, { files, options })
}

function outputFiles({ out, passwordFile }: OutputOptions): KeyFiles {
  const standard = out === undefined ? keyFilesIn(requireVariables(surroundings(), ['dataDir']).dataDir) : undefined
  const file = out ?? standard?.file ?? ''
  return { file, passwordFile: passwordFile ?? standard?.passwordFile ?? passwordFileOf(file) }
}

function passwordFileOf(keystore: string): string {
  return `${keystore.replace(/\.json$/, '')}.password`
}

function report(
  address: Address,
  { files: { file, passwordFile }, options }: { readonly files: KeyFiles; readonly options: JsonOption },
): void {
  reportFacts({ address: checksumAddress(address), keystore: file, password: passwordFile }, options)
}

function reportFacts(facts: Readonly<Record<string, string>>, { json }: JsonOption): void {
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(9)} ${value}\n`)
  process.stdout.write(json === true ? `${JSON.stringify(facts)}\n` : lines.join(''))
}
