import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Command lines of all processes that name `text`: on Linux without help of others, elsewhere as `ps` tells. */
export async function processesNaming(text: string): Promise<string[]> {
  const all = await commandLines().catch(async () => {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'args='])
    return stdout.split('\n')
  })
  return all.filter((line) => line.includes(text))
}

async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return line.replaceAll('\0', ' ')
    }),
  )
}
