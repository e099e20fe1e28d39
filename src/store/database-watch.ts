import { Client } from 'pg'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import { connectionOptions } from './connection.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'

const LOOK_MS = 15_000
const CONNECT_TIMEOUT_MS = 3_000

export interface DatabaseWatchComponents {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Looks whether the database lets this node in, between rows as well: a connection is opened and closed, which costs
 * no SQL statement.
 */
export class DatabaseWatch {
  readonly #components: DatabaseWatchComponents
  readonly #url: string
  readonly #stopping = new AbortController()
  #fault: string | undefined
  #looking: Promise<void> | undefined

  /** @param options - `url`: Postgres URL */
  constructor(components: DatabaseWatchComponents, { url }: { readonly url: string }) {
    this.#components = components
    this.#url = url
  }

  /** Why the database could not be reached when it was tried last; undefined when it could. */
  fault(): string | undefined {
    return this.#fault
  }

  /** Idempotent. */
  start(): void {
    this.#looking ??= this.#run()
  }

  /** Waits for no answer. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#components.clock.sleep(LOOK_MS, signal)
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
      await this.#look()
    }
  }

  async #look(): Promise<void> {
    const client = new Client({ ...connectionOptions(this.#url), connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
    const onBroken = (error: Error): void =>
      this.#components.logger.debug('the connection that tries the database broke', { error })
    client.on('error', onBroken)
    const { signal } = this.#stopping
    try {
      await unlessAborted(client.connect(), signal)
      this.#fault = undefined
      await unlessAborted(client.end(), signal)
    } catch (error) {
      if (!signal.aborted) this.#fault = asUnavailable(error, describeDatabase(this.#url)).message
      // Its socket may still wait for somebody who does not answer.
      client.end().catch(onBroken)
    }
  }
}
