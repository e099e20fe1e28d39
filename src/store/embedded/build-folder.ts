import { access, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { isRunning } from './operating-system.ts'

/**
 * Makes a folder where nobody looks for it and moves it into place whole: whoever finds `target` finds it complete. Of
 * several processes that do so at once one wins, and the others drop what they made.
 *
 * @param proof - a path inside the folder that shows that it is in place
 * @param build - fills the private folder it is given; what it leaves at `content` below that is moved to `target`
 */
export async function buildFolder(
  { target, proof }: { readonly target: string; readonly proof: string },
  build: (content: string, workshop: string) => Promise<void>,
): Promise<void> {
  if (await exists(join(target, proof))) return
  await removeAbandoned(target)
  const workshop = await mkdtemp(`${target}.${MAKING}${process.pid}-`)
  try {
    const content = join(workshop, 'content')
    await build(content, workshop)
    await rename(content, target)
  } catch (error) {
    if (!(await exists(join(target, proof)))) throw error
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

const MAKING = 'making-'

/** A process that was killed while it built leaves its workshop behind; the process id in its name tells. */
async function removeAbandoned(target: string): Promise<void> {
  const prefix = `${basename(target)}.${MAKING}`
  const folder = dirname(target)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (!isRunning(pid)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
