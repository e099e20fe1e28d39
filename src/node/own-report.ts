import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Hex } from '../core/hex.ts'
import type { PriceTable } from '../core/price-table.ts'
import { type NodeReport, REPORT_PEERS_LIMIT } from '../core/status.ts'
import type { NodeListener } from './node-listener.ts'
import { ReceivedCounts } from './received-counts.ts'

export interface OwnReportComponents {
  readonly clock: Clock
  readonly connectedPeers: () => readonly string[]
  /** Whether an allowed signer vouches for a peer. */
  readonly isVouched: (peerId: string) => boolean
  /** How far the clocks of the others are ahead of this one, milliseconds. */
  readonly clockOffsetMs: () => number | undefined
  /** Rows that wait for the table. */
  readonly owed: { depth(): number }
  readonly historyRoot: () => Hex | undefined
}

/** What this node reports of itself: it listens to the node, and reads nothing from anywhere. */
export class OwnReport implements Pick<NodeListener, 'handled'> {
  readonly #components: OwnReportComponents
  readonly #startedAtMs: number
  readonly #received: ReceivedCounts
  #lastCommittedAtMs: number | undefined

  /** The process counts as begun now. */
  constructor(components: OwnReportComponents, { own }: { readonly own: Address }) {
    this.#components = components
    this.#startedAtMs = components.clock.now().monoMs
    this.#received = new ReceivedCounts(own)
  }

  handled(event: EngineEvent, effects: readonly EngineEffect[]): void {
    if (event.kind === 'received') this.#received.add(event.attestation)
    for (const effect of effects) {
      if (effect.kind === 'moved' && effect.to === 'committed') this.committed(effect.attestation.statement.observedAt)
    }
  }

  /** The table, with what comes into it noted: history of peers does not pass through the engine. */
  watch(table: PriceTable): PriceTable {
    return {
      present: (ids) => table.present(ids),
      write: async (rows) => {
        const outcomes = await table.write(rows)
        for (const { attestation } of rows) {
          const kind = outcomes.get(attestation.id)?.kind
          if (kind === 'written' || kind === 'present') this.committed(attestation.statement.observedAt)
        }
        return outcomes
      },
    }
  }

  /** How this node is at this moment. */
  report(): NodeReport {
    const { clock, clockOffsetMs, owed, historyRoot } = this.#components
    const offsetMs = clockOffsetMs()
    return {
      uptimeMs: Math.floor(clock.now().monoMs - this.#startedAtMs),
      peers: this.#peers(),
      // Without the −0 that some round to: it is signed as 0.
      clockOffsetMs: offsetMs === undefined ? undefined : Math.round(offsetMs) + 0,
      received: this.#received.most(),
      outbox: owed.depth(),
      lastCommittedAtMs: this.#lastCommittedAtMs,
      historyRoot: historyRoot(),
    }
  }

  /** Takes note of a row in the table, by when it was observed, milliseconds since the Unix epoch. */
  committed(observedAtMs: number): void {
    this.#lastCommittedAtMs = Math.max(this.#lastCommittedAtMs ?? 0, observedAtMs)
  }

  /** Those of signers before others: anybody can make peer ids that come first. */
  #peers(): readonly string[] {
    const { connectedPeers, isVouched } = this.#components
    const connected = [...new Set(connectedPeers())].toSorted()
    const { vouched = [], other = [] } = Object.groupBy(connected, (peer) => (isVouched(peer) ? 'vouched' : 'other'))
    return [...vouched, ...other].slice(0, REPORT_PEERS_LIMIT).toSorted()
  }
}
