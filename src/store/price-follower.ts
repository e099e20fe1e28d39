import { randomUUID } from 'node:crypto'
import { Client, type QueryResultRow } from 'pg'
import type { Clock, Random } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import { RecentMap } from '../core/recent-map.ts'
import { type RetryPace, retryDelayMs } from '../core/retry-delay.ts'
import type { StatementId } from '../core/statement.ts'
import { closeClient } from './close-client.ts'
import { parseCommitted, renderProbe } from './committed-notice.ts'
import { connectionOptions } from './connection.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'
import { BEGIN_SNAPSHOT, END_SNAPSHOT, NOW, PRICES_BY_ID, PRICES_WRITTEN_SINCE } from './follow-sql.ts'
import { COMMITTED_CHANNEL, LISTEN, NEWEST_PRICES, NOTIFY_ALL } from './price-sql.ts'
import { type PriceRecord, type StoredPrice, storedPrice } from './stored-price.ts'

export interface PriceFollowerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Told of rows, each once: first the newest there are, the oldest of them first, then what comes. */
  readonly onRows: (rows: readonly StoredPrice[]) => void
}

export interface PriceFollowerOptions {
  /** Postgres URL. */
  readonly url: string
  /** Rows of this network only. @default all */
  readonly network?: string | undefined
  /** How many of the rows that are there already; 0 for none. */
  readonly newest: number
  /** How long a notification may take from one connection to the other, milliseconds. @default 5000 */
  readonly probeTimeoutMs?: number
  /** Rows that were told of, remembered. @default 50000 */
  readonly remembered?: number
}

const PROBE_TIMEOUT_MS = 5_000
const KEEP_ALIVE_MS = 30_000
const CLOSE_TIMEOUT_MS = 1_000
const LOST: RetryPace = { firstMs: 500, capMs: 15_000 }
/** A row is written when its transaction begins, and seen when that ends: those of nodes take 30 s at most. */
const OVERLAP_MS = 120_000
const ROWS_AT_ONCE = 1_000
const MOST_REMEMBERED = 50_000

/**
 * Tells of every row that comes into `prices`, as soon as it is committed. When the connection is lost it connects
 * again, and tells of what was written meanwhile.
 */
export class PriceFollower {
  readonly #components: PriceFollowerComponents
  readonly #options: PriceFollowerOptions
  readonly #database: string
  readonly #told: RecentMap<StatementId, true>
  readonly #stopping = new AbortController()
  readonly #stopped = Promise.withResolvers<void>()
  /** From when on rows may have been missed, on the clock of the database; undefined before the first connection. */
  #sinceMs: number | undefined
  #client: Client | undefined
  #following: Promise<void> | undefined

  constructor(components: PriceFollowerComponents, options: PriceFollowerOptions) {
    this.#components = components
    this.#options = options
    this.#database = describeDatabase(options.url)
    this.#told = new RecentMap({ limit: options.remembered ?? MOST_REMEMBERED })
  }

  /**
   * Resolves when the rows that are there were told of, and nothing that comes is missed.
   *
   * @throws {TableUnavailableError} when the database cannot be listened to; later on that is waited for
   */
  async start(): Promise<void> {
    const connection = await this.#connect()
    this.#following = this.#follow(connection)
  }

  /** Ends the connection; idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopped.resolve()
    await this.#following
    await this.#disconnect()
  }

  async #follow(first: Connection): Promise<void> {
    const { clock, random, logger } = this.#components
    let connection = first
    for (;;) {
      await Promise.race([connection.lost, this.#stopped.promise])
      if (this.#stopping.signal.aborted) return
      logger.warn(`the connection to ${this.#database} is lost; what is written meanwhile comes when it is back`)
      for (let failures = 0, back = false; !back; failures++) {
        await clock.sleep(retryDelayMs(random, { ...LOST, failures }), this.#stopping.signal).catch(() => undefined)
        if (this.#stopping.signal.aborted) return
        try {
          const again = await Promise.race([this.#connect(), this.#stopped.promise])
          if (again === undefined) return
          connection = again
          back = true
        } catch (error) {
          logger.debug('the database cannot be listened to', { error })
        }
      }
    }
  }

  /** Listens, and tells of what is there. */
  async #connect(): Promise<Connection> {
    await this.#disconnect()
    this.#stopping.signal.throwIfAborted()
    const client = new Client({ ...connectionOptions(this.#options.url), keepAliveInitialDelayMillis: KEEP_ALIVE_MS })
    this.#client = client
    const lost = Promise.withResolvers<void>()
    const probe = { token: randomUUID(), heard: Promise.withResolvers<void>() }
    // One after another, in the order in which they were heard; the first waits for what was there before.
    let work: Promise<void> | undefined
    const heard: StatementId[] = []
    const onBroken = (error: unknown): void => {
      this.#components.logger.debug('the connection that follows the table broke', { error })
      lost.resolve()
    }
    const drain = (): void => {
      work = work?.then(() => this.#tellOf(heard.splice(0), { client, aheadMs })).catch(onBroken)
    }
    client.on('error', onBroken)
    client.on('end', () => lost.resolve())
    client.on('notification', ({ channel, payload = '' }) => {
      const committed = channel === COMMITTED_CHANNEL ? parseCommitted(payload) : undefined
      if (committed?.probe === probe.token) probe.heard.resolve()
      if (committed === undefined || committed.ids.length === 0) return
      heard.push(...committed.ids)
      drain()
    })
    let aheadMs = 0
    try {
      await client.connect()
      await client.query(LISTEN)
      await this.#requireProbe(probe)
      aheadMs = await this.#catchUp(client)
      work = Promise.resolve()
      drain()
      return { lost: lost.promise }
    } catch (error) {
      await this.#disconnect()
      throw asUnavailable(error, this.#database)
    }
  }

  /** On the connection itself a notification would always be heard; a pooler shows on another one. */
  async #requireProbe(probe: { readonly token: string; readonly heard: PromiseWithResolvers<void> }): Promise<void> {
    const { url, probeTimeoutMs = PROBE_TIMEOUT_MS } = this.#options
    const sender = new Client(connectionOptions(url))
    sender.on('error', (error) => this.#components.logger.debug('the connection that tries it broke', { error }))
    const waiting = new AbortController()
    try {
      await sender.connect()
      await sender.query(NOTIFY_ALL, [renderProbe(this.#options.network ?? '', probe.token)])
      const tooLate = this.#components.clock.sleep(probeTimeoutMs, waiting.signal).then(() => true)
      if (!(await Promise.race([probe.heard.promise.then(() => false), tooLate]))) return
      throw new TableUnavailableError(
        'other',
        `${this.#database} takes LISTEN and passes no notifications on, as poolers do in transaction mode: name ` +
          'Postgres itself, or a pooler in session mode.',
      )
    } finally {
      waiting.abort()
      await closeClient(this.#components, { client: sender, atMostMs: CLOSE_TIMEOUT_MS })
    }
  }

  /** @returns how far the clock of the database is ahead of the monotonic one, milliseconds */
  async #catchUp(client: Client): Promise<number> {
    // In one snapshot: what is committed after it is heard of, and has not been there before.
    await client.query(BEGIN_SNAPSHOT)
    const aheadMs = await this.#tellOfSnapshot(client)
    await client.query(END_SNAPSHOT)
    return aheadMs
  }

  async #tellOfSnapshot(client: Client): Promise<number> {
    const { network = null, newest } = this.#options
    const [{ now_ms: nowMs } = { now_ms: 0 }] = await rowsOf<{ now_ms: number }>(client, NOW, [])
    const aheadMs = nowMs - this.#components.clock.now().monoMs
    const sinceMs = nowMs - OVERLAP_MS
    if (this.#sinceMs === undefined) {
      const rows = await rowsOf<PriceRecord>(client, NEWEST_PRICES, [newest, network, null, null])
      this.#tell(rows.toReversed())
      // They were there before, and must not come as news after a reconnection.
      await this.#eachWrittenSince(client, sinceMs, (records) => records.forEach(({ id }) => this.#told.set(id, true)))
    } else await this.#eachWrittenSince(client, this.#sinceMs, (records) => this.#tell(records))
    this.#sinceMs = sinceMs
    return aheadMs
  }

  async #eachWrittenSince(
    client: Client,
    sinceMs: number,
    use: (records: readonly WrittenRecord[]) => void,
  ): Promise<void> {
    const { network = null } = this.#options
    let last: WrittenRecord | undefined
    do {
      const place = [last?.created ?? null, last?.id ?? null]
      const values = [sinceMs, network, ...place, ROWS_AT_ONCE]
      const records: readonly WrittenRecord[] = await rowsOf<WrittenRecord>(client, PRICES_WRITTEN_SINCE, values)
      use(records)
      last = records.length < ROWS_AT_ONCE ? undefined : records.at(-1)
    } while (last !== undefined)
  }

  async #tellOf(
    ids: readonly StatementId[],
    { client, aheadMs }: { readonly client: Client; readonly aheadMs: number },
  ): Promise<void> {
    let sinceMs = this.#sinceMs ?? 0
    for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
      const some = ids.slice(from, from + ROWS_AT_ONCE)
      const records = await rowsOf<PriceRecord>(client, PRICES_BY_ID, [some, this.#options.network ?? null])
      this.#tell(records)
      // Notifications come in the order of the commits, however late: whatever ended before these has been told of. But
      // whoever writes a row may say that it is of a time to come.
      const nowMs = Math.floor(this.#components.clock.now().monoMs + aheadMs)
      for (const { created_ms: createdMs } of records) {
        sinceMs = Math.max(sinceMs, Math.min(Number(createdMs), nowMs) - OVERLAP_MS)
      }
    }
    this.#sinceMs = sinceMs
  }

  #tell(records: readonly PriceRecord[]): void {
    const news = records.filter(({ id }) => !this.#told.has(id))
    for (const { id } of news) this.#told.set(id, true)
    const rows = news.flatMap((record) => this.#read(record))
    if (rows.length > 0) this.#components.onRows(rows)
  }

  #read(record: PriceRecord): StoredPrice[] {
    try {
      return [storedPrice(record)]
    } catch (error) {
      this.#components.logger.warn(error instanceof Error ? error.message : String(error))
      return []
    }
  }

  async #disconnect(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) await closeClient(this.#components, { client, atMostMs: CLOSE_TIMEOUT_MS })
  }
}

interface Connection {
  /** Resolves when it is lost. */
  readonly lost: Promise<void>
}

interface WrittenRecord extends PriceRecord {
  /** On the clock of the database, as it prints it. */
  readonly created: string
}

async function rowsOf<R>(client: Client, text: string, values: readonly unknown[]): Promise<readonly R[]> {
  const { rows } = await client.query<R & QueryResultRow>(text, [...values])
  return rows
}
