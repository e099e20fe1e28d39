import type { IdentifyResult, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/counters.ts'
import type { Logger } from '../../core/logger.ts'
import { type Exchange, ExchangeError } from './exchange.ts'
import { frame, readFrame } from './framing.ts'
import { ANSWER_BYTES_LIMIT, QUESTION_BYTES_LIMIT, SYNC_PROTOCOL } from './sync-fields.ts'

/** Streams of the protocol that a connection may have open, in each direction. */
export const STREAMS_OF_ONE = 8
/** A stream on which no question has come within this time is given up, milliseconds. */
export const QUESTION_READ_MS = 5_000
/** The same for an answer that is not taken, and for a stream that the other side leaves open after it. */
export const ANSWER_WRITE_MS = 10_000
/** A question that finds no stream, or is not taken, is given up after this time, milliseconds. */
const OPEN_MS = 5_000

export interface Libp2pExchangeComponents {
  readonly host: Libp2p
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Questions and answers over libp2p: a stream for each, and on it a frame in either direction. */
export function createLibp2pExchange(components: Libp2pExchangeComponents): Exchange {
  const { host, clock, counters, logger } = components
  const speakers = new Set<string>()
  const listeners = new Set<(peerId: string) => void>()

  host.addEventListener('peer:identify', ({ detail }: CustomEvent<IdentifyResult>) => {
    const peerId = detail.peerId.toString()
    if (speakers.has(peerId) || !detail.protocols.includes(SYNC_PROTOCOL)) return
    speakers.add(peerId)
    for (const listener of listeners) listener(peerId)
  })
  host.addEventListener('peer:disconnect', ({ detail }: CustomEvent<PeerId>) => speakers.delete(detail.toString()))

  /** Ends a stream unless the returned function is called in time. */
  function giveUpAfter(stream: Stream, delayMs: number): () => void {
    return clock.after(delayMs, () => stream.abort(new ExchangeError('timeout', 'it took too long')))
  }

  async function take(
    stream: Stream,
    { peerId, answer }: { readonly peerId: string; readonly answer: Answer },
  ): Promise<void> {
    const cancelReading = giveUpAfter(stream, QUESTION_READ_MS)
    let question: Uint8Array
    try {
      question = await readFrame(stream, QUESTION_BYTES_LIMIT)
    } finally {
      cancelReading()
    }
    const answered = await answer(question, peerId)
    if (answered === undefined) throw new ExchangeError('refused', 'there is no answer')
    const cancelWriting = giveUpAfter(stream, ANSWER_WRITE_MS)
    // Its own end closes with that of the other side, which may never come.
    stream.addEventListener('close', cancelWriting)
    if (stream.status === 'closed') cancelWriting()
    stream.send(frame(answered))
    await stream.close()
  }

  return {
    peers: () => [...speakers],

    onPeer(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    async ask(peerId, question, { signal }) {
      const connection = host.getConnections().find((each) => each.remotePeer.toString() === peerId)
      if (connection === undefined) {
        // Who said what he speaks while his connection closed was never seen to leave.
        speakers.delete(peerId)
        throw new ExchangeError('not-connected', 'there is no connection')
      }
      const opening = new AbortController()
      const cancelOpening = clock.after(OPEN_MS, () => opening.abort(new ExchangeError('timeout', 'it took too long')))
      const onAbort = (): void => opening.abort(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      let stream: Stream | undefined
      const abandon = (): void => stream?.abort(new ExchangeError('timeout', 'it is not waited for'))
      signal?.addEventListener('abort', abandon, { once: true })
      try {
        signal?.throwIfAborted()
        stream = await connection.newStream(SYNC_PROTOCOL, {
          signal: opening.signal,
          maxOutboundStreams: STREAMS_OF_ONE,
        })
        stream.send(frame(question))
        // What is sent is through with this; the other direction stays open.
        await stream.close({ signal: opening.signal })
        cancelOpening()
        return await readFrame(stream, ANSWER_BYTES_LIMIT)
      } catch (error) {
        signal?.throwIfAborted()
        throw asExchangeError(error)
      } finally {
        cancelOpening()
        signal?.removeEventListener('abort', onAbort)
        signal?.removeEventListener('abort', abandon)
        if (stream !== undefined && stream.status !== 'closed') stream.abort(new ExchangeError('broken', 'done'))
      }
    },

    serve(answer) {
      const onStream = async (stream: Stream, peerId: string): Promise<void> => {
        try {
          await take(stream, { peerId, answer })
        } catch (error) {
          const code = error instanceof ExchangeError ? error.code : 'broken'
          counters.add('gp_sync_streams_failed_total', { code })
          logger.debug('a peer that asks was not answered', { peer: peerId, error })
          stream.abort(error instanceof Error ? error : new ExchangeError('broken', String(error)))
        }
      }
      host
        .handle(SYNC_PROTOCOL, (stream, { remotePeer }) => onStream(stream, remotePeer.toString()), {
          maxInboundStreams: STREAMS_OF_ONE,
          maxOutboundStreams: STREAMS_OF_ONE,
        })
        .catch((error: unknown) => logger.error('questions of peers are not answered; please report this', { error }))
    },
  }
}

type Answer = Parameters<Exchange['serve']>[0]

/** libp2p tells what went wrong by names. */
function asExchangeError(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error
  const name = error instanceof Error ? error.name : ''
  const options = { cause: error }
  if (name === 'UnsupportedProtocolError') return new ExchangeError('not-spoken', 'the peer does not speak it', options)
  return new ExchangeError('broken', `the stream broke: ${String(error)}`, options)
}
