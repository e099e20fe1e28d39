import type { Random } from './random.ts'

interface Field {
  readonly number: number
  readonly wireType: number
  /** Of a length-delimited field what is inside, of any other the value as it stands. */
  readonly content: Uint8Array
  /** The length that is claimed, when it is a lie. */
  readonly claimed?: bigint
}

const LENGTH_DELIMITED = 2
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 }
const DEEPER = 0.6

/** Numbers at which readers change their minds. */
const NUMBERS = [
  0n,
  1n,
  127n,
  128n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
] as const

/** Numbers written as no writer writes them: with zeros at the end, beyond 64 bits, without an end. */
const ODD_VARINTS = [
  Uint8Array.of(0x81, 0x80, 0x00),
  Uint8Array.of(...Array.from({ length: 9 }, () => 0x80), 0x00),
  Uint8Array.of(...Array.from({ length: 9 }, () => 0xff), 0x7f),
  new Uint8Array(11).fill(0x80),
  new Uint8Array(40).fill(0xff),
] as const

type Change = (fields: readonly Field[], random: Random, others: readonly Field[]) => readonly Field[]

/** Changes to the fields of one message; all that is around them stays true, so that the change gets deep. */
const CHANGES: readonly [Change, ...Change[]] = [
  (fields, random) => fields.toSpliced(random.below(fields.length), 1),
  (fields, random) => {
    const at = random.below(fields.length)
    return fields.toSpliced(at, 0, ...fields.slice(at, at + 1))
  },
  (fields, random) => {
    const copies = 1 + random.below(random.chance(0.05) ? 400 : 8)
    return [...fields, ...fields.slice(random.below(fields.length)).slice(0, 1)].flatMap((field, index) =>
      index < fields.length ? [field] : Array.from({ length: copies }, () => field),
    )
  },
  (fields, random) => {
    const at = random.below(fields.length)
    const [moved] = fields.slice(at, at + 1)
    return moved === undefined ? fields : fields.toSpliced(at, 1).toSpliced(random.below(fields.length), 0, moved)
  },
  (fields, random, others) => {
    const from = random.below(others.length + 1)
    return fields.toSpliced(random.below(fields.length + 1), random.below(2), ...others.slice(from, from + 1))
  },
  (fields, random) => changed(fields, random, (field) => ({ ...field, number: 1 + random.below(12) })),
  (fields, random) => changed(fields, random, (field) => ({ ...field, number: random.pick([0, 15, 2047, 2 ** 28]) })),
  (fields, random) => changed(fields, random, (field) => ({ ...field, wireType: random.below(8) })),
  (fields, random) => changed(fields, random, (field) => ({ ...field, claimed: random.pick(NUMBERS) })),
  (fields, random) =>
    changed(fields, random, (field) => ({ ...field, claimed: BigInt(field.content.length + random.below(3)) })),
  (fields, random) => changed(fields, random, (field) => ({ ...field, content: anotherContent(field, random) })),
  (fields, random) => changed(fields, random, (field) => ({ ...field, content: anotherContent(field, random) })),
]

/** Changes one field somewhere inside a message, or the order or the number of its fields. */
export function spoilProtobuf(
  input: Uint8Array,
  { other, random }: { readonly other: Uint8Array; readonly random: Random },
): Uint8Array {
  const fields = readFields(input)
  if (fields === undefined || fields.length === 0) return random.bytes(random.below(40))
  const messages = fields.flatMap((field, index) => (isMessage(field) ? [index] : []))
  const [first, ...rest] = messages
  if (first !== undefined && random.chance(DEEPER)) {
    const at = random.pick([first, ...rest])
    return writeFields(
      fields.map((field, index) => {
        if (index !== at) return field
        const alike = readFields(other)?.find(({ number }) => number === field.number)
        return { ...field, content: spoilProtobuf(field.content, { other: alike?.content ?? other, random }) }
      }),
    )
  }
  return writeFields(random.pick(CHANGES)(fields, random, readFields(other) ?? []))
}

function changed(fields: readonly Field[], random: Random, change: (field: Field) => Field): readonly Field[] {
  const at = random.below(fields.length)
  return fields.map((field, index) => (index === at ? change(field) : field))
}

function anotherContent({ wireType, content }: Field, random: Random): Uint8Array {
  if (wireType !== LENGTH_DELIMITED) {
    return random.chance(0.3) ? random.pick(ODD_VARINTS) : writeVarint(random.pick(NUMBERS))
  }
  return random.pick([
    new Uint8Array(0),
    content.slice(1),
    content.slice(0, -1),
    new Uint8Array([...content, 0]),
    new Uint8Array([0, ...content]),
    new Uint8Array(content.length),
    new Uint8Array(content.length).fill(0xff),
    random.bytes(content.length),
    random.bytes(random.below(100)),
    new Uint8Array(random.below(5_000)).fill(random.below(256)),
    content.map((byte, index) => (index === content.length - 1 ? byte ^ 1 : byte)),
  ])
}

/** Names and signatures can look like messages, too; that does no harm. */
function isMessage({ wireType, content }: Field): boolean {
  return wireType === LENGTH_DELIMITED && content.length > 1 && readFields(content) !== undefined
}

function readFields(input: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  while (at < input.length) {
    const key = readVarint(input, at)
    if (key === undefined) return undefined
    const wireType = Number(key.value & 7n)
    const start = key.end
    const length = readVarint(input, start)
    const isDelimited = wireType === LENGTH_DELIMITED
    const size = FIXED[wireType]
    const from = isDelimited ? length?.end : start
    const to = isDelimited ? (length?.end ?? 0) + Number(length?.value ?? 0n) : size ? start + size : length?.end
    if (![0, 1, 2, 5].includes(wireType) || from === undefined || to === undefined || to > input.length)
      return undefined
    fields.push({ number: Number(key.value >> 3n), wireType, content: input.slice(from, to) })
    at = to
  }
  return fields
}

function writeFields(fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap(({ number, wireType, content, claimed }) => [
    writeVarint(BigInt(number) * 8n + BigInt(wireType)),
    ...(wireType === LENGTH_DELIMITED ? [writeVarint(claimed ?? BigInt(content.length))] : []),
    content,
  ])
  return new Uint8Array(Buffer.concat(parts))
}

function readVarint(input: Uint8Array, at: number): { readonly value: bigint; readonly end: number } | undefined {
  let value = 0n
  for (let index = 0; index < 10; index++) {
    const byte = input[at + index]
    if (byte === undefined) return undefined
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  return undefined
}

function writeVarint(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn)
    if (rest < 0x80n) return Uint8Array.of(...bytes, byte)
    bytes.push(byte | 0x80)
  }
}
