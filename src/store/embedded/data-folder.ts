import { randomBytes } from 'node:crypto'
import { chown, link, readFile, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import { buildFolder, exists } from './build-folder.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { ServerUser } from './server-user.ts'
import { hasCode } from './operating-system.ts'

/** What the directory of an embedded Postgres holds. */
export function layoutOf(directory: string): Layout {
  return {
    directory,
    data: join(directory, 'data'),
    password: join(directory, 'password'),
    log: join(directory, 'postgres.log'),
    lease: join(directory, 'users.pipe'),
  }
}

export interface Layout {
  readonly directory: string
  readonly data: string
  readonly password: string
  readonly log: string
  readonly lease: string
}

export const SUPERUSER = 'postgres'

/** Where a data folder says which Postgres made it: its last file to be looked for, and there from the start. */
const PROOF = 'PG_VERSION'

/**
 * The superuser's password: made at random once, kept in a file that only its owner can read. Processes that start at
 * the same time agree on one.
 *
 * @throws {EmbeddedPostgresError} password-lost
 */
export async function ensurePassword({ data, password }: Layout): Promise<string> {
  const kept = await readKept(password)
  if (kept !== undefined) return kept
  if (await exists(join(data, PROOF))) {
    throw new EmbeddedPostgresError(
      'password-lost',
      `${data} holds a database whose password is missing: put ${password} back, or remove both to begin anew.`,
    )
  }
  const draft = `${password}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flush: true })
    await link(draft, password)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return (await readFile(password, 'utf8')).trim()
}

/**
 * Initialises the data folder where there is none: UTF-8, C locale, SCRAM for every connection.
 *
 * @throws {EmbeddedPostgresError} start-failed, with what initdb said
 */
export async function ensureData(
  { binaries, user }: { readonly binaries: Binaries; readonly user: ServerUser },
  { layout, password }: { readonly layout: Layout; readonly password: string },
): Promise<void> {
  await buildFolder({ target: layout.data, proof: PROOF }, async (content, workshop) => {
    const passwordFile = join(workshop, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (user.owner !== undefined) {
      for (const path of [workshop, passwordFile]) await chown(path, user.owner.uid, user.owner.gid)
    }
    const { file, args, options } = user.command(binaries.initdb, [
      `--pgdata=${content}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ])
    try {
      await promisify(execFile)(file, args, options)
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new EmbeddedPostgresError('start-failed', `Postgres could not initialise ${layout.data}: ${said}`, {
        cause: error,
      })
    }
  })
}

async function readKept(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
