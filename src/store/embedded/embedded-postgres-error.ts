/**
 * - `no-binaries`: no package with a Postgres for this platform is installed
 * - `cannot-run`: the binaries do not run here, or not as any user at hand
 * - `port-in-use`: the port asked for is taken
 * - `password-lost`: the data directory is there, the password that fits it is not
 * - `start-failed`: Postgres was asked to start and did not become ready
 * - `stop-failed`: Postgres was asked to end and did not
 */
export type EmbeddedPostgresErrorCode =
  | 'no-binaries'
  | 'cannot-run'
  | 'port-in-use'
  | 'password-lost'
  | 'start-failed'
  | 'stop-failed'

/** The embedded Postgres does not work. The message says why and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
