import { type Round, roundAt } from '../core/statement.ts'

/** A signer vouches for prices seen in the last minute… */
export const CO_SIGN_PAST_MS = 60_000
/** …and allows other clocks to be this much ahead of its own. */
export const CO_SIGN_AHEAD_MS = 10_000
/** Nobody hears a refusal after the collect window: who waits for a price leaves it so long to travel. */
export const REFUSAL_TRAVEL_MS = 3_000

/** When the collect window of a round ends: with the round after it. Wall clock, milliseconds since the Unix epoch. */
export function collectWindowEnd(round: Round, intervalMs: number): number {
  return (round + 2) * intervalMs
}

/** Until when a price of one's own is waited for, before a statement is refused for want of one. Wall clock, ms. */
export function priceAwaitedUntil(
  { round, observedAt }: { readonly round: Round; readonly observedAt: number },
  intervalMs: number,
): number {
  return Math.min(observedAt + CO_SIGN_PAST_MS, collectWindowEnd(round, intervalMs) - REFUSAL_TRAVEL_MS)
}

/** The oldest round whose collect window is still open at `wallMs`. */
export function oldestOpenRound(wallMs: number, intervalMs: number): Round {
  return (roundAt(wallMs, intervalMs) - 1) as Round
}

/** Where a statement lies in the collect window: `stale` once it has ended, `early` when observed too far in the future. */
export function collectWindow(
  statement: { readonly round: Round; readonly observedAt: number },
  at: { readonly wallMs: number; readonly intervalMs: number },
): 'open' | 'stale' | 'early' {
  if (statement.observedAt > at.wallMs + CO_SIGN_AHEAD_MS) return 'early'
  return at.wallMs < collectWindowEnd(statement.round, at.intervalMs) ? 'open' : 'stale'
}

/** Where a statement lies in the co-sign window, 60 s back to 10 s ahead. */
export function coSignWindow(observedAt: number, wallMs: number): 'open' | 'stale' | 'early' {
  if (observedAt > wallMs + CO_SIGN_AHEAD_MS) return 'early'
  return observedAt >= wallMs - CO_SIGN_PAST_MS ? 'open' : 'stale'
}
