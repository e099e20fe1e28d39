import type { Address } from '../core/address.ts'
import { type Equivocation, type SignedStatement, createEquivocation } from '../core/equivocation.ts'
import { type PriceStatement, slotOf } from '../core/statement.ts'
import type { StatementEntry } from './statement-entry.ts'

interface Slot {
  readonly entries: Set<StatementEntry>
  /** Who is known to have signed two statements of the slot. */
  readonly equivocators: Set<Address>
  isContested: boolean
}

/** The statements held of every slot, and who signed more than one of them. */
export class Slots {
  readonly #slots = new Map<string, Slot>()

  add(entry: StatementEntry): void {
    const key = slotOf(entry.statement)
    const slot = this.#slots.get(key)
    if (slot === undefined) {
      this.#slots.set(key, { entries: new Set([entry]), equivocators: new Set(), isContested: false })
      return
    }
    slot.entries.add(entry)
    slot.isContested = true
  }

  /** A slot is forgotten with the last of its statements, and contested until then. */
  remove(entry: StatementEntry): void {
    const key = slotOf(entry.statement)
    const slot = this.#slots.get(key)
    slot?.entries.delete(entry)
    if (slot?.entries.size === 0) this.#slots.delete(key)
  }

  heldIn(statement: PriceStatement): number {
    return this.#slots.get(slotOf(statement))?.entries.size ?? 0
  }

  isContested(statement: PriceStatement): boolean {
    return this.#slots.get(slotOf(statement))?.isContested ?? false
  }

  /** What comes to light by signatures of `signers` that `entry` has just taken: who signed its rival too. */
  compare(entry: StatementEntry, signers: Iterable<Address>): Equivocation[] {
    const slot = this.#slots.get(slotOf(entry.statement))
    const found: Equivocation[] = []
    if (slot?.isContested !== true) return found
    for (const signer of signers) {
      const here = signedBy(entry, signer)
      if (here === undefined || slot.equivocators.has(signer)) continue
      for (const rival of slot.entries) {
        const there = rival === entry ? undefined : signedBy(rival, signer)
        if (there === undefined) continue
        slot.equivocators.add(signer)
        found.push(createEquivocation(signer, [here, there]))
      }
    }
    return found
  }
}

function signedBy(entry: StatementEntry, signer: Address): SignedStatement | undefined {
  const signature = entry.signatureBy(signer)
  return signature && { id: entry.id, statement: entry.statement, signature }
}
