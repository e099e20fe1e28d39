import type { Round } from './api-shapes.ts'
import { isDecimal, medianOf, parseDecimal } from './decimal.ts'
import type { PageState } from './page-state.ts'
import type { RowCheck } from './row-checker.ts'

/** What the checks of its rows say of a round; undefined while not all of them are known here. */
export type MedianProof = 'true' | 'false' | undefined

/**
 * Whether the median that a node tells of a round is that of rows whose proofs hold.
 *
 * @param check - the check of a row, which may still be waiting
 */
export function medianProof(
  round: Round,
  { prices, check }: Pick<PageState, 'prices'> & { readonly check: (row: PageState['prices'][number]) => RowCheck },
): MedianProof {
  const rows = prices.filter((price) => price.round === round.round && !price.disputed)
  const checks = rows.map(check)
  if (checks.some((known) => known.kind === 'judged' && !known.verdict.isTrue)) return 'false'
  if (rows.length !== round.prices.length || checks.some(({ kind }) => kind !== 'judged')) return undefined
  const told = rows.map(({ price }) => price)
  if (told.length === 0 || ![...told, round.median].every(isDecimal)) return undefined
  return parseDecimal(medianOf(told)) === parseDecimal(round.median) ? 'true' : 'false'
}
