import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../src/core/clock.ts'
import type { Logger } from '../src/core/logger.ts'
import { Releases } from '../src/node/releases.ts'
import { systemClock } from '../src/node/system-clock.ts'
import { startEmbeddedPostgres } from '../src/store/embedded/embedded-postgres.ts'
import { migrate } from '../src/store/migrations.ts'
import { createBenchLogger } from './bench-logger.ts'
import type { Progress } from './progress.ts'

/** What every section works with, and where it puts what must be let go of. */
export interface Workbench {
  readonly clock: Clock
  readonly logger: Logger
  readonly progress: Progress
  /** Aborted when somebody stops the bench. */
  readonly signal: AbortSignal
  readonly releases: Releases
  /** URL of a migrated database; its server is started when it is first asked for. */
  databaseUrl(): Promise<string>
  /** A directory that nobody else has. */
  newDirectory(): Promise<string>
}

/** Runs `work` on a workbench and puts everything away afterwards, whatever happens. */
export async function withWorkbench<T>(
  { progress, signal }: Pick<Workbench, 'progress' | 'signal'>,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  const releases = new Releases()
  const logger = createBenchLogger(({ level, message, facts }) => {
    if (level !== 'warn' && level !== 'error') return
    const { error } = facts
    progress.note(`${level}: ${message}${error instanceof Error ? ` (${error.message})` : ''}`)
  })
  const clock = systemClock
  const root = await mkdtemp(join(tmpdir(), 'gossip-price-bench-'))
  releases.add('temporary directory', () => rm(root, { recursive: true, force: true }))
  let database: Promise<string> | undefined

  async function startDatabase(): Promise<string> {
    const directory = join(root, 'postgres')
    const postgres = await startEmbeddedPostgres({ clock, logger }, { directory, database: 'prices' })
    releases.add('Postgres', () => postgres.stop())
    await migrate({ logger }, { url: postgres.url })
    return postgres.url
  }

  try {
    return await work({
      clock,
      logger,
      progress,
      signal,
      releases,
      databaseUrl: () => (database ??= startDatabase()),
      newDirectory: () => mkdtemp(join(root, 'network-')),
    })
  } finally {
    progress.step('putting everything away')
    await releases.run({ logger })
    progress.clear()
  }
}

const POLL_MS = 5

/**
 * Waits until `condition` holds.
 *
 * @returns whether it did within `timeoutMs`
 * @throws the signal's reason when the bench is stopped
 */
export async function waitUntil(
  { clock, signal }: Pick<Workbench, 'clock' | 'signal'>,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, pollMs = POLL_MS }: { readonly timeoutMs: number; readonly pollMs?: number },
): Promise<boolean> {
  const deadlineMs = clock.now().monoMs + timeoutMs
  while (!(await condition())) {
    if (clock.now().monoMs > deadlineMs) return false
    await clock.sleep(pollMs, signal)
  }
  return true
}
