/** Questions and answers between two peers, one answer to a question; bytes are a matter of those who exchange them. */
export interface Exchange {
  /** Peers that are connected now and take questions. */
  peers(): readonly string[]
  /** Calls `listener` with every peer that is connected and takes questions from now on, until the returned function is called. */
  onPeer(listener: (peerId: string) => void): () => void
  /**
   * Asks a peer.
   *
   * @throws {ExchangeError} when there is no answer
   */
  ask(peerId: string, question: Uint8Array, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>
  /** Has `answer` give the answers to peers; undefined gives none, and ends the exchange. Once. */
  serve(answer: (question: Uint8Array, peerId: string) => Promise<Uint8Array | undefined>): void
}

export type ExchangeErrorCode = 'not-connected' | 'not-spoken' | 'timeout' | 'refused' | 'too-long' | 'broken'

/** A peer gave no answer. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
  readonly code: ExchangeErrorCode

  constructor(code: ExchangeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
