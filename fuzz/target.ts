/** What a decoder made of an input: a word or two, of which there are few, for the table at the end. */
export type Outcome = string

/** Decodes one input; whatever it throws is a finding. */
export type Decode = (input: Uint8Array) => Outcome | Promise<Outcome>

/** A decoder that strangers, or a hand that slipped, can feed, and what must hold whatever they feed it. */
export interface Target {
  readonly name: string
  readonly about: string
  /** How many of all inputs it gets, in proportion to the shares of the others. */
  readonly share: number
  /** What valid inputs are made of, which says how to spoil them. */
  readonly form: 'protobuf' | 'bytes' | 'text' | 'json'
  /** Valid inputs; the more they differ, the deeper their descendants get. */
  readonly seeds: () => readonly Uint8Array[]
  /** Texts that mean something to the decoder, for inputs of text. */
  readonly words?: readonly string[]
  /** Inputs are no longer than this, bytes. @default 70,000 */
  readonly longest?: number
  /** A decoder that remembers nothing of earlier inputs. */
  readonly open: () => Decode
}

/** A rule that a decoder broke; any other error is a decoder that threw. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule'
}

/** @throws {BrokenRule} when `holds` is false */
export function rule(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new BrokenRule(sentence)
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text that bytes are, as a file is read: what is no UTF-8 becomes U+FFFD. */
export function textOf(input: Uint8Array): string {
  return utf8.decode(input)
}
