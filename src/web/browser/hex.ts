const HEX = /^0x(?:[0-9a-f]{2})*$/

export function toHex(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/**
 * The bytes that a lower-case `0x…` text stands for.
 *
 * @throws {RangeError} when the text is anything else
 */
export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) throw new RangeError(`${text.slice(0, 80)} is not lower-case hexadecimal`)
  return Uint8Array.from({ length: text.length / 2 - 1 }, (_, at) =>
    Number.parseInt(text.slice(2 + 2 * at, 4 + 2 * at), 16),
  )
}
