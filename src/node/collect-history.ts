import type { Clock } from '../core/clock.ts'
import type { Exchange } from '../gossip/sync/exchange.ts'
import type { HistorySyncResult } from '../gossip/sync/history-session.ts'

/** How long it takes until the first peer is found, and no more of them are, milliseconds. */
const FIRST_PEER_MS = 30_000
const MORE_PEERS_MS = 3_000
/** How often it is looked for new ones, and how long a peer that could not go on is left alone, milliseconds. */
const LOOK_MS = 250
const RETRY_MS = 2_000
/** A peer is asked so often in a row without a row that comes of it. */
const ATTEMPTS = 3

export interface CollectComponents {
  readonly exchange: Pick<Exchange, 'peers'>
  readonly clock: Clock
  /** Takes over what one peer has and is not here. */
  readonly take: (peerId: string) => Promise<HistorySyncResult>
  /** Whether a peer said what is provably false; it is not asked again. */
  readonly hasLied: (peerId: string) => boolean
  /** Told before each peer: how many there are, and how many of them were asked. */
  readonly onPeer?: ((peerId: string, count: { readonly asked: number; readonly all: number }) => void) | undefined
}

/** What came of one peer in the end, with all that was taken over from it. */
export type CollectedFrom = HistorySyncResult

/**
 * Takes over history from one connected peer after another, until there is none that was not asked. Peers that could not
 * go on are asked again, in turn.
 *
 * @throws what `take` throws, and the reason of the signal
 */
export async function collectHistory(
  { exchange, clock, take, hasLied, onPeer }: CollectComponents,
  { signal }: { readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, CollectedFrom>> {
  const found = new Map<string, CollectedFrom>()
  const attempts = new Map<string, number>()
  const isDone = (peerId: string): boolean => {
    const outcome = found.get(peerId)?.outcome
    if (outcome === undefined) return false
    return outcome !== 'stopped' || hasLied(peerId) || (attempts.get(peerId) ?? 0) >= ATTEMPTS
  }
  let newsAtMs = clock.now().monoMs
  for (;;) {
    signal.throwIfAborted()
    const peers = exchange.peers()
    const [next] = peers.filter((peerId) => !isDone(peerId)).toSorted(byFewest(attempts))
    if (next === undefined) {
      const patienceMs = found.size === 0 ? FIRST_PEER_MS : MORE_PEERS_MS
      if (clock.now().monoMs - newsAtMs >= patienceMs) return found
      await clock.sleep(LOOK_MS, signal)
      continue
    }
    if (attempts.has(next)) await clock.sleep(RETRY_MS, signal)
    onPeer?.(next, { asked: peers.filter(isDone).length, all: peers.length })
    const result = await take(next)
    attempts.set(next, result.written + result.disputed > 0 ? 1 : (attempts.get(next) ?? 0) + 1)
    found.set(next, sumOf(found.get(next), result))
    newsAtMs = clock.now().monoMs
  }
}

function byFewest(attempts: ReadonlyMap<string, number>): (a: string, b: string) => number {
  return (a, b) => (attempts.get(a) ?? 0) - (attempts.get(b) ?? 0)
}

/** Statements that are left out are so each time; what is taken over is once. */
function sumOf(before: CollectedFrom | undefined, last: HistorySyncResult): CollectedFrom {
  if (before === undefined) return last
  return {
    ...last,
    written: before.written + last.written,
    present: before.present + last.present,
    disputed: before.disputed + last.disputed,
  }
}
