const SHORTEST_S = 120
const LONGEST_S = 31_536_000

/**
 * A round length, whole seconds, of which a round has begun not long ago: whatever a test does in the next minute
 * happens in one round, at whatever time it runs.
 */
export function roundThatLasts(): number {
  return find((leftMs) => leftMs >= 60_000)
}

/** A round length, whole seconds, at which the next round begins in `fromMs` to `toMs` and lasts for minutes. */
export function roundThatEnds({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number {
  return find((leftMs) => leftMs >= fromMs && leftMs <= toMs)
}

function find(isWanted: (leftMs: number) => boolean): number {
  const nowMs = Date.now()
  for (let seconds = SHORTEST_S; seconds <= LONGEST_S; seconds++) {
    const lengthMs = seconds * 1_000
    if (isWanted(lengthMs - (nowMs % lengthMs))) return seconds
  }
  throw new RangeError('no round length is like that: widen the range')
}
