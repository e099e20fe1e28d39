import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import { REFUSAL_REASONS } from '../core/refusal.ts'
import { roundAt } from '../core/statement.ts'
import type { NodeComponents } from './running-node.ts'
import type { StatementNews } from './statement-watch.ts'

/** Counts and measures what becomes of statements. */
export function createStatementMetrics(
  {
    clock,
    counters,
    gauges,
    histograms,
  }: Pick<NodeComponents, 'counters' | 'gauges' | 'histograms'> & { readonly clock: Clock },
  { constants, own }: { readonly constants: NetworkConstants; readonly own: Address },
): (news: StatementNews) => void {
  const { pairs, signers, intervalMs } = constants
  const newestMs = new Map<string, number>()
  beginAtZero({ counters }, { pairs, signers: signers.signersAt(roundAt(clock.now().wallMs, intervalMs)) })
  for (const pair of pairs) gauges.set('gp_last_quorum_timestamp_seconds', clock.now().wallMs / 1_000, { pair })

  function moved({
    to,
    attestation: { statement, signatures },
    heldForMs,
  }: Extract<StatementNews, { kind: 'moved' }>): void {
    const { pair, round, observedAt } = statement
    if (to === 'quorum') {
      gauges.set('gp_last_quorum_timestamp_seconds', clock.now().wallMs / 1_000, { pair })
      if (heldForMs !== undefined) histograms.observe('gp_quorum_seconds', heldForMs / 1_000, { pair })
    }
    if (to === 'committed' && observedAt > (newestMs.get(pair) ?? 0)) {
      newestMs.set(pair, observedAt)
      gauges.set('gp_last_committed_timestamp_seconds', observedAt / 1_000, { pair })
    }
    if (to !== 'committed' && to !== 'expired') return
    for (const signer of signatures.keys()) counters.add('gp_signatures_total', { signer })
    for (const signer of signers.signersAt(round)) {
      if (!signatures.has(signer)) counters.add('gp_signatures_missing_total', { signer })
    }
  }

  return (news) => {
    switch (news.kind) {
      case 'late':
        counters.add('gp_late_signatures_total', { signer: news.signer })
        break
      case 'refusal': {
        const { signer, refusal } = news.signed
        if (signer !== own) counters.add('gp_refusals_received_total', { signer, reason: refusal.reason })
        break
      }
      case 'moved':
        moved(news)
        break
      case 'new':
      case 'signature':
        break
    }
  }
}

/** What begins with its first event shows no increase by it: what can be named beforehand begins at 0. */
function beginAtZero(
  { counters }: Pick<NodeComponents, 'counters'>,
  { pairs, signers }: { readonly pairs: readonly string[]; readonly signers: readonly Address[] },
): void {
  const begin = (name: string, label: string, values: readonly string[]): void => {
    for (const value of values) counters.add(name, { [label]: value }, 0)
  }
  begin('gp_statements_proposed_total', 'pair', pairs)
  begin('gp_statements_co_signed_total', 'pair', pairs)
  begin('gp_rounds_missed_total', 'pair', pairs)
  begin('gp_statements_moved_total', 'to', ['quorum', 'closed', 'committed', 'disputed', 'parked', 'expired'])
  begin('gp_signatures_total', 'signer', signers)
  begin('gp_signatures_missing_total', 'signer', signers)
  begin('gp_late_signatures_total', 'signer', signers)
  begin('gp_refusals_total', 'code', REFUSAL_REASONS)
  begin('gp_rows_total', 'outcome', ['written', 'present', 'slot-taken', 'refused'])
  begin('gp_commit_conflicts_total', 'outcome', ['present', 'slot-taken'])
}
