/**
 * Why a message is not forwarded although nobody need have done wrong: it is old news, its sender may know what this
 * node does not, or this node has no time for it. Its valid parts still count here.
 */
export const IGNORE_CODES = [
  'known',
  'version',
  'unknown-pair',
  'unknown-source',
  'stale',
  'early',
  'settled',
  'late',
  'slot-full',
  'round-full',
  'signer-not-allowed',
  'second-signature',
  'signer-rate',
  'unknown-statement',
  'unknown-reason',
  'second-refusal',
  'refusals-full',
  'old-status',
  'too-soon',
  'flood',
  'overload',
  'budget',
  'internal-error',
] as const

/**
 * How a falsehood is held against its sender.
 *
 * - `mild`: a node of another version or with other constants of the network may take it for true
 * - `grave`: no software that means well sends it
 */
export type Severity = 'mild' | 'grave'

/** Why a message is provably false, in a way its sender could have seen. Nothing in it counts. */
export const REJECT_SEVERITIES = {
  oversize: 'grave',
  malformed: 'grave',
  'wrong-network': 'mild',
  empty: 'grave',
  'bad-pair': 'mild',
  'bad-price': 'grave',
  'bad-round': 'mild',
  'bad-time': 'grave',
  'bad-source': 'mild',
  'bad-proposer': 'grave',
  'too-many-signatures': 'mild',
  'signature-length': 'grave',
  'signature-v': 'grave',
  'signature-range': 'grave',
  'high-s': 'grave',
  unrecoverable: 'grave',
  'proposer-signature': 'grave',
  'duplicate-signer': 'grave',
  'duplicate-statement': 'grave',
  'bad-statement': 'grave',
  'bad-reason': 'mild',
  'bad-reference': 'grave',
  'bad-peer-id': 'grave',
  'bad-instance': 'grave',
  'bad-sequence': 'grave',
  'bad-agent': 'mild',
  'bad-constants': 'mild',
  'bad-uptime': 'grave',
  'bad-peers': 'grave',
  'bad-clock-offset': 'grave',
  'bad-received': 'grave',
  'bad-outbox': 'grave',
  'bad-last-committed': 'grave',
  'bad-history-root': 'grave',
} as const satisfies Readonly<Record<string, Severity>>

export type IgnoreCode = (typeof IGNORE_CODES)[number]
export type RejectCode = keyof typeof REJECT_SEVERITIES

export const REJECT_CODES = Object.keys(REJECT_SEVERITIES) as readonly RejectCode[]

/** What becomes of a message: forwarded; dropped; dropped, and its sender is thought less of. */
export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'ignore'; readonly code: IgnoreCode }
  | { readonly kind: 'reject'; readonly code: RejectCode; readonly severity: Severity }

export const accept: Verdict = { kind: 'accept' }

export function ignore(code: IgnoreCode): Verdict {
  return { kind: 'ignore', code }
}

export function reject(code: RejectCode): Verdict {
  return { kind: 'reject', code, severity: REJECT_SEVERITIES[code] }
}

/** Whether a message was dropped without being looked at: other copies of it deserve a look. */
export function isUnjudged(verdict: Verdict): boolean {
  return verdict.kind === 'ignore' && UNJUDGED.has(verdict.code)
}

const UNJUDGED: ReadonlySet<IgnoreCode> = new Set(['flood', 'overload', 'budget'])
