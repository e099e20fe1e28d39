import { type Address, addressFromBytes } from '../../core/address.ts'
import { type Hex, toHex } from '../../core/hex.ts'
import type { Day, HistoryDay, HistoryLeaf, HistoryRange } from '../../core/history.ts'
import type { StatementId } from '../../core/statement.ts'
import {
  LENGTH_DELIMITED,
  type Reader,
  VARINT,
  copyOfBytes,
  readBytes,
  readText,
  readUint32,
  tag,
  pushWithin,
  readFields,
} from '../protobuf.ts'
import { MalformedMessageError, SIGNATURES_LIMIT } from '../wire.ts'
import {
  ANSWER_FIELDS as FIELDS,
  DISPUTED,
  LEAF_BYTES,
  PLAIN,
  type PendingEntry,
  type SyncAnswer,
} from './answer-wire.ts'
import {
  DAYS_LIMIT,
  HASH_BYTES,
  IDS_LIMIT,
  LEAVES_LIMIT,
  MARK_BYTES,
  PENDING_LIMIT,
  readExactly,
  readId,
  readRange,
} from './sync-fields.ts'

const ADDRESS_BYTES = 20

export interface WireAnswer {
  readonly network: string
  /** Undefined when it is of a kind that this node does not know. */
  readonly answer: SyncAnswer | undefined
}

/**
 * Reads an answer from bytes that anybody may have sent; its version was asked before.
 *
 * @throws {MalformedMessageError} when the bytes are not protobuf of this schema, or hold more than the limits allow
 */
export function decodeAnswer(bytes: Uint8Array): WireAnswer {
  try {
    return readAnswer(bytes)
  } catch (cause) {
    throw new MalformedMessageError('not an answer', { cause })
  }
}

function readAnswer(bytes: Uint8Array): WireAnswer {
  let network = ''
  let answer: SyncAnswer | undefined
  const part =
    (read: (bytes: Uint8Array) => SyncAnswer) =>
    (input: Reader): void => {
      answer = read(readBytes(input))
    }
  readFields(bytes, {
    [tag(2, LENGTH_DELIMITED)]: (input) => (network = readText(input)),
    [tag(FIELDS.refused, LENGTH_DELIMITED)]: (input) => (answer = { kind: 'refused', code: readText(input) }),
    [tag(FIELDS.summary, LENGTH_DELIMITED)]: part(readSummary),
    [tag(FIELDS.pending, LENGTH_DELIMITED)]: part(readPendingPage),
    [tag(FIELDS.statements, LENGTH_DELIMITED)]: part(readStatements),
    [tag(FIELDS.days, LENGTH_DELIMITED)]: part(readDays),
    [tag(FIELDS.leaves, LENGTH_DELIMITED)]: part(readLeaves),
  })
  return { network, answer }
}

function readSummary(bytes: Uint8Array): SyncAnswer {
  let pending: Hex | undefined
  let shared = false
  let mark: Hex | undefined
  let range: HistoryRange | undefined
  let root: Hex | undefined
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => (pending = readExactly(input, HASH_BYTES)),
    [tag(2, VARINT)]: (input) => (shared = readUint32(input) !== 0),
    [tag(3, LENGTH_DELIMITED)]: (input) => (mark = readExactly(input, MARK_BYTES)),
    [tag(4, LENGTH_DELIMITED)]: (input) => (range = readRange(readBytes(input))),
    [tag(5, LENGTH_DELIMITED)]: (input) => (root = readExactly(input, HASH_BYTES)),
  })
  if (pending === undefined || (range === undefined) !== (root === undefined)) throw new RangeError('half a summary')
  const history = range === undefined || root === undefined ? undefined : { range, root }
  return { kind: 'summary', pending, shared, mark, history }
}

function readPendingPage(bytes: Uint8Array): SyncAnswer {
  const entries: PendingEntry[] = []
  let more = false
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => pushWithin(entries, readPending(readBytes(input)), PENDING_LIMIT),
    [tag(2, VARINT)]: (input) => (more = readUint32(input) !== 0),
  })
  return { kind: 'pending', entries, more }
}

function readPending(bytes: Uint8Array): PendingEntry {
  let id: StatementId | undefined
  let open = false
  let signers: readonly Address[] = []
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => (id = readId(input)),
    [tag(2, VARINT)]: (input) => (open = readUint32(input) !== 0),
    [tag(3, LENGTH_DELIMITED)]: (input) => (signers = readSigners(readBytes(input))),
  })
  if (id === undefined) throw new RangeError('a statement without an id')
  return { id, signers: open ? signers : undefined }
}

function readSigners(bytes: Uint8Array): readonly Address[] {
  const signers: Address[] = []
  for (const part of parts(bytes, ADDRESS_BYTES)) pushWithin(signers, addressFromBytes(part), SIGNATURES_LIMIT)
  return signers
}

function readStatements(bytes: Uint8Array): SyncAnswer {
  const messages: Uint8Array[] = []
  readFields(bytes, { [tag(1, LENGTH_DELIMITED)]: (input) => pushWithin(messages, copyOfBytes(input), IDS_LIMIT) })
  return { kind: 'statements', messages }
}

function readDays(bytes: Uint8Array): SyncAnswer {
  const days: HistoryDay[] = []
  let more = false
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => pushWithin(days, readDay(readBytes(input)), DAYS_LIMIT),
    [tag(2, VARINT)]: (input) => (more = readUint32(input) !== 0),
  })
  return { kind: 'days', days, more }
}

function readDay(bytes: Uint8Array): HistoryDay {
  let [day, leaves] = [0, 0]
  let hash: Hex | undefined
  readFields(bytes, {
    [tag(1, VARINT)]: (input) => (day = readUint32(input)),
    [tag(2, LENGTH_DELIMITED)]: (input) => (hash = readExactly(input, HASH_BYTES)),
    [tag(3, VARINT)]: (input) => (leaves = readUint32(input)),
  })
  if (hash === undefined) throw new RangeError('a day without a hash')
  return { day: day as Day, hash, leaves }
}

function readLeaves(bytes: Uint8Array): SyncAnswer {
  let leaves: readonly HistoryLeaf[] = []
  let more = false
  readFields(bytes, {
    [tag(1, LENGTH_DELIMITED)]: (input) => (leaves = readLeafBytes(readBytes(input))),
    [tag(2, VARINT)]: (input) => (more = readUint32(input) !== 0),
  })
  return { kind: 'leaves', leaves, more }
}

function readLeafBytes(bytes: Uint8Array): readonly HistoryLeaf[] {
  const leaves: HistoryLeaf[] = []
  for (const part of parts(bytes, LEAF_BYTES)) {
    const mark = part[HASH_BYTES]
    if (mark !== PLAIN && mark !== DISPUTED) throw new RangeError('neither plain nor disputed')
    const id = toHex(part.subarray(0, HASH_BYTES)) as StatementId
    pushWithin(leaves, { id, disputed: mark === DISPUTED }, LEAVES_LIMIT)
  }
  return leaves
}

function* parts(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  if (bytes.length % length !== 0) throw new RangeError('a part that is cut off')
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length)
}
