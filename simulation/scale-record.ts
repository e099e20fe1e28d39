import type { EngineEffect, EngineEvent } from '../src/consensus/effects.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { Round, StatementId } from '../src/core/statement.ts'
import type { Life, Watcher } from './life.ts'
import { Violation } from './violation.ts'

/** What became of one statement, virtual microseconds since the simulation began. */
interface Course {
  readonly proposedAtUs: number
  firstQuorumAtUs: number
  lastQuorumAtUs: number
  /** Nodes that know it at quorum. */
  nodes: number
}

/** How long it took, milliseconds. */
export interface QuorumTimes {
  readonly first: readonly number[]
  /** Of those that came to quorum everywhere. */
  readonly everywhere: readonly number[]
}

export interface RecordOptions {
  readonly nowUs: () => number
  readonly nodes: number
  /** Rounds before it are not counted. */
  readonly fromRound: Round
}

/** Counts what nodes do about the statements of the rounds that count. */
export class ScaleRecord implements Watcher {
  proposals = 0
  coSignatures = 0
  /** Signatures that came from others. */
  taken = 0
  refusals = 0
  hungUp = 0
  /** Sent by their makers, by topic. */
  readonly published = new Map<string, number>()
  readonly rows: PriceRow[] = []
  readonly #options: RecordOptions
  readonly #courses = new Map<StatementId, Course>()

  constructor(options: RecordOptions) {
    this.#options = options
  }

  onEvent(_life: Life, event: EngineEvent, { effects }: { readonly effects: readonly EngineEffect[] }): void {
    if (event.kind === 'signed' && this.#counts(event.statement)) {
      if (event.signer === event.statement.proposer) this.#propose(event.id)
      else this.coSignatures += 1
    }
    if (event.kind === 'received' && this.#counts(event.attestation.statement)) {
      this.taken += event.attestation.signatures.size
    }
    for (const effect of effects) {
      if (effect.kind === 'refused' && this.#courses.has(effect.id)) this.refusals += 1
      if (effect.kind === 'moved' && effect.to === 'quorum') this.#reachQuorum(effect.id)
    }
  }

  onPublish(_life: Life, topic: string): void {
    this.published.set(topic, (this.published.get(topic) ?? 0) + 1)
  }

  onRow(row: PriceRow): void {
    if (this.#counts(row.attestation.statement)) this.rows.push(row)
  }

  onHangUp(): void {
    this.hungUp += 1
  }

  /** @throws {Violation} */
  onMistake(life: Life, what: string, error?: unknown): never {
    throw new Violation('no-mistake', `${life.machine.name}: ${what}`, { cause: error })
  }

  onKept(): void {}

  onSent(): void {}

  onHeard(): void {}

  onEnd(): void {}

  quorumTimes(): QuorumTimes {
    const courses = [...this.#courses.values()]
    return {
      first: courses
        .filter(({ nodes }) => nodes > 0)
        .map((course) => msBetween(course.proposedAtUs, course.firstQuorumAtUs)),
      everywhere: courses
        .filter(({ nodes }) => nodes === this.#options.nodes)
        .map((course) => msBetween(course.proposedAtUs, course.lastQuorumAtUs)),
    }
  }

  #counts({ round }: { readonly round: Round }): boolean {
    return round >= this.#options.fromRound
  }

  #propose(id: StatementId): void {
    this.proposals += 1
    const proposedAtUs = this.#options.nowUs()
    this.#courses.set(id, { proposedAtUs, firstQuorumAtUs: Number.NaN, lastQuorumAtUs: Number.NaN, nodes: 0 })
  }

  #reachQuorum(id: StatementId): void {
    const course = this.#courses.get(id)
    if (course === undefined) return
    const nowUs = this.#options.nowUs()
    if (course.nodes === 0) course.firstQuorumAtUs = nowUs
    course.lastQuorumAtUs = nowUs
    course.nodes += 1
  }
}

function msBetween(fromUs: number, untilUs: number): number {
  return (untilUs - fromUs) / 1_000
}
