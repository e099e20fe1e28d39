import type { TestContext } from 'node:test'

const deferred = new WeakMap<TestContext, (() => unknown)[]>()

/**
 * Runs `release` after the test, the last deferred first, so that what was built on something goes before it; `t.after`
 * alone runs them the other way round. One that fails holds up no other, and fails the test.
 */
export function defer(t: TestContext, release: () => unknown): void {
  const known = deferred.get(t)
  if (known !== undefined) {
    known.push(release)
    return
  }
  const releases = [release]
  deferred.set(t, releases)
  t.after(() => releaseAll(releases))
}

async function releaseAll(releases: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const release of releases.toReversed()) {
    try {
      await release()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'what a test leaves behind could not be released')
}
