export type HostErrorCode =
  | 'bad-address'
  | 'address-in-use'
  | 'address-not-available'
  | 'permission-denied'
  | 'listen-failed'
  | 'bad-network-key'
  | 'bad-peer-id'
  | 'start-failed'

/** The libp2p node cannot run as asked. The message says why and what to do. */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly code: HostErrorCode

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
