import { sha256 } from '@noble/hashes/sha2.js'
import type { Address } from '../core/address.ts'
import { fromHex } from '../core/hex.ts'
import type { Attestation } from '../core/statement.ts'

/**
 * Between two turns, milliseconds: longer than nodes of one network are apart in when they saw the last signature, than
 * rows are gathered for, and than an insert and its notification take together.
 */
export const TURN_STAGGER_MS = 500

/** Turns after those of the signers, for all nodes whose signature is not in the set: none knows how many they are. */
export const LATER_TURNS = 8

/**
 * When a node's turn to write a row is, from 0: those who signed it come first, in ascending order of
 * sha256(id ‖ signer); any other node has one of {@link LATER_TURNS} after them, by the last byte of that hash.
 *
 * @param own - the address of the node's key, whether it may sign or not
 */
export function writeTurn({ id, signatures }: Pick<Attestation, 'id' | 'signatures'>, own: Address): number {
  const ownHash = lot(id, own)
  if (!signatures.has(own)) return signatures.size + ((ownHash.at(-1) ?? 0) % LATER_TURNS)
  let turn = 0
  for (const signer of signatures.keys()) {
    if (Buffer.compare(lot(id, signer), ownHash) < 0) turn += 1
  }
  return turn
}

/** How long after the quiet period a node's turn to write a row is, milliseconds. */
export function writeTurnDelayMs(attestation: Pick<Attestation, 'id' | 'signatures'>, own: Address): number {
  return writeTurn(attestation, own) * TURN_STAGGER_MS
}

function lot(id: Attestation['id'], signer: Address): Uint8Array {
  return sha256(fromHex(`${id}${signer.slice(2)}`))
}
