import type { PriceMark, RoundMark } from '../core/price-reader.ts'
import { isPair, type Round, type StatementId } from '../core/statement.ts'
import { badParameter } from './problem.ts'

const ID = /^0x[0-9a-f]{64}$/

/** A cursor says where its page ended, so that it stays right whatever is added meanwhile; it is opaque to who uses it. */
export function priceCursor({ observedAt, id }: PriceMark): string {
  return encode(['p', observedAt, id])
}

/** @throws {Problem} when it is no cursor of a page of prices */
export function readPriceCursor(cursor: string): PriceMark {
  const [kind, observedAt, id] = decode(cursor)
  if (kind !== 'p' || !isCount(observedAt) || typeof id !== 'string' || !ID.test(id)) throw notACursor()
  return { observedAt, id: id as StatementId }
}

export function roundCursor({ round, pair }: RoundMark): string {
  return encode(['r', round, pair])
}

/** @throws {Problem} when it is no cursor of a page of rounds */
export function readRoundCursor(cursor: string): RoundMark {
  const [kind, round, pair] = decode(cursor)
  if (kind !== 'r' || !isCount(round) || typeof pair !== 'string' || !isPair(pair)) throw notACursor()
  return { round: round as Round, pair }
}

function encode(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function decode(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parts) && parts.length === 3) return parts
  } catch {
    // Not JSON.
  }
  throw notACursor()
}

// Beyond it there is no time that Postgres and JavaScript both know.
const LARGEST_COUNT = 8.64e15

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= LARGEST_COUNT
}

function notACursor(): Error {
  return badParameter('cursor', 'it must be the "next" of an earlier page of the same list')
}
