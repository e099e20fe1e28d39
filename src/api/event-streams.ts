import type { ServerResponse } from 'node:http'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { EventRing } from './event-ring.ts'
import type { ApiLimits } from './limits.ts'
import { Problem } from './problem.ts'

/** How soon a browser connects again, milliseconds. */
const RETRY_MS = 2_000
/** A reader that was cut off, or loads its page again, is back by then, milliseconds. */
const RETURN_MS = 60_000

interface Stream {
  readonly response: ServerResponse
  readonly client: string
  /** The number of the event that it is sent next. */
  next: number
  /** Heartbeats in a row at which it had not taken what it was sent before. */
  stuck: number
}

export interface EventStreamsComponents {
  readonly clock: Clock
  readonly counters: Counters
  readonly ring: EventRing
}

export type EventStreamsLimits = Pick<ApiLimits, 'streams' | 'streamsPerClient' | 'heartbeatMs'>

/**
 * The open streams. Each reads from the ring at its own pace, so that a slow reader costs no memory but its own place;
 * one that falls out of the ring is dropped, and comes back with the number that it was at.
 */
export class EventStreams {
  readonly #components: EventStreamsComponents
  readonly #limits: EventStreamsLimits
  readonly #streams = new Set<Stream>()
  #cancelHeartbeat: (() => void) | undefined
  #leftAtMs = Number.NEGATIVE_INFINITY

  constructor(components: EventStreamsComponents, limits: EventStreamsLimits) {
    this.#components = components
    this.#limits = limits
  }

  get size(): number {
    return this.#streams.size
  }

  /** Whether anybody reads, or did a moment ago and may come back. */
  get isFollowed(): boolean {
    return this.size > 0 || this.#components.clock.now().monoMs - this.#leftAtMs < RETURN_MS
  }

  /** Tells all readers to begin anew. */
  reset(): void {
    this.#components.ring.push('reset', RESET)
    this.publish()
  }

  /** @throws {Problem} when there is no room for another stream of this client */
  admit(client: string): void {
    const { streams, streamsPerClient } = this.#limits
    const own = [...this.#streams].filter((stream) => stream.client === client).length
    if (this.#streams.size < streams && own < streamsPerClient) return
    const detail =
      own < streamsPerClient ? 'There are too many streams: come back later.' : 'You have too many streams.'
    throw new Problem(503, { detail, headers: { 'retry-after': '10' } })
  }

  /**
   * Sends events from now on, or from where the client was.
   *
   * @param response - its head is written; it is this object's from now on
   */
  open(
    response: ServerResponse,
    { client, lastEventId }: { readonly client: string; readonly lastEventId: string | undefined },
  ): void {
    const { ring } = this.#components
    const resumed = lastEventId === undefined ? undefined : ring.after(lastEventId)
    const stream: Stream = { response, client, next: resumed ?? ring.last + 1, stuck: 0 }
    this.#streams.add(stream)
    response.on('close', () => this.#forget(stream, 'left'))
    response.on('error', () => this.#forget(stream, 'left'))
    response.on('drain', () => this.#pump(stream))
    response.write(`retry: ${RETRY_MS}\n`)
    if (resumed !== undefined) response.write('\n')
    // An id without data: the client knows from the start where it is.
    else if (lastEventId === undefined) response.write(`${ring.idLine(ring.last)}\n`)
    else response.write(`${ring.idLine(ring.last)}event: reset\ndata: ${JSON.stringify(RESET)}\n\n`)
    this.#cancelHeartbeat ??= this.#components.clock.after(this.#limits.heartbeatMs, () => this.#heartbeat())
    this.#pump(stream)
  }

  /** Sends what has come into the ring. */
  publish(): void {
    for (const stream of this.#streams) this.#pump(stream)
  }

  /** Ends all streams; idempotent. */
  close(): void {
    this.#cancelHeartbeat?.()
    this.#cancelHeartbeat = undefined
    for (const stream of this.#streams) {
      stream.response.end()
      this.#forget(stream, 'closed')
    }
  }

  #pump(stream: Stream): void {
    const { ring } = this.#components
    const { response } = stream
    while (this.#streams.has(stream) && !response.writableNeedDrain && stream.next <= ring.last) {
      const text = ring.textOf(stream.next)
      if (text === undefined) {
        this.#drop(stream)
        return
      }
      stream.next += 1
      response.write(text)
    }
    if (stream.next < ring.oldest) this.#drop(stream)
  }

  #heartbeat(): void {
    this.#cancelHeartbeat = undefined
    for (const stream of this.#streams) {
      stream.stuck = stream.response.writableNeedDrain ? stream.stuck + 1 : 0
      if (stream.stuck > 1) this.#drop(stream)
      else if (stream.stuck === 0) stream.response.write(': still here\n\n')
    }
    if (this.#streams.size === 0) return
    this.#cancelHeartbeat = this.#components.clock.after(this.#limits.heartbeatMs, () => this.#heartbeat())
  }

  #drop(stream: Stream): void {
    this.#forget(stream, 'slow')
    stream.response.destroy()
  }

  #forget(stream: Stream, reason: 'left' | 'slow' | 'closed'): void {
    if (!this.#streams.delete(stream)) return
    const { clock, counters } = this.#components
    this.#leftAtMs = clock.now().monoMs
    counters.add('gp_http_streams_ended_total', { reason })
  }
}

const RESET = { detail: 'Events were missed: read again what you show.' }
