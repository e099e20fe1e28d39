/** What one server takes on; each has a row in docs/api.md. */
export interface ApiLimits {
  /** Characters of a request's target, path and query together. */
  readonly urlLength: number
  /** Bytes of all headers. */
  readonly headerBytes: number
  /** Open connections, streams included; one more takes the place of one that asks for nothing. */
  readonly connections: number
  /** Requests on one connection. */
  readonly requestsPerConnection: number
  /** Until a whole request must have come, milliseconds. */
  readonly requestTimeoutMs: number
  /** Without a byte in either direction, milliseconds; more than {@link ApiLimits.heartbeatMs}. */
  readonly silenceMs: number
  /** Between two requests on a connection, milliseconds. */
  readonly keepAliveMs: number
  /** What one client may cost at once, and a second: 1 for a request, more for one that asks the database. */
  readonly burst: number
  readonly costPerSecond: number
  /** Client addresses that are told apart; beyond it the one seen longest ago is forgotten. */
  readonly clients: number
  /** Open streams, and those of one client. */
  readonly streams: number
  readonly streamsPerClient: number
  /** Events that a stream can be behind, or take up again. */
  readonly events: number
  /** Between two comments on a stream, milliseconds; a reader that takes nothing for two of them is dropped. */
  readonly heartbeatMs: number
  /** How long requests under way are waited for when the server closes, milliseconds. */
  readonly closeMs: number
}

export const API_LIMITS: ApiLimits = {
  urlLength: 2_048,
  headerBytes: 8_192,
  connections: 256,
  requestsPerConnection: 1_000,
  requestTimeoutMs: 5_000,
  silenceMs: 40_000,
  keepAliveMs: 10_000,
  burst: 1_000,
  costPerSecond: 200,
  clients: 4_096,
  streams: 64,
  streamsPerClient: 16,
  events: 1_000,
  heartbeatMs: 15_000,
  closeMs: 500,
}

/** What a request costs that the database must be asked for, or that gathers all metrics. */
export const DEAR = 5
