import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file, in place of one that is there: whole or not at all, and on the disk when this resolves. Of one file only
 * one is written at a time.
 *
 * @param options - `mode`: who may read and write it. @default whom the process lets
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const draft = `${file}.new`
  // A draft that a crash has left keeps its mode, whatever is asked for.
  await rm(draft, { force: true })
  await writeFile(draft, content, { ...options, flag: 'wx', flush: true })
  await rename(draft, file)
  await syncDirectory(dirname(file))
}

/** A new name is on the disk only when its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** To be given to `catch`: a file that is not there is undefined, and any other fault is thrown on. */
export function unlessMissing(error: unknown): undefined {
  const code = codeOf(error)
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
}

/** The code of a fault of the file system, as `ENOENT`; of any other the fault itself in words. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
