import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import process from 'node:process'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { ensurePassword, type Layout, layoutOf } from './data-folder.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { databaseUrl, ensureDatabase } from './ensure-database.ts'
import { launchServer, POLL_MS } from './launch.ts'
import { joinLease, type Lease } from './lease.ts'
import { findPostmaster, type Postmaster, type ServerProcess } from './postmaster.ts'

export interface EmbeddedPostgresOptions {
  /** Holds the data, the password and the log of the server; made where it is missing. */
  readonly directory: string
  /** Port of 127.0.0.1 to listen on; without it, a free one. A server that runs already keeps the port it has. */
  readonly port?: number | undefined
  /** Name of the database to connect to; made where it is missing. */
  readonly database: string
}

/** A share in a running server. */
export interface EmbeddedPostgres {
  /** Where to connect to, password included. */
  readonly url: string
  readonly port: number
  /**
   * Gives the share back; idempotent. The server ends with its last share: sessions are closed, what was committed is
   * on disk, and this resolves once it is gone.
   *
   * @throws {EmbeddedPostgresError} stop-failed
   */
  stop(): Promise<void>
}

interface Components {
  readonly logger: Logger
  readonly clock: Clock
}

interface Share {
  readonly postmaster: Postmaster
  /** Undefined in a server that somebody started by hand: it does not end with us. */
  readonly lease: Lease | undefined
  /** The server, when this process started it. */
  readonly server?: ServerProcess
}

// A server that replays its log, or one that ends first because its users have just left.
const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 30_000
const ABORT_TIMEOUT_MS = 5_000
// Between the end of the last share and the first sign of the shutdown in postmaster.pid.
const UNWATCHED_PATIENCE_MS = 2_000

/**
 * Starts a real Postgres of one's own on the data in `directory`, or joins the one that runs on it already. The server
 * lives as long as any process that holds a share in it, and ends by itself when the last of them has ended in
 * whatever way, killed included.
 *
 * @throws {EmbeddedPostgresError}
 */
export async function startEmbeddedPostgres(
  components: Components,
  { directory, port: wantedPort, database }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { logger } = components
  const layout = layoutOf(resolve(directory))
  await mkdir(layout.directory, { recursive: true })
  const password = await ensurePassword(layout)
  const share = await takeShare(components, { layout, password, port: wantedPort, database })
  const { port } = share.postmaster
  logger.info(share.server === undefined ? 'joined the Postgres that runs already' : 'Postgres is up', {
    port,
    data: layout.data,
  })
  if (share.lease === undefined) {
    logger.warn('this Postgres was started by hand and will not end with us: stop it with pg_ctl', { port })
  }

  let stopping: Promise<void> | undefined
  share.server?.onEnd(() => {
    if (stopping !== undefined) return
    logger.error('Postgres ended by itself: look into its log, then start this program again', { log: layout.log })
  })
  return {
    url: databaseUrl({ port, password }, database),
    port,
    stop: () => (stopping ??= giveBack(components, { layout, share })),
  }
}

interface Request {
  readonly layout: Layout
  readonly password: string
  readonly port: number | undefined
  readonly database: string
}

async function takeShare(components: Components, request: Request): Promise<Share> {
  const { clock } = components
  const { layout } = request
  const deadlineMs = clock.now().monoMs + START_TIMEOUT_MS
  const join = joiner(components, layout)
  while (clock.now().monoMs < deadlineMs) {
    const found = await findPostmaster(layout.data)
    const share = found === undefined ? await launchServer(components, request) : join(found)
    if (share !== undefined && (await isUsable(components, { share, request }))) return share
    await clock.sleep(POLL_MS)
  }
  throw new EmbeddedPostgresError(
    'start-failed',
    `The Postgres that runs on ${layout.data} takes no connections: look into ${layout.log}, end it, and start again.`,
  )
}

function joiner({ clock }: Components, layout: Layout): (postmaster: Postmaster) => Share | undefined {
  let unwatched: { readonly pid: number; readonly sinceMs: number } | undefined
  return (postmaster) => {
    if (!postmaster.ready) return undefined
    const lease = joinLease(layout.lease)
    if (lease !== undefined) return { postmaster, lease }
    const nowMs = clock.now().monoMs
    if (unwatched?.pid !== postmaster.pid) unwatched = { pid: postmaster.pid, sinceMs: nowMs }
    return nowMs - unwatched.sinceMs < UNWATCHED_PATIENCE_MS ? undefined : { postmaster, lease }
  }
}

/** Sees that the database is there; false, and the share given back, when the server ends instead of answering. */
async function isUsable(
  { logger }: Components,
  { share, request }: { readonly share: Share; readonly request: Request },
): Promise<boolean> {
  try {
    await ensureDatabase({ port: share.postmaster.port, password: request.password }, request.database)
    if (share.lease === undefined || share.lease.watched()) return true
  } catch (error) {
    share.lease?.release()
    if (error instanceof EmbeddedPostgresError) throw error
    logger.debug('Postgres does not answer yet', { error })
    return false
  }
  share.lease.release()
  return false
}

async function giveBack(
  { logger, clock }: Components,
  { layout, share }: { readonly layout: Layout; readonly share: Share },
): Promise<void> {
  const { pid, port } = share.postmaster
  if (share.lease === undefined) return
  if (share.lease.release()) {
    logger.debug('Postgres goes on: others use it', { port })
    return
  }
  const isGone = async (): Promise<boolean> =>
    share.server === undefined ? (await findPostmaster(layout.data))?.pid !== pid : share.server.hasEnded()
  const endsWithin = async (timeoutMs: number): Promise<boolean> => {
    const deadlineMs = clock.now().monoMs + timeoutMs
    while (clock.now().monoMs < deadlineMs) {
      if (await isGone()) return true
      await clock.sleep(POLL_MS)
    }
    return isGone()
  }
  if (await endsWithin(STOP_TIMEOUT_MS)) return
  logger.warn('Postgres takes too long to end; ending it at once, it will replay its log at the next start', { port })
  process.kill(pid, 'SIGQUIT')
  if (await endsWithin(ABORT_TIMEOUT_MS)) return
  throw new EmbeddedPostgresError('stop-failed', `Postgres (process ${pid}) does not end: kill it by hand.`)
}
