import { type IncomingMessage, request } from 'node:http'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

export interface ReadEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** A client of server-sent events, which reads as little or as much as it is told. */
export class EventReader {
  readonly #response: IncomingMessage
  readonly #events: ReadEvent[] = []
  readonly #wakers = new Set<() => void>()
  #text = ''
  #ended = false
  /** Comments that came. */
  comments = 0
  lastEventId = ''

  constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => this.#take(chunk))
    response.on('close', () => this.#end())
    response.on('error', () => this.#end())
  }

  get headers(): IncomingMessage['headers'] {
    return this.#response.headers
  }

  get status(): number {
    return this.#response.statusCode ?? 0
  }

  get events(): readonly ReadEvent[] {
    return this.#events
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Takes nothing from the connection any more. */
  pause(): void {
    this.#response.pause()
    this.#response.socket.pause()
  }

  resume(): void {
    this.#response.socket.resume()
    this.#response.resume()
  }

  leave(): void {
    this.#response.destroy()
  }

  /** Resolves when `condition` holds; it is asked again whenever something came. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw new Error('the stream ended first')
      await this.#somethingCame()
    }
  }

  /** The first `count` events. */
  async read(count: number): Promise<readonly ReadEvent[]> {
    await this.until(() => this.#events.length >= count)
    return this.#events.slice(0, count)
  }

  async end(): Promise<void> {
    while (!this.#ended) await this.#somethingCame()
  }

  #somethingCame(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.add(resolve)
    })
  }

  #take(chunk: string): void {
    this.#text += chunk
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) this.#takeBlock(block)
    this.#wake()
  }

  #takeBlock(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments += 1
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2))
    }
    this.lastEventId = fields.get('id') ?? this.lastEventId
    const data = fields.get('data')
    if (data !== undefined) this.#events.push({ id: this.lastEventId, event: fields.get('event') ?? 'message', data })
  }

  #end(): void {
    this.#ended = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
    this.#wakers.clear()
  }
}

/** Opens a stream of a server; it is left after the test. */
export function openStream(
  t: TestContext,
  {
    url,
    headers = {},
    query = '',
  }: { readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly query?: string },
): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/stream${query}`, { headers, agent: false })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const reader = new EventReader(response)
      defer(t, () => reader.leave())
      resolve(reader)
    })
    asked.end()
  })
}
