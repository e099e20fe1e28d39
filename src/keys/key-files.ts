import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from '../core/logger.ts'
import { SecretValue } from '../core/secret-value.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { KeyError } from './key-error.ts'
import { type KeystoreCost, type PrivateKey, openKeystore, sealKeystore } from './keystore.ts'
import { createPrivateFile, isThere, readPrivateFile } from './private-file.ts'

/** A keystore and the file with its password. */
export interface KeyFiles {
  readonly file: string
  readonly passwordFile: string
}

/** Where a data directory has its signing key. */
export function keyFilesIn(directory: string): KeyFiles {
  return { file: join(directory, 'signing-key.json'), passwordFile: join(directory, 'signing-key.password') }
}

/**
 * The key in a keystore, opened with the first line of its password file.
 *
 * @returns undefined when there is no such keystore
 * @throws {KeyError} `no-password` and whatever reading and opening can end in
 */
export async function openKeyFiles(
  components: { readonly curve: Secp256k1; readonly logger: Logger },
  { file, passwordFile }: KeyFiles,
): Promise<PrivateKey | undefined> {
  const text = await readPrivateFile(components, file)
  if (text === undefined) return undefined
  const password = await readPassword(components, passwordFile)
  if (password === undefined) {
    throw new KeyError('no-password', `${passwordFile} does not exist: put the password of ${file} there`, { file })
  }
  return openKeystore(components, { text, password, file })
}

/**
 * Writes a key into a new keystore. The password is the one in the password file; where there is no such file, a
 * password that nobody can guess is made and written there first, so that no keystore is ever without its password.
 *
 * @throws {KeyError} `exists` when there is such a keystore, which stays as it is
 */
export async function writeKeyFiles(
  components: { readonly logger: Logger },
  options: KeyFiles & { readonly privateKey: SecretValue<Uint8Array>; readonly cost: KeystoreCost },
): Promise<void> {
  const { file, passwordFile, privateKey, cost } = options
  if (await isThere(file)) throw new KeyError('exists', `${file} exists already`, { file })
  const password = await readOrMakePassword(components, passwordFile)
  await createPrivateFile(file, await sealKeystore(privateKey, { password, cost }))
}

async function readPassword(
  components: { readonly logger: Logger },
  passwordFile: string,
): Promise<SecretValue<string> | undefined> {
  const text = await readPrivateFile(components, passwordFile)
  if (text === undefined) return undefined
  const password = /^[^\r\n]*/.exec(text)?.[0] ?? ''
  if (password === '') {
    const message = `the first line of ${passwordFile} is empty: put the password there`
    throw new KeyError('no-password', message, { file: passwordFile })
  }
  return new SecretValue(password)
}

const PASSWORD_BYTES = 24

async function readOrMakePassword(
  components: { readonly logger: Logger },
  passwordFile: string,
): Promise<SecretValue<string>> {
  const existing = await readPassword(components, passwordFile)
  if (existing !== undefined) return existing
  const made = randomBytes(PASSWORD_BYTES).toString('hex')
  try {
    await createPrivateFile(passwordFile, `${made}\n`)
    return new SecretValue(made)
  } catch (error) {
    const madeByAnother = error instanceof KeyError && error.code === 'exists'
    const password = madeByAnother ? await readPassword(components, passwordFile) : undefined
    if (password === undefined) throw error
    return password
  }
}
