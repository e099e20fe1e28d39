import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

/** A new empty directory, which is removed when the test has ended, and all that was deferred since. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-price-'))
  defer(t, () => rm(directory, { recursive: true, force: true }))
  return directory
}
