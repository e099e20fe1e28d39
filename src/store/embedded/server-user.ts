import { execFile, type SpawnOptions } from 'node:child_process'
import { lchown, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import type { Layout } from './data-folder.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const run = promisify(execFile)

/** As whom Postgres runs. It refuses to run as the superuser, who may still be the one that starts it. */
export interface ServerUser {
  /** For people: `this user`, `user postgres`, `a user namespace`. */
  readonly label: string
  /** Owner of the data directory; undefined when that is whoever makes it. */
  readonly owner: Owner | undefined
  /** The command that runs `command` as this user, with options for spawn. */
  command(command: string, args: readonly string[]): ServerCommand
}

interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly options: Pick<SpawnOptions, 'uid' | 'gid' | 'env'>
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Picks who can run these binaries on data below `directory`: this user, unless it is the superuser; else whoever owns
 * the data or the directory, `postgres` or `nobody`; else the superuser inside a user namespace, where it is not one;
 * else `nobody` with the right to pass closed directories.
 *
 * @throws {EmbeddedPostgresError} cannot-run, with what each of them was told
 */
export async function chooseServerUser(
  { binaries }: { readonly binaries: Binaries },
  { directory, data }: Pick<Layout, 'directory' | 'data'>,
): Promise<ServerUser> {
  const refusals: string[] = []
  for (const user of await candidates(directory, data)) {
    try {
      await tryOut(user, { binaries, directory })
      return user
    } catch (error) {
      refusals.push(`as ${user.label}: ${reasonOf(error)}`)
    }
  }
  throw new EmbeddedPostgresError(
    'cannot-run',
    `The embedded Postgres does not run here (${refusals.join('; ')}). Start this program as a user who can read ` +
      `${dirname(binaries.postgres)} and write ${directory}, or set GP_DATABASEURL to the URL of a Postgres.`,
  )
}

/** Gives the data to the user that Postgres runs as, when it belongs to another. No server may be running on it. */
export async function handOver(folder: string, owner: Owner | undefined): Promise<void> {
  if (owner === undefined) return
  const found = await stat(folder)
  if (found.uid === owner.uid) return
  for (const name of await readdir(folder, { recursive: true })) await lchown(join(folder, name), owner.uid, owner.gid)
  await lchown(folder, owner.uid, owner.gid)
}

async function candidates(directory: string, data: string): Promise<readonly ServerUser[]> {
  if (process.getuid?.() !== 0) return [thisUser]
  const nobody = await account('nobody')
  const owners = await Promise.all([ownerOf(data), ownerOf(directory), account('postgres')])
  const others = new Map<number, Owner>()
  for (const owner of [...owners, nobody]) {
    if (owner !== undefined && owner.uid !== 0) others.set(owner.uid, owner)
  }
  const lastResort = nobody === undefined ? [] : [userWithMasterKey(nobody)]
  return [...Array.from(others.values(), otherUser), userNamespace, ...lastResort]
}

const thisUser: ServerUser = {
  label: 'this user',
  owner: undefined,
  command: (file, args) => ({ file, args, options: { env: environment() } }),
}

function otherUser(owner: Owner): ServerUser {
  return {
    label: `user ${owner.uid}`,
    owner,
    command: (file, args) => ({ file, args, options: { ...owner, env: environment() } }),
  }
}

const userNamespace: ServerUser = {
  label: 'root in a user namespace',
  owner: { uid: 0, gid: 0 },
  command: (file, args) => ({
    file: 'unshare',
    args: ['--user', '--', file, ...args],
    options: { env: environment() },
  }),
}

/** For containers that forbid user namespaces: a user who is let into directories that are closed to it. */
function userWithMasterKey(owner: Owner): ServerUser {
  const ids = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  return {
    label: `user ${owner.uid} with CAP_DAC_OVERRIDE`,
    owner,
    command: (file, args) => ({
      file: 'setpriv',
      args: [...ids, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--', file, ...args],
      options: { env: environment() },
    }),
  }
}

/** Nothing but the search path: PGPORT, PGDATA and the like in our own environment are meant for other servers. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
}

async function tryOut(
  user: ServerUser,
  { binaries, directory }: { readonly binaries: Binaries; readonly directory: string },
): Promise<void> {
  const reach = 'cd "$1" && test -x "$2" && exec "$3" --version'
  const { file, args, options } = user.command('/bin/sh', [
    '-c',
    reach,
    'sh',
    directory,
    binaries.initdb,
    binaries.postgres,
  ])
  await run(file, args, { ...options, timeout: 10_000 })
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid }
}

async function account(name: string): Promise<Owner | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => (await run('id', [flag, name])).stdout.trim()),
    )
    return { uid: Number(uid), gid: Number(gid) }
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'stderr' in error ? String(error.stderr).trim() : ''
  return said === '' ? error.message : said
}
