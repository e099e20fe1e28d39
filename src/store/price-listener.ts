import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import { type Hex, toHex } from '../core/hex.ts'
import type { DatabaseMarks } from '../core/history.ts'
import type { Logger } from '../core/logger.ts'
import { RecentMap } from '../core/recent-map.ts'
import { type RetryPace, retryDelayMs } from '../core/retry-delay.ts'
import type { StatementId } from '../core/statement.ts'
import { closeClient } from './close-client.ts'
import { type AuditNotice, type Committed, parseCommitted, renderProbe } from './committed-notice.ts'
import { connectionOptions } from './connection.ts'
import { describeDatabase } from './database-fault.ts'
import { COMMITTED_CHANNEL, LISTEN, NOTIFY_ALL } from './price-sql.ts'

export interface PriceListenerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
  /** Told of rows of the network that are in the table. */
  readonly onHeard: (ids: readonly StatementId[]) => void
  /** Told of statements of the network whose slots other rows hold. */
  readonly onDisputed?: ((ids: readonly StatementId[]) => void) | undefined
  /** Told when nothing is missed from now on, and when that ends. */
  readonly onHearing: (hearing: boolean) => void
  /** Told of looks of audits into the table, its own included. */
  readonly onAudit?: ((audit: AuditNotice) => void) | undefined
}

export interface PriceListenerOptions {
  /** Postgres URL. */
  readonly url: string
  /** The network whose rows are listened for. */
  readonly network: string
  /** How long the listener's own notification may take, milliseconds. @default 5000 */
  readonly probeTimeoutMs?: number
}

const MARK_BYTES = 16
const PROBE_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000
// A connection that only listens does not notice by itself that the server is gone without a word.
const KEEP_ALIVE_MS = 30_000
const LOST: RetryPace = { firstMs: 500, capMs: 15_000 }
// A pooler stays a pooler; but a server that was only slow must not be taken for one for long.
const DEAF: RetryPace = { firstMs: 15_000, capMs: 600_000 }
const CLOSE_TIMEOUT_MS = 400
// More than nodes of one network ever share a database: about half a megabyte.
const MARKS_LIMIT = 4_096

/**
 * Hears, on a connection of its own, which rows come into the table. It connects again whenever it has to, and finds out
 * whether it hears at all: behind a pooler that gives each transaction another connection, nobody does. What it tries
 * that with is heard by all others that listen there: it marks the database as theirs, too.
 */
export class PriceListener implements DatabaseMarks {
  readonly #components: PriceListenerComponents
  readonly #options: PriceListenerOptions
  readonly #stopping = new AbortController()
  readonly #stopped = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  /** In a row: how often no connection was had or kept, and how often one was that nothing came through. */
  #lost = 0
  #deaf = 0
  #own: Hex | undefined
  #marks = new RecentMap<Hex, true>({ limit: MARKS_LIMIT })

  constructor(components: PriceListenerComponents, options: PriceListenerOptions) {
    this.#components = components
    this.#options = options
  }

  /** Idempotent. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the connection; idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopped.resolve()
    await this.#running
  }

  /** Undefined while nothing is heard. */
  get own(): Hex | undefined {
    return this.#own
  }

  /** Whether it is still to be seen whether anything is heard. */
  get isSettling(): boolean {
    return this.#own === undefined && this.#deaf === 0
  }

  hasHeard(mark: Hex): boolean {
    return this.#marks.has(mark)
  }

  get #hasStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #run(): Promise<void> {
    const { clock, random, logger } = this.#components
    while (!this.#hasStopped) {
      let pace = LOST
      try {
        if ((await this.#listen()) === 'deaf') pace = DEAF
      } catch (error) {
        logger.debug('the connection that listens for committed rows failed', { error })
      }
      if (pace === DEAF) this.#noteDeaf()
      else this.#lost += 1
      const failures = (pace === DEAF ? this.#deaf : this.#lost) - 1
      const delayMs = retryDelayMs(random, { ...pace, failures })
      await clock.sleep(delayMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  /** Resolves when the connection has ended, or when nothing comes through it. */
  async #listen(): Promise<'lost' | 'deaf'> {
    const { counters, logger, onHearing } = this.#components
    const client = new Client({
      ...connectionOptions(this.#options.url),
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    })
    const ended = Promise.withResolvers<void>()
    client.on('error', (error) => {
      logger.debug('the connection that listens for committed rows broke', { error })
      ended.resolve()
    })
    client.on('end', () => ended.resolve())
    const probe = { token: toHex(randomBytes(MARK_BYTES)), heard: Promise.withResolvers<void>() }
    client.on('notification', ({ channel, payload = '' }) => {
      const committed = channel === COMMITTED_CHANNEL ? parseCommitted(payload) : undefined
      if (committed?.probe === probe.token) probe.heard.resolve()
      if (committed !== undefined) this.#take(committed)
    })
    const over = Promise.race([ended.promise, this.#stopped.promise])
    let hearing = false
    try {
      await Promise.race([client.connect(), over])
      if (this.#hasStopped) return 'lost'
      counters.add('gp_sql_statements_total', { statement: 'listen' })
      await Promise.race([client.query(LISTEN), over])
      if (!(await this.#comesThrough(probe, over))) return this.#hasStopped ? 'lost' : 'deaf'
      this.#lost = 0
      this.#deaf = 0
      hearing = true
      this.#own = probe.token
      onHearing(true)
      await over
      return 'lost'
    } finally {
      this.#own = undefined
      // Who connects again may find another database.
      this.#marks = new RecentMap({ limit: MARKS_LIMIT })
      if (hearing) onHearing(false)
      await closeClient(this.#components, { client, atMostMs: CLOSE_TIMEOUT_MS })
    }
  }

  /** Whether a notification reaches the listener that was sent on another connection; on its own it always would. */
  async #comesThrough(
    { token, heard }: { readonly token: string; readonly heard: PromiseWithResolvers<void> },
    over: Promise<void>,
  ): Promise<boolean> {
    const { clock, counters, logger } = this.#components
    const { url, network, probeTimeoutMs = PROBE_TIMEOUT_MS } = this.#options
    const sender = new Client({ ...connectionOptions(url), query_timeout: ANSWER_TIMEOUT_MS })
    sender.on('error', (error) => logger.debug('the connection that tries the listener broke', { error }))
    const waiting = new AbortController()
    try {
      await Promise.race([sender.connect(), over])
      if (this.#hasStopped) return false
      counters.add('gp_sql_statements_total', { statement: 'notify' })
      await Promise.race([sender.query(NOTIFY_ALL, [renderProbe(network, token)]), over])
      const tooLate = clock.sleep(probeTimeoutMs, waiting.signal).then(() => false)
      return await Promise.race([heard.promise.then(() => true), over.then(() => false), tooLate])
    } finally {
      waiting.abort()
      await closeClient(this.#components, { client: sender, atMostMs: CLOSE_TIMEOUT_MS })
    }
  }

  #take({ network, ids, equivocations = [], probe, audit }: Committed): void {
    const { onHeard, onDisputed, onAudit } = this.#components
    if (network !== this.#options.network) return
    if (audit !== undefined) onAudit?.(audit)
    if (probe !== undefined && isMark(probe)) this.#marks.set(probe, true)
    if (ids.length > 0) onHeard(ids)
    if (equivocations.length > 0) onDisputed?.(equivocations)
  }

  #noteDeaf(): void {
    this.#deaf += 1
    // Not at the first time: a server that has just begun may be slow.
    if (this.#deaf !== 2) return
    const database = describeDatabase(this.#options.url)
    this.#components.logger.warn(
      `${database} takes LISTEN and passes no notifications on, as poolers do in transaction mode: rows that other ` +
        'nodes write cost a read more. Let GP_DATABASEURL name Postgres itself, or a pooler in session mode.',
    )
  }
}

function isMark(probe: string): probe is Hex {
  return /^0x[0-9a-f]{32}$/.test(probe)
}
