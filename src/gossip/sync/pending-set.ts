import { createHash } from 'node:crypto'
import type { PendingStatement } from '../../consensus/holdings.ts'
import type { Phase } from '../../consensus/effects.ts'
import type { Instant } from '../../core/clock.ts'
import { type Hex, fromHex } from '../../core/hex.ts'
import type { Attestation, SignatureSet, StatementId } from '../../core/statement.ts'
import type { PendingEntry } from './answer-wire.ts'

/** The engine as peers that sync ask it. */
export interface PendingSource {
  /** Statements of rounds that are still being collected, in no order. */
  pending(now: Instant): Iterable<PendingStatement>
  phaseOf(id: StatementId): Phase | undefined
  signaturesOf(id: StatementId): SignatureSet | undefined
  attestationOf(id: StatementId): Attestation | undefined
}

/** What is pending, as peers compare it: in ascending order of id. */
export function pendingEntries(source: Pick<PendingSource, 'pending'>, now: Instant): readonly PendingEntry[] {
  const entries: PendingEntry[] = []
  for (const { id, phase, signatures } of source.pending(now)) {
    const isOpen = phase === 'collecting' || phase === 'quorum'
    entries.push({ id, signers: isOpen ? [...signatures.keys()].toSorted() : undefined })
  }
  return entries.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const CLOSED = 0
const OPEN = 1

/**
 * All that is pending in one hash: SHA-256 of the entries in ascending order of id, each as its id (32 bytes), then 0x00
 * when its set is closed, or 0x01, the number of signers (2 bytes, big-endian) and their addresses (20 bytes each),
 * ascending.
 */
export function pendingDigest(entries: readonly PendingEntry[]): Hex {
  const hash = createHash('sha256')
  for (const { id, signers } of entries) {
    hash.update(fromHex(id))
    if (signers === undefined) {
      hash.update(Uint8Array.of(CLOSED))
      continue
    }
    hash.update(Uint8Array.of(OPEN, signers.length >> 8, signers.length & 0xff))
    for (const signer of signers) hash.update(fromHex(signer))
  }
  return `0x${hash.digest('hex')}`
}

/** Whether a peer that lists a statement so has anything of it that counts here. */
export function isWanted(
  source: Pick<PendingSource, 'phaseOf' | 'signaturesOf'>,
  { id, signers }: PendingEntry,
): boolean {
  switch (source.phaseOf(id)) {
    case undefined:
      return true
    case 'collecting':
      // A closed set has a quorum, whoever is in it.
      return signers === undefined || hasMore(signers, source.signaturesOf(id))
    case 'quorum':
      return signers !== undefined && hasMore(signers, source.signaturesOf(id))
    case 'closed':
    case 'committed':
    case 'disputed':
    case 'parked':
    case 'expired':
      return false
  }
}

function hasMore(signers: NonNullable<PendingEntry['signers']>, held: SignatureSet | undefined): boolean {
  return signers.some((signer) => held?.has(signer) !== true)
}
