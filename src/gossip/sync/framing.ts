import type { Stream } from '@libp2p/interface'
import { ExchangeError } from './exchange.ts'

/** A length takes no more bytes than this: 2^28 is far beyond every limit. */
const LENGTH_BYTES_LIMIT = 4

/** Bytes with their length before them, as an unsigned varint. */
export function frame(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let left = bytes.length
  for (; left > 0x7f; left >>>= 7) prefix.push((left & 0x7f) | 0x80)
  prefix.push(left)
  const framed = new Uint8Array(prefix.length + bytes.length)
  framed.set(prefix)
  framed.set(bytes, prefix.length)
  return framed
}

/**
 * Reads what {@link frame} made, and nothing beyond: at no time more than `limit` bytes and one chunk are kept.
 *
 * @throws {ExchangeError} `too-long`; `broken` when the stream ends before, or more comes than the length says
 */
export async function readFrame(stream: Pick<Stream, typeof Symbol.asyncIterator>, limit: number): Promise<Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  for await (const chunk of stream) {
    held = Buffer.concat([held, chunk.subarray()])
    const prefix = readLength(held)
    if (prefix === undefined) continue
    if (prefix.length > limit) throw new ExchangeError('too-long', `${prefix.length} bytes are announced`)
    const end = prefix.bytes + prefix.length
    if (held.length > end) throw new ExchangeError('broken', 'more comes than was announced')
    if (held.length === end) return new Uint8Array(held.subarray(prefix.bytes))
  }
  throw new ExchangeError('broken', 'the stream ended too early')
}

function readLength(held: Uint8Array): { readonly length: number; readonly bytes: number } | undefined {
  let length = 0
  for (let place = 0; place < Math.min(held.length, LENGTH_BYTES_LIMIT); place++) {
    const byte = held[place] ?? 0
    length |= (byte & 0x7f) << (7 * place)
    if (byte <= 0x7f) return { length, bytes: place + 1 }
  }
  if (held.length >= LENGTH_BYTES_LIMIT) throw new ExchangeError('too-long', 'a length of more than 4 bytes')
  return undefined
}
