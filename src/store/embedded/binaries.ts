import { access, chmod, constants, copyFile, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import type { Logger } from '../../core/logger.ts'
import { buildFolder, exists } from './build-folder.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { hasCode } from './operating-system.ts'

/** Programs of Postgres that are ready to run. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const WAY_OUT = 'Set GP_DATABASEURL to the URL of a Postgres (15 or newer) instead.'

/**
 * The folder of the optional package with the Postgres for this platform.
 *
 * @throws {EmbeddedPostgresError} no-binaries
 */
export async function findPackage(): Promise<string> {
  if (process.platform === 'win32') {
    throw new EmbeddedPostgresError('no-binaries', `The embedded Postgres runs on Linux and macOS only. ${WAY_OUT}`)
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const programs = (await import(name)) as { readonly postgres: string }
    return dirname(dirname(dirname(programs.postgres)))
  } catch (error) {
    throw new EmbeddedPostgresError(
      'no-binaries',
      `The embedded Postgres needs the optional package ${name}, which is not installed. ${WAY_OUT}`,
      { cause: error },
    )
  }
}

/**
 * The programs of the package, with their execute bits and library links in place: npm may leave out the package's own
 * install script, which makes the links. A package that cannot be written to is copied below `directory` and completed
 * there.
 */
export async function prepareBinaries(
  { logger }: { readonly logger: Logger },
  { packageFolder, directory }: { readonly packageFolder: string; readonly directory: string },
): Promise<Binaries> {
  try {
    await complete(packageFolder)
    return programsOf(packageFolder)
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error
    const copy = await copyOf(packageFolder, directory)
    logger.info('the package of the embedded Postgres is incomplete and read-only: using a copy', { copy })
    return programsOf(copy)
  }
}

function programsOf(packageFolder: string): Binaries {
  const bin = join(packageFolder, 'native', 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

/** Sets what is missing of execute bits and library links; where nothing is missing, nothing is written. */
async function complete(packageFolder: string): Promise<void> {
  for (const program of Object.values(programsOf(packageFolder))) await makeExecutable(program)
  for (const { source, target } of await readLinks(packageFolder)) {
    await makeLink(relative(dirname(target), source), join(packageFolder, target))
  }
}

async function makeExecutable(program: string): Promise<void> {
  const executable = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!executable) await chmod(program, 0o755)
}

interface LibraryLink {
  /** The library and the name that leads to it, both relative to the package. */
  readonly source: string
  readonly target: string
}

async function readLinks(packageFolder: string): Promise<readonly LibraryLink[]> {
  return JSON.parse(await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')) as LibraryLink[]
}

async function makeLink(to: string, path: string): Promise<void> {
  if (await exists(path)) return
  try {
    await symlink(to, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

async function copyOf(packageFolder: string, directory: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  const target = join(directory, `postgres-${version}`)
  await buildFolder({ target, proof: 'native' }, async (content) => {
    await copyFolder(join(packageFolder, 'native'), join(content, 'native'))
    await complete(content)
  })
  return target
}

/** Unlike fs.cp it gives folders our own permissions: those of a read-only package would keep us from completing it. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
    else await copyFile(source, target, constants.COPYFILE_FICLONE)
  }
}
