import type { Severity } from '../../core/verdict.ts'
import type { ExchangeErrorCode } from './exchange.ts'

/**
 * What a peer that answers can be blamed for, beside what is wrong with the statements themselves: those have the codes
 * of the topics.
 */
export const SYNC_FAULTS = {
  oversize: 'grave',
  malformed: 'grave',
  'wrong-answer': 'grave',
  'bad-order': 'grave',
  'bad-range': 'grave',
  'not-asked': 'grave',
  withheld: 'mild',
} as const satisfies Readonly<Record<string, Severity>>

export type SyncFaultCode = keyof typeof SYNC_FAULTS

/** Why a node does not answer a question although there is nothing wrong with it, or says what is. */
export const REFUSALS = [
  'version',
  'wrong-network',
  'unknown-question',
  'flood',
  'overload',
  'no-history',
  'unavailable',
] as const

export type RefusalCode = (typeof REFUSALS)[number]

/** Falsehoods of peers are told by code. */
export interface SyncBlame {
  readonly code: string
  readonly severity: Severity
}

/** A session with a peer cannot go on. */
export class SyncFailure extends Error {
  override readonly name = 'SyncFailure'
  /** `refused`: the peer does not want to; `false`: it said what is provably false. */
  readonly code: ExchangeErrorCode | 'refused' | 'false'
  /** Which refusal, or which falsehood. */
  readonly reason: string

  constructor(
    code: ExchangeErrorCode | 'refused' | 'false',
    { reason = code, ...options }: { readonly reason?: string } & ErrorOptions = {},
  ) {
    super(reason === code ? code : `${code}: ${reason}`, options)
    this.code = code
    this.reason = reason
  }
}
