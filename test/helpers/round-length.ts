const SHORTEST_S = 360
/** What a test of one round may take, with much to spare. */
const LEFT_MS = 180_000

/**
 * A round length, whole seconds, of which a round has begun not long ago: whatever a test does in the next three
 * minutes happens in one round, at whatever time it runs.
 */
export function roundThatLasts(): number {
  const nowMs = Date.now()
  for (let seconds = SHORTEST_S; ; seconds++) {
    const lengthMs = seconds * 1_000
    if (lengthMs - (nowMs % lengthMs) >= LEFT_MS) return seconds
  }
}
