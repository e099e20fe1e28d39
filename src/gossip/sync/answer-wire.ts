import { writer } from 'protons-runtime'
import type { Address } from '../../core/address.ts'
import { type Hex, fromHex } from '../../core/hex.ts'
import type { HistoryDay, HistoryLeaf, HistoryRange } from '../../core/history.ts'
import type { StatementId } from '../../core/statement.ts'
import { LENGTH_DELIMITED, VARINT, type Writer, tag } from '../protobuf.ts'
import { HASH_BYTES, SYNC_VERSION, writeFlag, writeHex, writeRange } from './sync-fields.ts'

/** A pending statement as peers compare it: by who signed it, as long as others may still sign. */
export interface PendingEntry {
  readonly id: StatementId
  /** Ascending; undefined once the set takes no more. */
  readonly signers: readonly Address[] | undefined
}

/** A stretch of history in one hash. */
export interface HistorySummary {
  readonly range: HistoryRange
  readonly root: Hex
}

/** What a node is told when it asks. */
export type SyncAnswer =
  /** Why there is no other answer; of the answering node's words, so any text. */
  | { readonly kind: 'refused'; readonly code: string }
  | {
      readonly kind: 'summary'
      readonly pending: Hex
      /** Whether the asker's mark was heard in the database of the answering node. */
      readonly shared: boolean
      readonly mark: Hex | undefined
      readonly history: HistorySummary | undefined
    }
  | { readonly kind: 'pending'; readonly entries: readonly PendingEntry[]; readonly more: boolean }
  /** Bytes of price messages. */
  | { readonly kind: 'statements'; readonly messages: readonly Uint8Array[] }
  | { readonly kind: 'days'; readonly days: readonly HistoryDay[]; readonly more: boolean }
  | { readonly kind: 'leaves'; readonly leaves: readonly HistoryLeaf[]; readonly more: boolean }

export const ANSWER_FIELDS = {
  refused: 3,
  summary: 4,
  pending: 5,
  statements: 6,
  days: 7,
  leaves: 8,
} as const satisfies Readonly<Record<SyncAnswer['kind'], number>>
export const LEAF_BYTES = HASH_BYTES + 1
export const PLAIN = 0
export const DISPUTED = 1

/** Protobuf bytes of an answer; sync-message.proto has the schema. */
export function encodeAnswer(answer: SyncAnswer, { network }: { readonly network: string }): Uint8Array {
  const out = writer()
  out.uint32(tag(1, VARINT)).uint32(SYNC_VERSION)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(network)
  out.uint32(tag(ANSWER_FIELDS[answer.kind], LENGTH_DELIMITED))
  if (answer.kind === 'refused') return out.string(answer.code).finish()
  out.fork()
  writeAnswer(out, answer)
  out.ldelim()
  return out.finish()
}

function writeAnswer(out: Writer, answer: Exclude<SyncAnswer, { readonly kind: 'refused' }>): void {
  switch (answer.kind) {
    case 'summary':
      writeHex(out, 1, answer.pending)
      writeFlag(out, 2, answer.shared)
      writeHex(out, 3, answer.mark)
      if (answer.history !== undefined) {
        writeRange(out, 4, answer.history.range)
        writeHex(out, 5, answer.history.root)
      }
      break
    case 'pending':
      for (const entry of answer.entries) writePending(out, entry)
      writeFlag(out, 2, answer.more)
      break
    case 'statements':
      for (const message of answer.messages) out.uint32(tag(1, LENGTH_DELIMITED)).bytes(message)
      break
    case 'days':
      for (const day of answer.days) writeDay(out, day)
      writeFlag(out, 2, answer.more)
      break
    case 'leaves':
      out.uint32(tag(1, LENGTH_DELIMITED)).bytes(leafBytes(answer.leaves))
      writeFlag(out, 2, answer.more)
      break
  }
}

function writePending(out: Writer, { id, signers }: PendingEntry): void {
  out.uint32(tag(1, LENGTH_DELIMITED)).fork()
  writeHex(out, 1, id)
  writeFlag(out, 2, signers !== undefined)
  if (signers !== undefined) out.uint32(tag(3, LENGTH_DELIMITED)).bytes(Buffer.concat(signers.map(fromHex)))
  out.ldelim()
}

function writeDay(out: Writer, { day, hash, leaves }: HistoryDay): void {
  out.uint32(tag(1, LENGTH_DELIMITED)).fork()
  out.uint32(tag(1, VARINT)).uint32(day)
  writeHex(out, 2, hash)
  out.uint32(tag(3, VARINT)).uint32(leaves)
  out.ldelim()
}

function leafBytes(leaves: readonly HistoryLeaf[]): Uint8Array {
  const bytes = new Uint8Array(leaves.length * LEAF_BYTES)
  for (const [place, { id, disputed }] of leaves.entries()) {
    bytes.set(fromHex(id), place * LEAF_BYTES)
    bytes[place * LEAF_BYTES + HASH_BYTES] = disputed ? DISPUTED : PLAIN
  }
  return bytes
}
