import { type CoSignerComponents, coSign } from '../consensus/co-signer.ts'
import { type Objection, refusalFor } from '../consensus/co-sign-policy.ts'
import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { Engine } from '../consensus/engine.ts'
import { type OwedFault, judgeOwed } from '../consensus/owed-row.ts'
import type { RowKeeper } from '../consensus/row-keeper.ts'
import type { Signer } from '../consensus/signer.ts'
import { oldestOpenRound } from '../consensus/windows.ts'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Equivocation } from '../core/equivocation.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { Outbox } from '../core/outbox.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import type { Refusal, SignedRefusal } from '../core/refusal.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import type { Attestation, PriceStatement, StatementId } from '../core/statement.ts'
import { EngineLog } from './engine-log.ts'
import type { NodeListener } from './node-listener.ts'
import { Proposer, type ProposerComponents } from './proposer.ts'

export interface EngineDriverComponents {
  readonly engine: Engine
  readonly signer: Signer
  readonly noticeSigner: { signRefusal(refusal: Refusal): SignedRefusal }
  readonly memory: SignOnceMemory
  readonly observations: CoSignerComponents['observations']
  readonly lots?: CoSignerComponents['lots']
  readonly publisher: { publish(id: StatementId, attempt: number): void }
  readonly refusals: { publish(refusal: SignedRefusal): void }
  /** Where proofs against dishonest signers are kept. */
  readonly evidence: { keep(equivocation: Equivocation): void | Promise<void> }
  readonly outbox: Pick<Outbox, 'waiting' | 'parked'>
  readonly rowKeeper: Pick<RowKeeper, 'keep' | 'settle' | 'flush'>
  readonly writer: { enqueue(row: PriceRow): void }
  readonly clockWatch: ProposerComponents['clockWatch']
  readonly digest: (statement: PriceStatement) => StatementId
  /** Told of what the engine did. */
  readonly listener?: Pick<NodeListener, 'handled' | 'notProposed'>
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Hands events and the time to the engine, and does what it answers. */
export class EngineDriver {
  readonly #components: EngineDriverComponents
  readonly #constants: NetworkConstants
  readonly #log: EngineLog
  readonly #proposer: Proposer
  readonly #underWay = new Set<Promise<void>>()
  #cancelTick: (() => void) | undefined
  readonly #stopping = new AbortController()
  #stopped = false

  constructor(components: EngineDriverComponents, constants: NetworkConstants) {
    this.#components = components
    this.#constants = constants
    this.#log = new EngineLog(components, {
      minimumSigners: constants.minimumSigners,
      own: components.signer.address,
    })
    this.#proposer = new Proposer(
      { ...components, pool: components.engine.pool, log: this.#log, onSigned: (event) => this.handle(event) },
      constants,
    )
  }

  /** Takes up again what was owed to the table when the node ended, by today's rules of the network. Before all else. */
  restore(): void {
    const { outbox, digest } = this.#components
    const aside: OwedFault[] = []
    let rows = 0
    for (const owed of outbox.waiting()) {
      const row = judgeOwed(owed, { constants: this.#constants, digest })
      if (typeof row === 'string') {
        aside.push(row)
        continue
      }
      rows += 1
      this.handle({ kind: 'owed', row })
    }
    this.#log.restored({ rows, aside, parked: outbox.parked() })
  }

  /** Sends again what was signed before a restart and can still be collected, by today's rules of the network. */
  start(): void {
    const { memory, clock } = this.#components
    const { network, intervalMs, pairs, source, signers } = this.#constants
    for (const { id, statement, signatures } of memory.since(
      network,
      oldestOpenRound(clock.now().wallMs, intervalMs),
    )) {
      if (!pairs.includes(statement.pair) || statement.source !== source) continue
      const allowed = [...signatures].filter(([signer]) => signers.allows(signer, statement.round))
      this.handle({ kind: 'restored', attestation: { id, statement, signatures: new Map(allowed) } })
    }
  }

  handle(event: EngineEvent): void {
    if (this.#stopped) return
    const { engine, clock, listener } = this.#components
    if (event.kind === 'received') this.#watchOwnKey(event.attestation)
    const effects = engine.handle(event, clock.now())
    for (const effect of effects) this.#perform(effect)
    listener?.handled(event, effects)
    this.#armTick()
  }

  /** What is held of a statement, to be sent now; undefined when it is not held. What is at quorum is on the disk then. */
  attestationToSend(id: StatementId): Attestation | undefined {
    this.#components.rowKeeper.flush()
    return this.#components.engine.pool.attestationOf(id)
  }

  /** Takes what became of a row in the table, be it after {@link stop}. */
  settle(id: StatementId, outcome: WriteOutcome): void {
    this.#components.rowKeeper.settle(id, outcome)
    const attestation = this.#components.engine.pool.attestationOf(id)
    this.handle({ kind: 'outcome', id, outcome })
    if (attestation !== undefined) this.#log.settled(attestation, outcome)
  }

  /** Makes, signs and publishes this node's own statement of a price, unless there is one of its slot, whoever made it. */
  async propose(observation: Observation): Promise<void> {
    if (!this.#stopped) await this.#proposer.propose(observation)
  }

  /** Stops taking events; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#stopping.abort(new Error('the node is stopping'))
    this.#cancelTick?.()
    await Promise.all(this.#underWay)
  }

  #perform(effect: EngineEffect): void {
    switch (effect.kind) {
      case 'consider':
        this.#follow(this.#consider(effect.id, effect.statement))
        break
      case 'publish':
        this.#components.publisher.publish(effect.id, effect.attempt)
        break
      case 'keep':
        this.#components.rowKeeper.keep(effect.row)
        break
      case 'commit':
        this.#components.rowKeeper.flush()
        this.#components.writer.enqueue(effect.row)
        break
      case 'equivocation':
        this.#log.equivocated(effect.equivocation)
        this.#follow(this.#keep(effect.equivocation))
        break
      case 'refused':
        this.#log.refused(effect.refusal)
        break
      case 'moved':
        this.#log.moved(effect)
        break
    }
  }

  #follow(task: Promise<void>): void {
    this.#underWay.add(task)
    void task.finally(() => this.#underWay.delete(task))
  }

  async #consider(id: StatementId, statement: PriceStatement): Promise<void> {
    const { signer, observations, clock, lots, engine } = this.#components
    try {
      const answer = await coSign(
        { signer, observations, clock, lots, holdings: engine.pool },
        { id, statement, constants: this.#constants, signal: this.#stopping.signal },
      )
      if ('notNeeded' in answer) {
        this.#log.notNeeded({ id, statement })
        return
      }
      if ('objection' in answer) {
        this.#log.objected(answer.objection, { id, statement })
        this.#refuse(answer.objection, id)
        return
      }
      this.#log.coSigned({ id, statement })
      this.handle({ kind: 'signed', id, statement, signer: signer.address, signature: answer.signature })
    } catch (error) {
      if (error === this.#stopping.signal.reason) return
      this.#log.notConsidered(id, error)
    }
  }

  /** Tells the network why this node does not vouch for a statement, if it still holds it and few enough have said so. */
  #refuse(objection: Objection, id: StatementId): void {
    const { clock, engine, noticeSigner, refusals } = this.#components
    const { network } = this.#constants
    const refusal = refusalFor(objection, { network, statement: id, refusedAt: clock.now().wallMs })
    if (refusal === undefined) return
    const signed = noticeSigner.signRefusal(refusal)
    this.handle({ kind: 'refused', refusal: signed })
    if (engine.pool.refusalsOf(id)?.get(signed.signer) === signed) refusals.publish(signed)
  }

  async #keep(equivocation: Equivocation): Promise<void> {
    try {
      await this.#components.evidence.keep(equivocation)
    } catch (error) {
      this.#log.notKept(error)
    }
  }

  /** Looks for signatures of this node's key that this node cannot have made: it remembers what it signed. */
  #watchOwnKey({ id, statement, signatures }: Attestation): void {
    const { signer, memory } = this.#components
    if (!signatures.has(signer.address)) return
    const signed = memory.signedIn(statement)
    const isForgotten =
      statement.round * this.#constants.intervalMs < signer.completeFromMs ||
      statement.round <= memory.lowWaterMark(statement)
    if (signed === id || (signed === undefined && isForgotten)) return
    this.#log.foreign({ id, statement })
  }

  #armTick(): void {
    const { engine, clock } = this.#components
    this.#cancelTick?.()
    const delayMs = engine.nextDelayMs(clock.now())
    this.#cancelTick =
      delayMs === undefined
        ? undefined
        : clock.after(Math.min(delayMs, LONGEST_TIMER_MS), () => this.handle({ kind: 'tick' }))
  }
}

/** setTimeout takes 31 bits of milliseconds; longer waits are taken in steps. */
const LONGEST_TIMER_MS = 2_147_483_647
