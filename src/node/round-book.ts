import { RecentMap } from '../core/recent-map.ts'
import type { Round, StatementId } from '../core/statement.ts'

/** Rounds of which it can still be said what happened in them. */
const ROUNDS_LIMIT = 1_024
/** Statements of each; a round in which more come is no round of which nothing is known. */
const IDS_LIMIT = 512

/** What happened in a round, as far as this node saw it. */
export interface RoundNotes {
  /** Of statements that came here. */
  readonly ids: ReadonlySet<StatementId>
  /** Why this node had no price, or did not propose the one it had, by pair; the newest reason. */
  readonly faults: ReadonlyMap<string, string>
  /** The most nodes of the network that it was connected to at once; undefined when it never looked. */
  readonly mostPeers: number | undefined
}

interface Notes extends RoundNotes {
  readonly ids: Set<StatementId>
  readonly faults: Map<string, string>
  mostPeers: number | undefined
}

/** Keeps what is needed to say why a round has no price. */
export class RoundBook {
  readonly #rounds = new RecentMap<Round, Notes>({ limit: ROUNDS_LIMIT })

  came(round: Round, id: StatementId): void {
    const { ids } = this.#notes(round)
    if (ids.size < IDS_LIMIT) ids.add(id)
  }

  /** @param reason - why this node proposes no price of `pair`, without a full stop */
  failed(round: Round, { pair, reason }: { readonly pair: string; readonly reason: string }): void {
    this.#notes(round).faults.set(pair, reason)
  }

  /** This node has proposed a price of `pair`, whatever failed before. */
  proposed(round: Round, pair: string): void {
    this.#rounds.get(round)?.faults.delete(pair)
  }

  looked(round: Round, peers: number): void {
    const notes = this.#notes(round)
    notes.mostPeers = Math.max(notes.mostPeers ?? 0, peers)
  }

  notes(round: Round): RoundNotes | undefined {
    return this.#rounds.get(round)
  }

  #notes(round: Round): Notes {
    const known = this.#rounds.get(round)
    if (known !== undefined) return known
    const notes: Notes = { ids: new Set(), faults: new Map(), mostPeers: undefined }
    this.#rounds.set(round, notes)
    return notes
  }
}
