import type { HistoryDay, HistoryRange } from '../../core/history.ts'
import type { Hex } from '../../core/hex.ts'
import type { NetworkConstants } from '../../core/network.ts'
import type { Attestation, StatementId } from '../../core/statement.ts'
import { REJECT_SEVERITIES } from '../../core/verdict.ts'
import { MalformedMessageError, type WireAttestation, decodePriceMessage } from '../wire.ts'
import type { AnswerTo } from './asker.ts'
import type { DayHashes } from './barren-days.ts'
import { covers } from './history-range.ts'
import { judgeHistoryRow } from './history-row.ts'
import type { HistorySyncComponents } from './history-components.ts'
import type { SyncQuestion } from './question-wire.ts'
import { SyncFailure } from './sync-failure.ts'
import { IDS_LIMIT, LEAVES_LIMIT } from './sync-fields.ts'

/**
 * Questions about history come no faster than this, milliseconds. A peer answers some more than that in the long run,
 * see AnswerBudget, and a busy one need not hurry.
 */
export const QUESTION_PAUSE_MS = 80
/** How long to wait when a peer has no time, milliseconds. */
const REFUSED_PAUSE_MS = 2_000

/** What became of the rows that a session brought, and how many had no quorum here. */
export interface TakenRows {
  readonly written: number
  readonly present: number
  /** Rows whose slot another statement holds. */
  readonly disputed: number
  /** Rows that the database does not take. */
  readonly refused: number
  /** Statements without a quorum of those whose signatures count here. */
  readonly leftOut: number
}

export interface HistoryWalkOptions {
  readonly peerId: string
  readonly constants: NetworkConstants
  readonly signal: AbortSignal
}

/** Goes through the days that differ, and takes over what is not here. Nothing but what is in the table is progress. */
export class HistoryWalk {
  readonly #components: HistorySyncComponents
  readonly #options: HistoryWalkOptions
  readonly #taken = { written: 0, present: 0, disputed: 0, refused: 0, leftOut: 0 }
  #nextQuestionAtMs = Number.NEGATIVE_INFINITY
  #hasBegun = false

  constructor(components: HistorySyncComponents, options: HistoryWalkOptions) {
    this.#components = components
    this.#options = options
  }

  get taken(): TakenRows {
    return { ...this.#taken }
  }

  /** Whether progress has been reported. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** @throws {SyncFailure} and what the table throws */
  async go(range: HistoryRange): Promise<void> {
    const { history, progress, barren } = this.#components
    const { peerId } = this.#options
    const own = new Map((await history.days(range)).map(({ day, hash }) => [day, hash]))
    const differing: HistoryDay[] = []
    for await (const day of this.#daysThere(range)) {
      const hashes = hashesOf(day, own)
      if (hashes.own !== hashes.theirs && barren?.has(hashes) !== true) differing.push(day)
    }
    this.#hasBegun = true
    progress?.report({ kind: 'range', peerId, range, days: differing.length })
    for (const day of differing) {
      const before = this.#gained
      await this.#takeDay(day, range)
      if (this.#gained === before) barren?.add(hashesOf(day, own))
      progress?.report({ kind: 'compared', days: 1 })
    }
  }

  get #gained(): number {
    return this.#taken.written + this.#taken.present + this.#taken.disputed
  }

  async *#daysThere(range: HistoryRange): AsyncGenerator<HistoryDay> {
    let next = range
    for (;;) {
      const { days, more } = await this.#ask({ kind: 'days', range: next })
      let last: HistoryDay | undefined
      for (const day of days) {
        if (day.day < next.fromDay || (last !== undefined && day.day <= last.day)) throw this.#fault('bad-order')
        if (!covers(range, day.day)) throw this.#fault('bad-range')
        last = day
        yield day
      }
      if (!more) return
      if (last === undefined) throw this.#fault('bad-order')
      next = { ...range, fromDay: (last.day + 1) as HistoryDay['day'] }
    }
  }

  /** A page is taken before the next is asked for: who lists what he does not have is found out at once. */
  async #takeDay({ day }: HistoryDay, range: HistoryRange): Promise<void> {
    const own = await this.#ownIds(day, range)
    let after: StatementId | undefined
    for (;;) {
      const { leaves, more } = await this.#ask({ kind: 'leaves', range, day, after })
      const wanted: StatementId[] = []
      for (const { id } of leaves) {
        if (after !== undefined && id <= after) throw this.#fault('bad-order')
        after = id
        if (!own.has(id)) wanted.push(id)
      }
      if (wanted.length > 0) this.#components.progress?.report({ kind: 'wanted', rows: wanted.length })
      for (let from = 0; from < wanted.length; from += IDS_LIMIT) {
        await this.#takeRows(wanted.slice(from, from + IDS_LIMIT))
      }
      if (!more) return
      if (leaves.length === 0) throw this.#fault('bad-order')
    }
  }

  /** Whether a slot is disputed follows from the statements of it: who holds both finds the same by himself. */
  async #ownIds(day: HistoryDay['day'], range: HistoryRange): Promise<ReadonlySet<StatementId>> {
    const ids = new Set<StatementId>()
    for (let after: StatementId | undefined; ;) {
      const leaves = await this.#components.history.leaves(day, range, { after, limit: LEAVES_LIMIT })
      for (const { id } of leaves) ids.add(id)
      after = leaves.at(-1)?.id
      if (leaves.length < LEAVES_LIMIT) return ids
    }
  }

  async #takeRows(ids: readonly StatementId[]): Promise<void> {
    const { messages } = await this.#ask({ kind: 'attestations', ids })
    const missing = new Set(ids)
    const sound: Attestation[] = []
    for (const wire of messages.flatMap((message) => this.#open(message))) {
      const { constants, signal } = this.#options
      const finding = await judgeHistoryRow(this.#components, wire, { constants, asked: missing, signal })
      switch (finding.kind) {
        case 'false':
          throw this.#falseRow(finding.code)
        case 'no-quorum':
          missing.delete(finding.id)
          this.#taken.leftOut += 1
          break
        case 'quorum':
          missing.delete(finding.attestation.id)
          sound.push(finding.attestation)
          break
      }
    }
    await this.#write(sound)
    // Rows are never removed, so who lists one has it.
    if (missing.size > 0) throw this.#fault('withheld')
  }

  #open(message: Uint8Array): readonly WireAttestation[] {
    try {
      const { network, attestations } = decodePriceMessage(message)
      if (network !== this.#options.constants.network) throw this.#falseRow('wrong-network')
      return attestations
    } catch (error) {
      if (error instanceof MalformedMessageError) throw this.#fault('malformed')
      throw error
    }
  }

  async #write(attestations: readonly Attestation[]): Promise<void> {
    if (attestations.length === 0) return
    const { table, clock, counters, progress } = this.#components
    const lastSignedAtMs = clock.now().wallMs
    const outcomes = await table.write(attestations.map((attestation) => ({ attestation, lastSignedAtMs })))
    for (const { kind } of outcomes.values()) {
      if (kind === 'slot-taken') this.#taken.disputed += 1
      else this.#taken[kind] += 1
      counters.add('gp_sync_rows_total', { outcome: kind })
    }
    progress?.report({ kind: 'taken', rows: attestations.length })
  }

  async #ask<Kind extends 'days' | 'leaves' | 'attestations'>(
    question: Extract<SyncQuestion, { readonly kind: Kind }>,
  ): Promise<AnswerTo<Kind>> {
    const { asker, clock } = this.#components
    const { peerId, signal } = this.#options
    for (;;) {
      signal.throwIfAborted()
      const waitMs = this.#nextQuestionAtMs - clock.now().monoMs
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      this.#nextQuestionAtMs = clock.now().monoMs + QUESTION_PAUSE_MS
      try {
        return await asker.ask<Kind>(question, { peerId, signal })
      } catch (error) {
        if (!isForNow(error)) throw error
        this.#nextQuestionAtMs = clock.now().monoMs + REFUSED_PAUSE_MS
      }
    }
  }

  #fault(code: Parameters<HistorySyncComponents['asker']['fault']>[1]): SyncFailure {
    return this.#components.asker.fault(this.#options.peerId, code)
  }

  #falseRow(code: keyof typeof REJECT_SEVERITIES | 'not-asked'): SyncFailure {
    if (code === 'not-asked') return this.#fault(code)
    return this.#components.asker.blame(this.#options.peerId, { code, severity: REJECT_SEVERITIES[code] })
  }
}

function hashesOf({ day, hash }: HistoryDay, own: ReadonlyMap<HistoryDay['day'], Hex>): DayHashes {
  return { day, own: own.get(day), theirs: hash }
}

function isForNow(error: unknown): boolean {
  return (
    error instanceof SyncFailure &&
    error.code === 'refused' &&
    (error.reason === 'flood' || error.reason === 'overload')
  )
}
