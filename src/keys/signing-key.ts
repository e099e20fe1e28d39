import { randomBytes } from 'node:crypto'
import type { Logger } from '../core/logger.ts'
import { SecretValue } from '../core/secret-value.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { KeyError } from './key-error.ts'
import { type KeyFiles, keyFilesIn, openKeyFiles, writeKeyFiles } from './key-files.ts'
import type { PrivateKey } from './keystore.ts'

/** The key that a node signs with. */
export interface SigningKey extends PrivateKey {
  /** True when this call made it: then nothing can ever have been signed with it. */
  readonly madeNow: boolean
  /** The keystore it is in; undefined when it comes from the environment. */
  readonly file: string | undefined
}

/** Where to look for the signing key. */
export type SigningKeySource =
  | { readonly kind: 'private-key'; readonly privateKey: SecretValue<Uint8Array> }
  | ({ readonly kind: 'key-file' } & KeyFiles)
  | { readonly kind: 'data-dir'; readonly directory: string }

export interface KeyComponents {
  readonly curve: Secp256k1
  readonly logger: Logger
}

/**
 * The configured signing key; where none is configured, the one in the data directory, made there when it has none.
 *
 * @throws {KeyError} with a sentence that says what to do
 */
export async function loadSigningKey(components: KeyComponents, source: SigningKeySource): Promise<SigningKey> {
  const found = await findSigningKey(components, source)
  if (found !== undefined) return found
  if (source.kind === 'data-dir') return makeSigningKey(components, keyFilesIn(source.directory))
  const file = source.kind === 'key-file' ? source.file : 'GP_PRIVATEKEY'
  throw new KeyError('unreadable', `there is no ${file}: gossip-price keys new --out ${file} makes one`, { file })
}

/** Like {@link loadSigningKey}, but makes nothing: undefined when there is no key at `source`. */
export async function findSigningKey(
  components: KeyComponents,
  source: SigningKeySource,
): Promise<SigningKey | undefined> {
  switch (source.kind) {
    case 'private-key':
      return { ...keyOf(components, source.privateKey), madeNow: false, file: undefined }
    case 'key-file':
      return findInFiles(components, source)
    case 'data-dir':
      return findInFiles(components, keyFilesIn(source.directory))
  }
}

/** A new private key, and the address that goes with it. */
export function makePrivateKey({ curve }: { readonly curve: Secp256k1 }): PrivateKey {
  for (;;) {
    const bytes = Uint8Array.from(randomBytes(32))
    const address = curve.addressOf(bytes)
    // One draw in 2^128 is not below the group order.
    if (address !== undefined) return { address, privateKey: new SecretValue(bytes) }
  }
}

/**
 * A private key with its address.
 *
 * @throws {KeyError} `not-a-key`
 */
export function keyOf({ curve }: { readonly curve: Secp256k1 }, privateKey: SecretValue<Uint8Array>): PrivateKey {
  const address = curve.addressOf(privateKey.reveal())
  if (address === undefined) throw new KeyError('not-a-key', 'this is no secp256k1 private key')
  return { address, privateKey }
}

async function findInFiles(components: KeyComponents, files: KeyFiles): Promise<SigningKey | undefined> {
  const key = await openKeyFiles(components, files)
  return key === undefined ? undefined : { ...key, madeNow: false, file: files.file }
}

async function makeSigningKey(components: KeyComponents, files: KeyFiles): Promise<SigningKey> {
  const made = makePrivateKey(components)
  try {
    // The password lies next to the keystore: a costly derivation would protect nothing.
    await writeKeyFiles(components, { ...files, privateKey: made.privateKey, cost: 'light' })
  } catch (error) {
    const madeByAnother = error instanceof KeyError && error.code === 'exists'
    const key = madeByAnother ? await findInFiles(components, files) : undefined
    if (key === undefined) throw error
    return key
  }
  components.logger.info(`made a signing key in ${files.file}: keep a copy of it and of its password`, {
    address: made.address,
  })
  return { ...made, madeNow: true, file: files.file }
}
