import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../files/whole-file.ts'

const FILE_NAME = 'http.json'

/** Leaves word in a node's data directory of where it serves HTTP, for commands that ask a node. */
export async function writeHttpNote(directory: string, url: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeWhole(join(directory, FILE_NAME), `${JSON.stringify({ url })}\n`)
}

export async function removeHttpNote(directory: string): Promise<void> {
  await rm(join(directory, FILE_NAME), { force: true })
}

/**
 * Where nodes serve HTTP whose data directories are `directories` or lie in them, the newest word first. A node that
 * was killed may have left one.
 */
export async function findHttpNotes(directories: readonly string[]): Promise<readonly string[]> {
  const below = await Promise.all(directories.map(directoriesIn))
  const files = new Set([...directories, ...below.flat()].map((directory) => join(directory, FILE_NAME)))
  const notes = await Promise.all([...files].map(readNote))
  const found = notes.filter((note) => note !== undefined).toSorted((a, b) => b.writtenAtMs - a.writtenAtMs)
  return [...new Set(found.map(({ url }) => url))]
}

async function directoriesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name))
}

/** What cannot be read or understood tells of no node. */
async function readNote(file: string): Promise<{ readonly url: string; readonly writtenAtMs: number } | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    const { url } = JSON.parse(text) as { readonly url?: unknown }
    return typeof url === 'string' && /^https?:$/.test(new URL(url).protocol)
      ? { url, writtenAtMs: mtimeMs }
      : undefined
  } catch {
    return undefined
  }
}
