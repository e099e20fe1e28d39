import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '../core/logger.ts'
import { codeOf, syncDirectory, unlessMissing } from '../files/whole-file.ts'
import { KeyError } from './key-error.ts'

const OWNER_ONLY = 0o600
const READABLE_BY_OTHERS = 0o044

/**
 * Creates a file that only its owner may read: whole or not at all, and on the disk when this resolves. Of several who
 * create the same file at once, one succeeds.
 *
 * @throws {KeyError} `exists` when there is such a file, which stays as it is; `unwritable`
 */
export async function createPrivateFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(temporary, text, { flag: 'wx', mode: OWNER_ONLY, flush: true })
    try {
      await moveToNewName(temporary, file)
    } finally {
      await unlink(temporary).catch(unlessMissing)
    }
    await syncDirectory(dirname(file))
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new KeyError('exists', `${file} exists already`, { file, cause: error })
    throw new KeyError('unwritable', `cannot write ${file} (${codeOf(error)})`, { file, cause: error })
  }
}

/**
 * The text of a file that should be readable by its owner only; warns when others can read it too.
 *
 * @returns undefined when there is no such file
 * @throws {KeyError} `unreadable`
 */
export async function readPrivateFile(
  { logger }: { readonly logger: Logger },
  file: string,
): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8')
    const { mode } = await stat(file)
    // Windows has no such bits and reports all of them as set.
    if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
      logger.warn(`other users of this machine can read ${file}: run chmod 600 ${file}`, { file })
    }
    return text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new KeyError('unreadable', `cannot read ${file} (${codeOf(error)})`, { file, cause: error })
  }
}

export async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(unlessMissing)) !== undefined
}

/** A hard link fails when the name is taken, which a rename does not; some file systems have no hard links. */
async function moveToNewName(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || (await isThere(to))) throw error
    await rename(from, to)
  }
}
