import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretValue } from '../core/secret-value.ts'
import { writeWhole } from '../files/whole-file.ts'

const FILE_NAME = 'connection.json'
const OWNER_ONLY = 0o600

/** A database that something in this directory has started, and when it said so. */
export interface FoundConnection {
  readonly url: SecretValue<string>
  readonly file: string
  /** Milliseconds since the Unix epoch. */
  readonly writtenAtMs: number
}

/**
 * Leaves word of the database that this process runs, in a file that only its owner can read, for commands that look
 * for one. Whoever starts a database writes it when it is ready, and removes it with {@link removeConnection}.
 */
export async function writeConnection(directory: string, url: SecretValue<string>): Promise<void> {
  await mkdir(directory, { recursive: true })
  const text = `${JSON.stringify({ url: url.reveal() })}\n`
  await writeWhole(join(directory, FILE_NAME), text, { mode: OWNER_ONLY })
}

export async function removeConnection(directory: string): Promise<void> {
  await rm(join(directory, FILE_NAME), { force: true })
}

/** The databases that `directories` tell of, the newest word first. A file that cannot be understood tells of none. */
export async function findConnections(directories: readonly string[]): Promise<readonly FoundConnection[]> {
  const found = await Promise.all([...new Set(directories)].map(readConnection))
  return found.filter((each) => each !== undefined).toSorted((a, b) => b.writtenAtMs - a.writtenAtMs)
}

async function readConnection(directory: string): Promise<FoundConnection | undefined> {
  const file = join(directory, FILE_NAME)
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (typeof parsed !== 'object' || parsed === null || !('url' in parsed)) return undefined
    const url = String(parsed.url)
    if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) return undefined
    return { url: new SecretValue(url), file, writtenAtMs: (await stat(file)).mtimeMs }
  } catch {
    return undefined
  }
}
