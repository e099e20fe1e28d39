import { writer } from 'protons-runtime'
import type { Hex } from '../../core/hex.ts'
import type { Day, HistoryRange } from '../../core/history.ts'
import type { StatementId } from '../../core/statement.ts'
import {
  LENGTH_DELIMITED,
  NOTHING,
  type Reader,
  VARINT,
  type Writer,
  readBytes,
  readText,
  readUint32,
  tag,
  pushWithin,
  readFields,
} from '../protobuf.ts'
import { MalformedMessageError } from '../wire.ts'
import {
  IDS_LIMIT,
  MARK_BYTES,
  SYNC_VERSION,
  readExactly,
  readId,
  readRange,
  writeHex,
  writeRange,
} from './sync-fields.ts'

/** What one node asks another. */
export type SyncQuestion =
  /** What is pending there, in one hash, and what is committed in `range`, in another. */
  | { readonly kind: 'summary'; readonly range: HistoryRange | undefined; readonly mark: Hex | undefined }
  /** The statements that are pending, those beyond `after`. */
  | { readonly kind: 'pending'; readonly after: StatementId | undefined }
  /** Statements that are pending, with their signatures. */
  | { readonly kind: 'content'; readonly ids: readonly StatementId[] }
  | { readonly kind: 'days'; readonly range: HistoryRange }
  | {
      readonly kind: 'leaves'
      readonly range: HistoryRange
      readonly day: Day
      readonly after: StatementId | undefined
    }
  /** Statements that are committed, with their signatures. */
  | { readonly kind: 'attestations'; readonly ids: readonly StatementId[] }

export interface WireQuestion {
  readonly network: string
  /** Undefined when it asks what this node does not know. */
  readonly question: SyncQuestion | undefined
}

const FIELDS = { summary: 3, pending: 4, content: 5, days: 6, leaves: 7, attestations: 8 } as const satisfies Readonly<
  Record<SyncQuestion['kind'], number>
>

/** Protobuf bytes of a question; sync-message.proto has the schema. */
export function encodeQuestion(question: SyncQuestion, { network }: { readonly network: string }): Uint8Array {
  const out = writer()
  out.uint32(tag(1, VARINT)).uint32(SYNC_VERSION)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(network)
  out.uint32(tag(FIELDS[question.kind], LENGTH_DELIMITED)).fork()
  writeQuestion(out, question)
  out.ldelim()
  return out.finish()
}

function writeQuestion(out: Writer, question: SyncQuestion): void {
  switch (question.kind) {
    case 'summary':
      if (question.range !== undefined) writeRange(out, 1, question.range)
      writeHex(out, 2, question.mark)
      break
    case 'pending':
      writeHex(out, 1, question.after)
      break
    case 'content':
    case 'attestations':
      for (const id of question.ids) writeHex(out, 1, id)
      break
    case 'days':
      writeRange(out, 1, question.range)
      break
    case 'leaves':
      writeRange(out, 1, question.range)
      out.uint32(tag(2, VARINT)).uint32(question.day)
      writeHex(out, 3, question.after)
      break
  }
}

/**
 * Reads a question from bytes that anybody may have sent; its version was asked before.
 *
 * @throws {MalformedMessageError} when the bytes are not protobuf of this schema, or hold more than the limits allow
 */
export function decodeQuestion(bytes: Uint8Array): WireQuestion {
  try {
    return readQuestion(bytes)
  } catch (cause) {
    throw new MalformedMessageError('not a question', { cause })
  }
}

function readQuestion(bytes: Uint8Array): WireQuestion {
  let network = ''
  let question: SyncQuestion | undefined
  const part =
    (read: (bytes: Uint8Array) => SyncQuestion) =>
    (input: Reader): void => {
      question = read(readBytes(input))
    }
  readFields(bytes, {
    [tag(2, LENGTH_DELIMITED)]: (input) => (network = readText(input)),
    [tag(FIELDS.summary, LENGTH_DELIMITED)]: part(readSummary),
    [tag(FIELDS.pending, LENGTH_DELIMITED)]: part((own) => ({ kind: 'pending', after: readCursor(own, 1) })),
    [tag(FIELDS.content, LENGTH_DELIMITED)]: part((own) => ({ kind: 'content', ids: readIds(own) })),
    [tag(FIELDS.days, LENGTH_DELIMITED)]: part((own) => ({ kind: 'days', range: readOwnRange(own) })),
    [tag(FIELDS.leaves, LENGTH_DELIMITED)]: part(readLeaves),
    [tag(FIELDS.attestations, LENGTH_DELIMITED)]: part((own) => ({ kind: 'attestations', ids: readIds(own) })),
  })
  return { network, question }
}

function readSummary(bytes: Uint8Array): SyncQuestion {
  let range: HistoryRange | undefined
  let mark: Hex | undefined
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => (range = readRange(readBytes(input))),
    [tag(2, LENGTH_DELIMITED)]: (input) => (mark = readExactly(input, MARK_BYTES)),
  })
  return { kind: 'summary', range, mark }
}

function readLeaves(bytes: Uint8Array): SyncQuestion {
  let day = 0
  readFields(bytes, { [tag(2, VARINT)]: (input) => (day = readUint32(input)) })
  return { kind: 'leaves', range: readOwnRange(bytes), day: day as Day, after: readCursor(bytes, 3) }
}

function readOwnRange(bytes: Uint8Array): HistoryRange {
  let range = readRange(NOTHING)
  readFields(bytes, { [tag(1, LENGTH_DELIMITED)]: (input) => (range = readRange(readBytes(input))) })
  return range
}

function readCursor(bytes: Uint8Array, field: number): StatementId | undefined {
  let after: StatementId | undefined
  readFields(bytes, { [tag(field, LENGTH_DELIMITED)]: (input) => (after = readId(input)) })
  return after
}

function readIds(bytes: Uint8Array): readonly StatementId[] {
  const ids: StatementId[] = []
  readFields(bytes, { [tag(1, LENGTH_DELIMITED)]: (input) => pushWithin(ids, readId(input), IDS_LIMIT) })
  return ids
}
