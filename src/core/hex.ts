/** Bytes as text: `0x` and lower-case hexadecimal digits, the one spelling used throughout. */
export type Hex = `0x${string}`

/** The value of every character below 128 that is a digit; -1 of every other. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))

/** Room for what is mostly spelt: hashes, addresses, signatures. */
const copy = Buffer.alloc(128)

export function toHex(bytes: Uint8Array): Hex {
  return `0x${spell(bytes, 'hex')}`
}

/** A character for every byte: the shortest text to look bytes up by. */
export function toLatin1(bytes: Uint8Array): string {
  return spell(bytes, 'latin1')
}

/** A copy costs less than asking a small array for its buffer, which it then has to be given. */
function spell(bytes: Uint8Array, encoding: 'hex' | 'latin1'): string {
  if (bytes.length > copy.length) return Buffer.from(bytes).toString(encoding)
  copy.set(bytes)
  return copy.toString(encoding, 0, bytes.length)
}

/**
 * The bytes that a lower-case `0x…` text stands for.
 *
 * @throws {RangeError} when the text is anything else
 */
export function fromHex(text: string): Uint8Array {
  if (!text.startsWith('0x') || text.length % 2 !== 0) throw notHex()
  const bytes = new Uint8Array((text.length - 2) / 2)
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const byte = (digitAt(text, at) << 4) | digitAt(text, at + 1)
    if (byte < 0) throw notHex()
    bytes[i] = byte
  }
  return bytes
}

/** Below 0 when there is none. */
function digitAt(text: string, at: number): number {
  return DIGITS[text.charCodeAt(at)] ?? -1
}

function notHex(): RangeError {
  return new RangeError('expected 0x and an even number of lower-case hexadecimal digits')
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
