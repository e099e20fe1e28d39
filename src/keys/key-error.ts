export type KeyErrorCode =
  | 'unreadable'
  | 'unwritable'
  | 'exists'
  | 'no-password'
  | 'not-a-keystore'
  | 'wrong-password'
  | 'damaged'
  | 'not-a-key'

/** A key cannot be read or written. The message is a sentence for an operator and holds no secret. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
  readonly code: KeyErrorCode
  /** The file that it is about. */
  readonly file: string | undefined

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions & { readonly file?: string }) {
    super(message, options)
    this.code = code
    this.file = options?.file
  }
}
