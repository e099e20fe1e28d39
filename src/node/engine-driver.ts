import { type CoSignerComponents, coSign } from '../consensus/co-signer.ts'
import type { Refusal } from '../consensus/co-sign-policy.ts'
import type { EngineEffect, EngineEvent, Phase } from '../consensus/effects.ts'
import type { Engine } from '../consensus/engine.ts'
import type { Signer } from '../consensus/signer.ts'
import { oldestOpenRound } from '../consensus/windows.ts'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import { formatPrice } from '../core/price.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { type Attestation, type PriceStatement, type Round, type StatementId, roundAt } from '../core/statement.ts'

export interface EngineDriverComponents {
  readonly engine: Engine
  readonly signer: Signer
  readonly memory: SignOnceMemory
  readonly observations: CoSignerComponents['observations']
  readonly publisher: { publish(id: StatementId, attempt: number): void }
  readonly writer: { enqueue(row: PriceRow): void }
  readonly digest: (statement: PriceStatement) => StatementId
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Hands events and the time to the engine, and does what it answers. */
export class EngineDriver {
  readonly #components: EngineDriverComponents
  readonly #constants: NetworkConstants
  readonly #considering = new Set<Promise<void>>()
  #cancelTick: (() => void) | undefined
  #rememberedFrom = 0 as Round
  #stopped = false

  constructor(components: EngineDriverComponents, constants: NetworkConstants) {
    this.#components = components
    this.#constants = constants
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
    const { engine, clock } = this.#components
    for (const effect of engine.handle(event, clock.now())) this.#perform(effect)
    this.#armTick()
  }

  /** What became of a row in the table. One node of several says that it wrote it; the others find it there. */
  settle(id: StatementId, outcome: WriteOutcome): void {
    const { engine, logger } = this.#components
    const attestation = engine.attestationOf(id)
    this.handle({ kind: 'outcome', id, outcome })
    if (attestation === undefined) return
    const what = describe(attestation.statement)
    const facts = { id, signers: attestation.signatures.size }
    switch (outcome.kind) {
      case 'written':
        logger.info(`committed ${what}`, facts)
        break
      case 'present':
        logger.debug(`committed by another node: ${what}`, facts)
        break
      case 'slot-taken':
        logger.error(`disputed slot: ${what} reached quorum beside the statement that is in the table`, facts)
        break
      case 'refused':
        logger.error(`the database refused ${what} for ever: ${outcome.reason}`, facts)
        break
    }
  }

  /** Makes, signs and publishes this node's own statement of a price, unless its slot is signed already. */
  async propose({ pair, price, observedAtMs }: Observation): Promise<void> {
    const { signer, memory, digest, logger, counters } = this.#components
    const { network, source, intervalMs, signers } = this.#constants
    const round = roundAt(observedAtMs, intervalMs)
    if (this.#stopped || !signers.allows(signer.address, round)) return
    this.#forgetOldRounds(round)
    const statement = { network, pair, price, round, observedAt: observedAtMs, source, proposer: signer.address }
    if (memory.signedIn(statement) !== undefined) return
    const id = digest(statement)
    const answer = await signer.sign({ id, statement, held: new Map() })
    if ('refusal' in answer) {
      logger.info(`not proposed: ${answer.refusal.message}`, { pair, round })
      return
    }
    logger.info(`proposed ${describe(statement)}`, { round, id })
    counters.add('gp_statements_proposed_total', { pair })
    this.handle({ kind: 'signed', id, statement, signer: signer.address, signature: answer.signature })
  }

  /** Stops taking events; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTick?.()
    await Promise.all(this.#considering)
  }

  #perform(effect: EngineEffect): void {
    switch (effect.kind) {
      case 'consider': {
        const considering = this.#consider(effect.id, effect.statement)
        this.#considering.add(considering)
        void considering.finally(() => this.#considering.delete(considering))
        break
      }
      case 'publish':
        this.#components.publisher.publish(effect.id, effect.attempt)
        break
      case 'commit':
        this.#components.writer.enqueue(effect.row)
        break
      case 'moved':
        this.#report(effect.to, effect.attestation)
        break
    }
  }

  async #consider(id: StatementId, statement: PriceStatement): Promise<void> {
    const { signer, observations, clock, engine, logger, counters } = this.#components
    try {
      const held = engine.signaturesOf.bind(engine)
      const answer = await coSign({ signer, observations, clock, held }, { id, statement, constants: this.#constants })
      if ('refusal' in answer) {
        this.#reportRefusal(answer.refusal, { id, statement })
        return
      }
      logger.debug(`co-signed ${describe(statement)}`, { id, proposer: statement.proposer })
      counters.add('gp_statements_co_signed_total', { pair: statement.pair })
      this.handle({ kind: 'signed', id, statement, signer: signer.address, signature: answer.signature })
    } catch (error) {
      logger.error('a statement could not be considered; please report this', { id, error })
    }
  }

  #reportRefusal({ code, message }: Refusal, { id, statement }: Pick<Attestation, 'id' | 'statement'>): void {
    const { logger, counters } = this.#components
    counters.add('gp_refusals_total', { code })
    const facts = { id, proposer: statement.proposer }
    if (code === 'deviation' || code === 'feed-down') logger.warn(`not co-signed: ${message}`, facts)
    else logger.debug(`not co-signed: ${message}`, facts)
  }

  #report(to: Phase, { id, statement, signatures }: Attestation): void {
    const { logger, counters } = this.#components
    counters.add('gp_statements_moved_total', { to })
    const what = describe(statement)
    if (to === 'expired') {
      logger.warn(
        `no quorum for ${what}: ${signatures.size} of ${this.#constants.minimumSigners} signers; look whether enough nodes run and see the same price`,
        { id, signers: [...signatures.keys()] },
      )
      return
    }
    logger.debug(`${to}: ${what}`, { id, signers: signatures.size })
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

  #forgetOldRounds(round: Round): void {
    const oldest = (round - 1) as Round
    if (oldest <= this.#rememberedFrom) return
    this.#rememberedFrom = oldest
    this.#components.memory.forgetBefore(this.#constants.network, oldest)
  }
}

/** setTimeout takes 31 bits of milliseconds; longer waits are taken in steps. */
const LONGEST_TIMER_MS = 2_147_483_647

function describe({ pair, price, proposer }: PriceStatement): string {
  return `${pair} ${formatPrice(price)} by ${proposer.slice(0, 8)}`
}
