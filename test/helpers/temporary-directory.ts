import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A new empty directory, which is removed when the test ends. */
export async function temporaryDirectory(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-price-'))
  test.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}
