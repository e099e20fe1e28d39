/** Bytes as text: `0x` and lower-case hexadecimal digits, the one spelling used throughout. */
export type Hex = `0x${string}`

const HEX = /^0x(?:[0-9a-f]{2})*$/

export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/**
 * The bytes that a lower-case `0x…` text stands for.
 *
 * @throws {RangeError} when the text is anything else
 */
export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) throw new RangeError('expected 0x and an even number of lower-case hexadecimal digits')
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
