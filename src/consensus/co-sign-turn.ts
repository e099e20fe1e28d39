import { sha256 } from '@noble/hashes/sha2.js'
import type { Address } from '../core/address.ts'
import { fromHex } from '../core/hex.ts'
import type { StatementId } from '../core/statement.ts'

/**
 * What the first of those who wait wait, milliseconds: longer than the answers of those who sign at once take to come
 * round. A signature gathers for 25 ms and a refusal for one second, and a few hundred are on the way.
 */
export const CO_SIGN_PATIENCE_MS = 1_500

/**
 * Time in which the number of those whose turn has come doubles, milliseconds. With sets of 16 the first turns are
 * 180 ms apart, about what a signature takes to come round, so that one missing signature brings one or two; and of
 * 1,600 signers the last waits a quarter of a minute.
 */
export const CO_SIGN_DOUBLING_MS = 2_000

/** The longest wait, milliseconds: a third of the co-sign window, which leaves time for a price. */
export const CO_SIGN_LONGEST_MS = 20_000

/** Whose turn it is, of which statement. */
export interface CoSignCandidate {
  readonly id: StatementId
  readonly proposer: Address
  /** The key whose turn is asked for. */
  readonly own: Address
}

export interface CoSignField {
  /** All who may sign, as far as they are known; whether the proposer and the own key are among them is the same. */
  readonly among: readonly Address[]
  readonly maximumSigners: number
  /** @default {@link drawLots} */
  readonly lots?: CoSignLots | undefined
}

/** By what signers are ranked: sha256(id ‖ signer). */
export type CoSignLots = (id: StatementId) => (signer: Address) => Uint8Array

/**
 * When a signer's turn to answer a statement is, from 0, in ascending order of sha256(id ‖ signer). As many have turn 0
 * as fill the set beside the proposer, and answer at once; every other signer has a turn of its own, from 1.
 */
export function coSignTurn(
  { id, proposer, own }: CoSignCandidate,
  { among, maximumSigners, lots = drawLots }: CoSignField,
): number {
  const others = among.filter((signer) => signer !== proposer && signer !== own)
  const atOnce = maximumSigners - 1
  if (others.length < atOnce) return 0
  const lotOf = lots(id)
  const ownLot = lotOf(own)
  const before = others.filter((signer) => Buffer.compare(lotOf(signer), ownLot) < 0).length
  return Math.max(0, before - atOnce + 1)
}

/** How long a signer waits for its turn, whole milliseconds, at most {@link CO_SIGN_LONGEST_MS}. */
export function coSignDelayMs(candidate: CoSignCandidate, field: CoSignField): number {
  const turn = coSignTurn(candidate, field)
  if (turn === 0) return 0
  const doublings = Math.log2(1 + (turn - 1) / field.maximumSigners)
  return Math.min(CO_SIGN_LONGEST_MS, Math.round(CO_SIGN_PATIENCE_MS + doublings * CO_SIGN_DOUBLING_MS))
}

/** With hundreds of signers most of the time is spent here, so the bytes that are hashed are laid out once. */
export const drawLots: CoSignLots = (id) => {
  const bytes = Buffer.concat([fromHex(id), new Uint8Array(ADDRESS_BYTES)])
  return (signer) => {
    bytes.write(signer.slice(2), bytes.length - ADDRESS_BYTES, 'hex')
    return sha256(bytes)
  }
}

const ADDRESS_BYTES = 20
