import type { EngineEffect, EngineEvent } from '../src/consensus/effects.ts'
import type { Instant } from '../src/core/clock.ts'
import { recoverSigner } from '../src/core/signature.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import { type SignatureSet, type StatementId, slotOf } from '../src/core/statement.ts'
import type { SignedStatus } from '../src/core/status.ts'
import { shapeAttestation } from '../src/gossip/attestation-shape.ts'
import { topicNames } from '../src/gossip/topic-name.ts'
import { decodePriceMessage } from '../src/gossip/wire.ts'
import type { Database } from './database.ts'
import { HeardStatuses } from './heard-statuses.ts'
import { LifeRecord } from './life-record.ts'
import type { Life, Watcher } from './life.ts'
import { EPOCH_MS } from './process-clock.ts'
import { Violation } from './violation.ts'
import type { World } from './world.ts'

/** What the run came to, for the report. */
export interface Tally {
  quorums: number
  rows: number
  disputes: number
  refusals: number
  equivocations: number
  honestExpelled: number
}

/** Looks at all that nodes do while they do it, and throws at the first thing that must not be. */
export class Checks implements Watcher {
  readonly tally: Tally = { quorums: 0, rows: 0, disputes: 0, refusals: 0, equivocations: 0, honestExpelled: 0 }
  /** What was on the disk of an honest node at quorum: it must be in the table in the end. */
  readonly kept = new Map<StatementId, PriceRow>()
  /** Statements by clocks that were ahead: others take them when their time has come, whenever that is. */
  readonly fromTheFuture = new Set<StatementId>()
  readonly #world: World
  readonly #records = new WeakMap<Life, LifeRecord>()
  readonly #heard = new WeakMap<Life, HeardStatuses>()
  /** Slot and signer to what the signer signed in it. */
  readonly #signed = new Map<string, StatementId>()
  readonly #rowOfSlot = new Map<string, StatementId>()
  /** Statements that are in any database. */
  readonly #committed = new Set<StatementId>()
  /** Rows as engines handed them out. */
  readonly #handedOut = new WeakSet<PriceRow>()
  readonly #quorate = new Set<StatementId>()
  readonly #honestPeers: ReadonlySet<string>
  readonly #honestSigners: ReadonlySet<string>
  readonly #fail: (violation: Violation) => void

  constructor(
    world: World,
    options: {
      readonly honestPeers: ReadonlySet<string>
      readonly honestSigners: ReadonlySet<string>
      readonly fail: (violation: Violation) => void
    },
  ) {
    this.#world = world
    this.#honestPeers = options.honestPeers
    this.#honestSigners = options.honestSigners
    this.#fail = options.fail
  }

  get #trueMs(): number {
    return EPOCH_MS + this.#world.scheduler.nowUs / 1_000
  }

  recordOf(life: Life): LifeRecord {
    let record = this.#records.get(life)
    if (record === undefined) {
      record = new LifeRecord(this.#world.scenario.constants)
      this.#records.set(life, record)
    }
    return record
  }

  onEvent(
    life: Life,
    event: EngineEvent,
    { now, effects }: { readonly now: Instant; readonly effects: readonly EngineEffect[] },
  ): void {
    const record = this.recordOf(life)
    const { name } = life.machine
    if (event.kind === 'signed') {
      this.#sign(life.machine.key.address, { id: event.id, slot: slotOf(event.statement) })
      if (event.statement.observedAt > this.#trueMs + AHEAD_MS) this.fromTheFuture.add(event.id)
    }
    const begun = record.take(event, { now, setOf: (id) => openSetOf(life, id) })
    for (const effect of effects) {
      if (effect.kind === 'refused') this.tally.refusals += 1
      if (effect.kind === 'equivocation') {
        this.tally.equivocations += 1
        if (this.#honestSigners.has(effect.equivocation.signer)) {
          this.#fail(
            new Violation(
              'signed-once',
              `${name} holds proof that an honest signer, ${effect.equivocation.signer}, signed two statements of ${slotOfEquivocation(effect)}`,
            ),
          )
        }
      }
      if (effect.kind === 'moved') {
        if (effect.to === 'quorum') {
          record.noteQuorum(effect.id, now.monoMs)
          if (!this.#quorate.has(effect.id)) this.tally.quorums += 1
          this.#quorate.add(effect.id)
        }
        if (['committed', 'disputed', 'parked', 'expired'].includes(effect.to)) record.forget(effect.id)
        if (effect.to === 'committed' || effect.to === 'disputed') record.noteSettled(effect.attestation)
        if (effect.to === 'parked') this.#fail(new Violation('no-mistake', `${name}: the table refused ${effect.id}`))
      }
      if (effect.kind === 'commit') {
        const fault = record.whenHandedOut(effect.row, now.monoMs)
        if (fault !== undefined)
          this.#fail(new Violation(fault.invariant, `${name}, ${describeRow(effect.row)}: ${fault.message}`))
        this.#handedOut.add(effect.row)
        this.#watchRow(life, effect.row)
      }
    }
    if (begun === undefined) return
    this.#checkMemory(life)
    if (record.isSettled(begun))
      this.#fail(new Violation('begun-once', `${name}: ${begun} begins again, and the table has answered for it`))
  }

  onPublish(life: Life, topic: string, data: Uint8Array): void {
    const { scenario, trace, digest, curve } = this.#world
    trace.note(life.machine.name, `sends ${data.length} bytes on ${topic}`)
    if (topic !== topicNames(scenario.constants.network).prices) return
    for (const wire of decodePriceMessage(data).attestations) {
      const shaped = shapeAttestation(wire, scenario.constants)
      if ('fault' in shaped) {
        this.#fail(
          new Violation(
            'no-mistake',
            `${life.machine.name} publishes a statement that is not in shape: ${shaped.fault}`,
          ),
        )
        return
      }
      const id = digest(shaped.statement)
      const { address } = life.machine.key
      for (const signature of shaped.signatures) {
        const recovered = recoverSigner(curve, { id, signature })
        if ('signer' in recovered && recovered.signer === address) {
          this.#sign(address, { id, slot: slotOf(shaped.statement) })
        }
      }
    }
  }

  onKept(_life: Life, row: PriceRow): void {
    this.kept.set(row.attestation.id, row)
  }

  onSent(life: Life, rows: readonly PriceRow[]): void {
    const record = this.recordOf(life)
    for (const row of rows) {
      // What comes from the history of a peer was waited for there.
      if (!this.#handedOut.has(row) && this.#committed.has(row.attestation.id)) continue
      const message = record.tooEarly(row, life.clock.monoMs)
      if (message === undefined) continue
      this.#fail(new Violation('not-before-quiet', `${life.machine.name}, ${describeRow(row)}: ${message}`))
    }
  }

  onHeard(life: Life, signed: SignedStatus): void {
    const heard = this.#heard.get(life) ?? new HeardStatuses()
    this.#heard.set(life, heard)
    const message = heard.take(signed, life.clock.monoMs)
    if (message !== undefined) this.#fail(new Violation('newest-status', `${life.machine.name} ${message}`))
  }

  onHangUp(life: Life, peerId: string): void {
    this.#world.trace.note(life.machine.name, `hangs up on ${peerId}`)
    if (this.#honestPeers.has(peerId)) this.tally.honestExpelled += 1
  }

  onEnd(life: Life): void {
    this.#records.delete(life)
  }

  onMistake(life: Life, what: string, error?: unknown): void {
    this.#fail(new Violation('no-mistake', `${life.machine.name}: ${what}`, { cause: error }))
  }

  /** A row or an equivocation came into a database. */
  onRow(row: PriceRow, where: 'prices' | 'equivocations', writer: number): void {
    const { id, statement } = row.attestation
    this.#world.trace.note('table', `${where} ${id} of n${writer}`)
    const fault = this.#unsound(row)
    if (fault !== undefined) this.#fail(new Violation('sound-row', `n${writer}, ${describeRow(row)}: ${fault}`))
    if (!this.#committed.has(id)) this.tally[where === 'prices' ? 'rows' : 'disputes'] += 1
    this.#committed.add(id)
    const slot = slotOf(statement)
    const other = this.#rowOfSlot.get(slot)
    if (other === undefined) this.#rowOfSlot.set(slot, id)
    else if (other !== id && !this.#mayDispute(statement.proposer)) {
      this.#fail(new Violation('one-row-a-slot', `${slot} has two statements at quorum, ${other} and ${id}`))
    }
  }

  isCommitted(id: StatementId): boolean {
    return this.#committed.has(id)
  }

  /** Two quorums share 2m − n signers at least; who is honest signs one of the two. */
  #mayDispute(proposer: string): boolean {
    const { constants, nodes, dishonest } = this.#world.scenario
    return !this.#honestSigners.has(proposer) && 2 * constants.minimumSigners - nodes <= dishonest
  }

  #sign(signer: string, { id, slot }: { readonly id: StatementId; readonly slot: string }): void {
    const key = `${signer} ${slot}`
    const before = this.#signed.get(key)
    if (before === undefined) this.#signed.set(key, id)
    else if (before !== id) {
      this.#fail(new Violation('signed-once', `${signer} signed ${before} and ${id}, both of ${slot}`))
    }
  }

  #unsound({ attestation: { id, statement, signatures } }: PriceRow): string | undefined {
    const { curve, digest, scenario } = this.#world
    const { signers, minimumSigners } = scenario.constants
    if (digest(statement) !== id) return 'the id is not that of its content'
    for (const [signer, signature] of signatures) {
      const recovered = recoverSigner(curve, { id, signature })
      if (!('signer' in recovered) || recovered.signer !== signer) return `${signer} did not sign it`
      if (!signers.allows(signer, statement.round)) return `${signer} may not sign`
    }
    if (signatures.size < minimumSigners) return `${signatures.size} signers of ${minimumSigners}`
    return signatures.has(statement.proposer) ? undefined : 'its proposer did not sign it'
  }

  /** Where all is well, the row is there when everybody had a turn. */
  #watchRow(life: Life, row: PriceRow): void {
    const { scheduler } = this.#world
    const { database } = life.machine
    const { id, signatures } = row.attestation
    const { troubles } = database
    const troubledMs = Math.max(0, (database.troubledAtUs - scheduler.nowUs) / 1_000 + RECOVERY_MS)
    const graceMs = (signatures.size + LATER_TURNS) * TURN_MS + ROW_SLACK_MS + troubledMs
    scheduler.after(graceMs * 1_000, () => {
      if (!life.isAlive || database.holds(id) || database.troubles !== troubles || !isQuiet(database)) return
      this.#fail(
        new Violation(
          'not-too-late',
          `${life.machine.name}, ${describeRow(row)}: ${graceMs} ms after its quiet period the row is not there, and nothing was wrong with the table`,
        ),
      )
    })
  }

  #checkMemory(life: Life): void {
    const { engine } = life
    if (engine === undefined) return
    const { nodes, constants } = this.#world.scenario
    const { quorum, closed, ...others } = engine.pool.census()
    const held = Object.values(others).reduce((sum, count) => sum + count, 0)
    const bound = nodes * constants.pairs.length * ROUNDS_IN_WINDOW * STATEMENTS_A_SLOT
    const waiting = life.machine.disk.image.outbox.size + bound
    if (held > bound)
      this.#fail(
        new Violation('bounded-memory', `${life.machine.name} holds ${held} statements, ${bound} are the most`),
      )
    if (quorum + closed > waiting) {
      this.#fail(
        new Violation(
          'bounded-memory',
          `${life.machine.name} holds ${quorum + closed} statements at quorum, ${waiting} are the most`,
        ),
      )
    }
  }
}

/** Clocks that are off by less than this, and others the other way, take each other's statements soon. */
const AHEAD_MS = 5_000
/** As the product has it: turns of others than signers, and how far turns are apart. */
const LATER_TURNS = 8
const TURN_MS = 500
const ROW_SLACK_MS = 2_000
/** After a trouble of the table: until a broken connection is noticed, and until the next attempt. */
const RECOVERY_MS = 60_000
/** This round and the one before it, and the next one to a clock that is behind. */
const ROUNDS_IN_WINDOW = 3
const STATEMENTS_A_SLOT = 2

function isQuiet({ isUp, slownessMs, lostAnswers }: Database): boolean {
  return isUp && slownessMs === 0 && lostAnswers === 0
}

/** The signatures over a statement that the table has not answered for. */
function openSetOf({ engine }: Life, id: StatementId): SignatureSet | undefined {
  const phase = engine?.pool.phaseOf(id)
  return phase === 'collecting' || phase === 'quorum' || phase === 'closed' ? engine?.pool.signaturesOf(id) : undefined
}

export function describeRow({ attestation: { id, statement, signatures } }: PriceRow): string {
  return `round ${statement.round}, ${statement.pair} by ${statement.proposer}, ${id} with ${signatures.size} signatures`
}

function slotOfEquivocation({ equivocation }: Extract<EngineEffect, { kind: 'equivocation' }>): string {
  return slotOf(equivocation.statements[0].statement)
}
