import type { PriceRow } from '../../src/core/price-table.ts'
import type { PriceStatement } from '../../src/core/statement.ts'
import { alice, attest, bob, carol, OBSERVED_AT, statement, type TestSigner } from './statements.ts'

const QUORUM = [alice, bob, carol]

/** A row of alice with a quorum of real signatures; what `overrides` says makes it another statement. */
export function priceRow(overrides: Partial<PriceStatement> = {}, signers: readonly TestSigner[] = QUORUM): PriceRow {
  return { attestation: attest(statement(overrides), ...signers), lastSignedAtMs: OBSERVED_AT + 1_234 }
}
