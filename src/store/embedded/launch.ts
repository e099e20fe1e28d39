import { closeSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { findPackage, prepareBinaries } from './binaries.ts'
import { ensureData, type Layout } from './data-folder.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { freePort } from './free-port.ts'
import { type Lease, openLease } from './lease.ts'
import { findPostmaster, type Postmaster, type ServerProcess, spawnPostmaster } from './postmaster.ts'
import { chooseServerUser, handOver } from './server-user.ts'

/** A server that this process started. */
export interface LaunchedServer {
  readonly postmaster: Postmaster
  readonly lease: Lease
  readonly server: ServerProcess
}

export interface LaunchOptions {
  readonly layout: Layout
  readonly password: string
  readonly port: number | undefined
}

// Replaying what a killed server left behind takes most of it, at worst.
const READY_TIMEOUT_MS = 60_000
export const POLL_MS = 20

/**
 * Starts a server and waits until it accepts connections.
 *
 * @returns undefined when another process was faster, or when the free port was taken meanwhile: look again
 * @throws {EmbeddedPostgresError} no-binaries, cannot-run, port-in-use or start-failed
 */
export async function launchServer(
  components: { readonly logger: Logger; readonly clock: Clock },
  { layout, password, port: wanted }: LaunchOptions,
): Promise<LaunchedServer | undefined> {
  const port = await freePort(wanted ?? 0)
  if ((await findPostmaster(layout.data)) !== undefined) return undefined
  if (port === undefined) throw portInUse(wanted)
  const { directory } = layout
  const binaries = await prepareBinaries(components, { packageFolder: await findPackage(), directory })
  const user = await chooseServerUser({ binaries }, layout)
  await ensureData({ binaries, user }, { layout, password })
  if ((await findPostmaster(layout.data)) !== undefined) return undefined
  await handOver(layout.data, user.owner)
  const { lease, watcherEnd } = await openLease(layout.lease)
  try {
    const logStart = await sizeOf(layout.log)
    const server = spawnPostmaster({ binaries, user }, { ...layout, port, watcherEnd })
    components.logger.debug('starting Postgres', { port, as: user.label, data: layout.data })
    const postmaster = await untilReady(components, { server, layout })
    if (postmaster !== undefined) return { postmaster, lease, server }
    lease.release()
    if ((await findPostmaster(layout.data)) !== undefined) return undefined
    if ((await freePort(port)) === undefined) {
      if (wanted !== undefined) throw portInUse(wanted)
      return undefined
    }
    throw new EmbeddedPostgresError(
      'start-failed',
      `Postgres did not start on ${layout.data}. Its last words in ${layout.log}:\n${await tail(layout.log, logStart)}`,
    )
  } catch (error) {
    lease.release()
    throw error
  } finally {
    closeSync(watcherEnd)
  }
}

/** @returns undefined when the server ended instead */
async function untilReady(
  { clock }: { readonly clock: Clock },
  { server, layout }: { readonly server: ServerProcess; readonly layout: Layout },
): Promise<Postmaster | undefined> {
  const deadlineMs = clock.now().monoMs + READY_TIMEOUT_MS
  while (!server.hasEnded() && clock.now().monoMs < deadlineMs) {
    const postmaster = await findPostmaster(layout.data)
    if (postmaster?.ready && postmaster.pid === server.pid()) return postmaster
    await clock.sleep(POLL_MS)
  }
  server.kill()
  return undefined
}

function portInUse(port: number | undefined): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'port-in-use',
    `Port ${port} of 127.0.0.1, meant for the embedded Postgres, is in use: stop what listens there or choose another port.`,
  )
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  return found?.size ?? 0
}

const TAIL_BYTES = 2_000

/** What was written to the file since it was `start` bytes long; the end of it, when that is much. */
async function tail(file: string, start: number): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const from = Math.max(start, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
    return buffer.toString('utf8', 0, bytesRead).trimEnd()
  } finally {
    await handle.close()
  }
}
