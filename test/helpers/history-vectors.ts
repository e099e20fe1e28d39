import { readFileSync } from 'node:fs'
import type { HistoryDay, HistoryLeaf, HistoryRange } from '../../src/core/history.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { priceRow } from './price-rows.ts'
import { testSigner } from './statements.ts'

interface HistoryVectors {
  readonly leaves: readonly (HistoryLeaf & { readonly observedAt: number })[]
  readonly ranges: readonly {
    readonly what: string
    readonly range: HistoryRange
    readonly days: readonly HistoryDay[]
    readonly root: string
  }[]
}

export const historyVectors = JSON.parse(
  readFileSync(new URL('../vectors/history.json', import.meta.url), 'utf8'),
) as HistoryVectors

/** Rows with the ids of the vectors, which are of no statement; those that are disputed share a slot, others none. */
export function vectorRows(): readonly PriceRow[] {
  return historyVectors.leaves.map(({ id, observedAt, disputed }, index) => {
    const proposer = testSigner(disputed ? 1 : index + 2)
    const { attestation, lastSignedAtMs } = priceRow({ observedAt, proposer: proposer.address }, [proposer])
    const { statement, signatures } = attestation
    return { attestation: { id, statement, signatures }, lastSignedAtMs }
  })
}
