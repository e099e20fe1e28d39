/** How many signers made a quorum from a moment on. */
export interface QuorumFrom {
  /** Milliseconds since the Unix epoch. */
  readonly fromMs: number
  readonly minimum: number
}

/** Nodes of a network are not started again in one moment, and what has a quorum is committed in the next round. */
const ROUNDS_OF_CHANGE = 2

/**
 * The history with the minimum of today. It is the one of all times when there is no other. A raised one holds two rounds
 * later, a lowered one since two rounds: in between, either is enough.
 *
 * @param history - in ascending order of `fromMs`
 */
export function withQuorum(
  history: readonly QuorumFrom[],
  today: { readonly minimum: number; readonly nowMs: number; readonly intervalMs: number },
): readonly QuorumFrom[] {
  const { minimum, nowMs, intervalMs } = today
  const last = history.at(-1)
  if (last === undefined) return [{ fromMs: 0, minimum }]
  if (last.minimum === minimum) return history
  const fromMs = nowMs + (minimum > last.minimum ? ROUNDS_OF_CHANGE : -ROUNDS_OF_CHANGE) * intervalMs
  const before = history.filter((entry) => entry.fromMs < fromMs)
  return before.at(-1)?.minimum === minimum ? before : [...before, { fromMs, minimum }]
}

/** The minimum for a statement that was observed at `ms`; 1 without any history. */
export function quorumAt(history: readonly QuorumFrom[], ms: number): number {
  return (history.findLast(({ fromMs }) => fromMs <= ms) ?? history[0])?.minimum ?? 1
}
