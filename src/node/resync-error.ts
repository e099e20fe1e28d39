type ResyncErrorCode = 'bootstrap' | 'open-network' | 'off' | 'running' | 'no-peer' | 'no-history'

/** History cannot be taken over. The message says why, and what to do instead. */
export class ResyncError extends Error {
  override readonly name = 'ResyncError'
  readonly code: ResyncErrorCode

  constructor(code: ResyncErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
