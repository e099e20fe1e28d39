export type DialFailureCode =
  | 'self'
  | 'refused'
  | 'no-answer'
  | 'unknown-name'
  | 'unreachable'
  | 'wrong-peer'
  | 'handshake'
  | 'not-allowed'
  | 'other'

/** A dial did not end in a connection. The message says why, as the end of "… cannot be reached: ". */
export class DialFailure extends Error {
  override readonly name = 'DialFailure'
  readonly code: DialFailureCode

  constructor(code: DialFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What libp2p and the machine say of a failed dial, in words for an operator. */
export function dialFailure(cause: unknown): DialFailure {
  if (cause instanceof DialFailure) return cause
  // Several addresses of one peer were tried; the first is the one most likely to work.
  if (cause instanceof AggregateError && cause.errors.length > 0) return dialFailure(cause.errors[0])
  const code = codeOf(cause)
  return new DialFailure(code, sentenceOf(code, cause), { cause })
}

function codeOf(cause: unknown): DialFailureCode {
  if (!(cause instanceof Error)) return 'other'
  switch (cause.name) {
    case 'InvalidPeerIdError':
      return 'self'
    case 'TimeoutError':
    case 'AbortError':
      return 'no-answer'
    case 'EncryptionFailedError':
      return cause.message.includes('does not match expected remote identity') ? 'wrong-peer' : 'handshake'
    case 'DialDeniedError':
    case 'ConnectionInterceptedError':
      return 'not-allowed'
    default:
      return 'code' in cause ? codeOfSystem(String(cause.code)) : 'other'
  }
}

function codeOfSystem(code: string): DialFailureCode {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'unknown-name'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'unreachable'
    case 'ETIMEDOUT':
      return 'no-answer'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'handshake'
    default:
      return 'other'
  }
}

function sentenceOf(code: DialFailureCode, cause: unknown): string {
  switch (code) {
    case 'self':
      return 'it is this node itself'
    case 'refused':
      return 'nothing listens there'
    case 'no-answer':
      return 'no answer came in time'
    case 'unknown-name':
      return 'its name does not resolve'
    case 'unreachable':
      return 'there is no way to it from here'
    case 'wrong-peer':
      return 'another peer id answers there than the one after /p2p/'
    case 'handshake':
      return 'what listens there does not speak our protocol, or has another GP_NETWORKKEY'
    case 'not-allowed':
      return 'GP_ALLOWPEERS does not name it'
    case 'other':
      return cause instanceof Error ? cause.message : String(cause)
  }
}
