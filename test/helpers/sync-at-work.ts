import type { NetworkConstants } from '../../src/core/network.ts'
import type { DatabaseMarks } from '../../src/core/history.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { AnswerBudget } from '../../src/gossip/sync/answer-budget.ts'
import { type SyncAnswer, encodeAnswer } from '../../src/gossip/sync/answer-wire.ts'
import { Answerer, type AnswererComponents } from '../../src/gossip/sync/answerer.ts'
import { Asker } from '../../src/gossip/sync/asker.ts'
import { BarrenDays } from '../../src/gossip/sync/barren-days.ts'
import { type Exchange, ExchangeError } from '../../src/gossip/sync/exchange.ts'
import type { HistorySyncComponents } from '../../src/gossip/sync/history-components.ts'
import type { PendingSyncComponents } from '../../src/gossip/sync/pending-session.ts'
import type { SyncProgressEvent } from '../../src/gossip/sync/progress.ts'
import { type SyncQuestion, decodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import { attestCheaply, RULES } from './engine-at-work.ts'
import { HistoryInMemory } from './history-in-memory.ts'
import { ALLOWED, type InboxAtWork, createInboxAtWork } from './inbox-at-work.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { INTERVAL_MS, OBSERVED_AT, digest, statement } from './statements.ts'

export const CONSTANTS: NetworkConstants = {
  network: statement().network,
  pairs: ['ETH-USD', 'BTC-USD'],
  source: statement().source,
  intervalMs: RULES.intervalMs,
  quietPeriodMs: RULES.quietPeriodMs,
  minimumSigners: RULES.minimumSigners,
  maximumSigners: RULES.maximumSigners,
  maxDeviation: 10_000_000n,
  signers: createSignerSet(ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
}

/** A row as it was committed `roundsAgo` rounds before the clocks of tests start, with as many signers. */
export function committed(roundsAgo: number, { signers = 3 }: { readonly signers?: number } = {}): Attestation {
  return attestCheaply(statement({ observedAt: OBSERVED_AT - roundsAgo * INTERVAL_MS }), ...ALLOWED.slice(0, signers))
}

/** Peers that answer, by name; what each was asked is kept. */
export class MadeUpExchange implements Exchange {
  readonly asked: { readonly peerId: string; readonly question: SyncQuestion }[] = []
  readonly #peers = new Map<string, (question: Uint8Array) => Promise<Uint8Array | undefined>>()
  readonly #listeners = new Set<(peerId: string) => void>()

  /** The kinds of questions that were asked, in order. */
  get kinds(): readonly string[] {
    return this.asked.map(({ question }) => question.kind)
  }

  /** Connects a peer whose answers are those of an honest node. */
  connect(peerId: string, answer: (question: Uint8Array) => Promise<Uint8Array | undefined>): void {
    this.#peers.set(peerId, answer)
    for (const listener of this.#listeners) listener(peerId)
  }

  /** Connects a peer that answers whatever it likes. */
  connectLiar(peerId: string, lie: (question: SyncQuestion) => SyncAnswer | Uint8Array | undefined): void {
    this.connect(peerId, async (bytes) => {
      const { question } = decodeQuestion(bytes)
      const answer = question && lie(question)
      return answer === undefined || answer instanceof Uint8Array ? answer : encodeAnswer(answer, CONSTANTS)
    })
  }

  peers(): readonly string[] {
    return [...this.#peers.keys()]
  }

  onPeer(listener: (peerId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async ask(peerId: string, bytes: Uint8Array): Promise<Uint8Array> {
    const { question } = decodeQuestion(bytes)
    if (question !== undefined) this.asked.push({ peerId, question })
    const answer = await this.#peers.get(peerId)?.(bytes)
    if (answer === undefined) throw new ExchangeError('broken', 'there is no answer')
    return answer
  }

  serve(): void {}
}

export interface SyncAtWork extends InboxAtWork {
  readonly exchange: MadeUpExchange
  readonly asker: Asker
  readonly table: HistoryInMemory
  /** What it takes to take over what is pending. */
  readonly pending: PendingSyncComponents
  /** What it takes to take over history. */
  readonly history: HistorySyncComponents
  readonly progress: SyncProgressEvent[]
  /** Whom it has blamed, and for what. */
  readonly blamed: { readonly peerId: string; readonly code: string }[]
  /** Answers as this node. */
  answer(question: Uint8Array, peerId?: string): Promise<Uint8Array | undefined>
}

export interface SyncAtWorkOptions {
  readonly historyMs?: number
  readonly marks?: DatabaseMarks
  readonly answering?: Partial<AnswererComponents>
}

/** A node as far as it syncs: an engine behind an inbox, a table, and both sides of the protocol. Peers are nobody's. */
export function createSyncAtWork({ historyMs = Infinity, marks, answering }: SyncAtWorkOptions = {}): SyncAtWork {
  const work = createInboxAtWork()
  const { engine, clock, counters, logger, standing, vouched } = work
  const exchange = new MadeUpExchange()
  const table = new HistoryInMemory()
  const progress: SyncProgressEvent[] = []
  const blamed: { readonly peerId: string; readonly code: string }[] = []
  const asker = new Asker(
    {
      exchange,
      clock,
      counters,
      blame(peerId, blame) {
        blamed.push({ peerId, code: blame.code })
        standing.blame(peerId, blame)
      },
    },
    CONSTANTS,
  )
  const answerer = new Answerer(
    {
      pending: engine.pool,
      history: table,
      marks,
      budget: new AnswerBudget({ clock, vouchersOf: (peerId) => (vouched.has(peerId) ? [`signer of ${peerId}`] : []) }),
      standing,
      clock,
      counters,
      logger,
      ...answering,
    },
    { constants: CONSTANTS, historyMs },
  )
  const history: HistorySyncComponents = {
    asker,
    history: table,
    table,
    marks,
    recoverer: new Recoverer({ curve: createKeyedHashCurve(), breather: { breathe: () => Promise.resolve() } }),
    digest,
    budget: { hasTime: () => true, spend: (task) => task() },
    clock,
    counters,
    logger,
    barren: new BarrenDays(),
    progress: { report: (event) => progress.push(event) },
  }
  return {
    ...work,
    exchange,
    asker,
    table,
    pending: { asker, pending: engine.pool, receive: (data, peerId) => work.inbox.receive(data, peerId) },
    history,
    progress,
    blamed,
    answer: (question, peerId = 'peer') => answerer.answer(question, peerId),
  }
}

/** What `promise` gives, time passing for `clock` until it does. */
export async function inTime<T>(promise: Promise<T>, { clock }: Pick<SyncAtWork, 'clock'>): Promise<T> {
  const progress = { isOver: false }
  const settled = promise.finally(() => {
    progress.isOver = true
  })
  // A promise that rejects is the caller's to look at.
  settled.catch(() => undefined)
  for (let turn = 0; turn < 10_000 && !progress.isOver; turn++) {
    await clock.settle()
    if (!progress.isOver) await clock.advance(clock.nextInMs ?? 0)
  }
  return settled
}
