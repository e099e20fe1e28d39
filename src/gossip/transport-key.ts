import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Logger } from '../core/logger.ts'
import { codeOf, writeWhole } from '../files/whole-file.ts'

const FILE_NAME = 'peer-key'
const OWNER_ONLY = 0o600
const OTHERS = 0o077

export type TransportKeyErrorCode = 'corrupt' | 'unreadable' | 'not-writable'

/** There is no transport key to be had. The message says why and what to do. */
export class TransportKeyError extends Error {
  override readonly name = 'TransportKeyError'
  readonly code: TransportKeyErrorCode
  readonly path: string

  constructor(code: TransportKeyErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.path = path
  }
}

/**
 * The Ed25519 key by which peers know this node, from `<dataDir>/peer-key` (libp2p's protobuf form, readable by its
 * owner only). It is made at the first start; its loss costs the peer id and nothing else: no price is signed with it.
 *
 * @throws {TransportKeyError} when the file is there and is no key, cannot be read, or cannot be made
 */
export async function loadTransportKey(
  { logger }: { readonly logger: Logger },
  { dataDir }: { readonly dataDir: string },
): Promise<Ed25519PrivateKey> {
  const path = join(dataDir, FILE_NAME)
  const bytes = await read(path)
  if (bytes === undefined) return make(dataDir, path)
  const key = parse(bytes, path)
  await warnIfShared(logger, path)
  return key
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new TransportKeyError(
      'unreadable',
      path,
      `${path} cannot be read (${codeOf(cause)}); let the user that runs this node read it, or set GP_DATADIR to another directory`,
      { cause },
    )
  }
}

function parse(bytes: Uint8Array, path: string): Ed25519PrivateKey {
  const advice = 'restore it from a backup, or delete it and this node gets a new peer id at the next start'
  let key
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw new TransportKeyError('corrupt', path, `${path} does not hold a transport key; ${advice}`, { cause })
  }
  if (key.type === 'Ed25519') return key
  throw new TransportKeyError('corrupt', path, `${path} holds a key of type ${key.type}, not Ed25519; ${advice}`)
}

async function make(dataDir: string, path: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await writeWhole(path, privateKeyToProtobuf(key), { mode: OWNER_ONLY })
  } catch (cause) {
    throw new TransportKeyError(
      'not-writable',
      path,
      `${path} cannot be written (${codeOf(cause)}); let the user that runs this node write there, or set GP_DATADIR to another directory`,
      { cause },
    )
  }
  return key
}

async function warnIfShared(logger: Logger, path: string): Promise<void> {
  // Windows keeps no such bits; what stat makes up there says nothing.
  if (process.platform === 'win32') return
  const { mode } = await stat(path)
  if ((mode & OTHERS) === 0) return
  logger.warn(`${path} can be read by other users, who can then pose as this node; run: chmod 600 ${path}`)
}
