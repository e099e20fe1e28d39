import type { EngineEvent } from '../consensus/effects.ts'
import type { Holdings } from '../consensus/holdings.ts'
import type { Signer } from '../consensus/signer.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { type PriceStatement, type Round, type StatementId, roundAt } from '../core/statement.ts'
import type { EngineLog } from './engine-log.ts'
import type { NodeListener } from './node-listener.ts'

export interface ProposerComponents {
  readonly pool: Pick<Holdings, 'heldInSlot'>
  readonly signer: Signer
  readonly memory: Pick<SignOnceMemory, 'signedIn' | 'forgetBefore'>
  /** Why others would not sign what was observed at a time of this machine's wall clock; undefined when they would. */
  readonly clockWatch: { fault(observedAtMs: number): string | undefined }
  readonly digest: (statement: PriceStatement) => StatementId
  readonly log: Pick<EngineLog, 'proposed' | 'notProposed'>
  readonly listener?: Pick<NodeListener, 'notProposed'> | undefined
  /** Takes the statement that was signed. */
  readonly onSigned: (event: Extract<EngineEvent, { kind: 'signed' }>) => void
}

/** Makes this node's own statements. */
export class Proposer {
  readonly #components: ProposerComponents
  readonly #constants: NetworkConstants
  #rememberedFrom = 0 as Round

  constructor(components: ProposerComponents, constants: NetworkConstants) {
    this.#components = components
    this.#constants = constants
  }

  /** Makes and signs a statement of a price, unless there is one of its slot, whoever made it. */
  async propose({ pair, price, observedAtMs }: Observation): Promise<void> {
    const { pool, signer, memory, clockWatch, digest, log, onSigned } = this.#components
    const { network, source, intervalMs, signers } = this.#constants
    const round = roundAt(observedAtMs, intervalMs)
    if (!signers.allows(signer.address, round)) return
    this.#forgetOldRounds(round)
    const statement = { network, pair, price, round, observedAt: observedAtMs, source, proposer: signer.address }
    if (memory.signedIn(statement) !== undefined) return
    if (pool.heldInSlot(statement) > 0) {
      this.#notProposed('a statement of the slot by this key is there already', statement)
      return
    }
    const clockFault = clockWatch.fault(observedAtMs)
    if (clockFault !== undefined) {
      this.#notProposed(clockFault, statement)
      return
    }
    const id = digest(statement)
    const answer = await signer.sign({ id, statement, held: new Map() })
    if ('objection' in answer) {
      this.#notProposed(answer.objection.message, statement)
      return
    }
    log.proposed({ id, statement })
    onSigned({ kind: 'signed', id, statement, signer: signer.address, signature: answer.signature })
  }

  #notProposed(reason: string, statement: PriceStatement): void {
    const { pair, round } = statement
    this.#components.log.notProposed(reason, statement)
    this.#components.listener?.notProposed({ pair, round, reason })
  }

  #forgetOldRounds(round: Round): void {
    const oldest = (round - 1) as Round
    if (oldest <= this.#rememberedFrom) return
    this.#rememberedFrom = oldest
    this.#components.memory.forgetBefore(this.#constants.network, oldest)
  }
}
