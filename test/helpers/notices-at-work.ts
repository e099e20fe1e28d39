import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { agreedConstants } from '../../src/core/agreed-constants.ts'
import { fromHex } from '../../src/core/hex.ts'
import type { Refusal, SignedRefusal } from '../../src/core/refusal.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { NodeStatus, SignedStatus } from '../../src/core/status.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { Inbox } from '../../src/gossip/inbox.ts'
import { NodeDirectory } from '../../src/gossip/node-directory.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { RefusalJudge } from '../../src/gossip/refusal-judge.ts'
import { StatusJudge } from '../../src/gossip/status-judge.ts'
import { RULES, attestCheaply } from './engine-at-work.ts'
import { ALLOWED, type InboxAtWork, NEIGHBOUR, createInboxAtWork } from './inbox-at-work.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { FIRST_REPORT } from './signed-notices.ts'
import { OBSERVED_AT, type TestSigner, alice, statement } from './statements.ts'

const curve = createKeyedHashCurve()

/** The statement that the refusals of these tests are about. */
export const REFUSED = attestCheaply(statement(), alice)

export const CONSTANTS = agreedConstants({
  ...RULES,
  network: statement().network,
  pairs: ['ETH-USD', 'BTC-USD'],
  source: 'coinbase',
  maxDeviation: 10_000_000n,
  signers: createSignerSet(ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
})

export const SELF_INSTANCE = `0x${'5e'.repeat(16)}` as const

export function status(overrides: Partial<NodeStatus> = {}): NodeStatus {
  return {
    peerId: '12D3KooWExample',
    instance: `0x${'11'.repeat(16)}`,
    sequence: OBSERVED_AT,
    sentAt: OBSERVED_AT,
    agent: 'gossip-price/0.1.0',
    constants: CONSTANTS,
    report: FIRST_REPORT,
    ...overrides,
  }
}

export function signStatus(signer: TestSigner, overrides: Partial<NodeStatus> = {}): SignedStatus {
  return new NoticeSigner({ curve, key: signer }).signStatus(status(overrides))
}

export function signRefusal(signer: TestSigner, overrides: Partial<Refusal> = {}): SignedRefusal {
  return new NoticeSigner({ curve, key: signer }).signRefusal({
    network: statement().network,
    statement: REFUSED.id,
    reason: 'feed-down',
    ownPrice: undefined,
    signedInstead: undefined,
    refusedAt: OBSERVED_AT,
    ...overrides,
  })
}

/** Another signature of the same refusal. */
export function signRefusalAgain(signer: TestSigner): SignedRefusal {
  const again = { ...curve, sign: curve.signAgain.bind(curve) }
  return new NoticeSigner({ curve: again, key: signer }).signRefusal(signRefusal(signer).refusal)
}

export interface NoticesAtWork extends InboxAtWork {
  readonly directory: NodeDirectory
  readonly seen: SignedStatus[]
  /** Those of them that were news. */
  readonly taken: SignedStatus[]
  /** Statuses that say what time it is. */
  readonly clocks: SignedStatus[]
  readonly refused: SignedRefusal[]
  receiveStatus(data: Uint8Array, from?: string): Promise<Verdict>
  receiveRefusals(data: Uint8Array, from?: string): Promise<Verdict>
}

/** The inboxes of statuses and refusals, beside one of prices. */
export function createNoticesAtWork(): NoticesAtWork {
  const work = createInboxAtWork()
  const { engine, standing, clock, counters, logger } = work
  const seen: SignedStatus[] = []
  const taken: SignedStatus[] = []
  const clocks: SignedStatus[] = []
  const refused: SignedRefusal[] = []
  const directory = new NodeDirectory({ clock }, { open: false })
  const recoverer = new Recoverer({ curve: work.curve, breather: { breathe: () => Promise.resolve() } })
  const rules = {
    network: statement().network,
    intervalMs: RULES.intervalMs,
    signers: createSignerSet(ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
  }
  const statuses = new Inbox(
    {
      judge: new StatusJudge(
        {
          directory,
          recoverer,
          clock,
          standing,
          onStatus: (signed) => void seen.push(signed),
          onTaken: (signed) => void taken.push(signed),
          onClock: (signed) => void clocks.push(signed),
          self: { instance: SELF_INSTANCE },
        },
        rules,
      ),
      standing,
      counters,
      logger,
    },
    { topic: 'status', together: false },
  )
  const refusals = new Inbox(
    {
      judge: new RefusalJudge(
        {
          holdings: engine.pool,
          recoverer,
          clock,
          roundOf: (id) => engine.pool.attestationOf(id)?.statement.round,
          deliver(signed) {
            refused.push(...signed)
            for (const refusal of signed) engine.handle({ kind: 'refused', refusal }, clock.now())
          },
        },
        rules,
      ),
      standing,
      counters,
      logger,
    },
    { topic: 'refusals' },
  )
  return {
    ...work,
    directory,
    seen,
    taken,
    clocks,
    refused,
    receiveStatus: (data, from = NEIGHBOUR) => statuses.receive(data, from),
    receiveRefusals: (data, from = NEIGHBOUR) => refusals.receive(data, from),
  }
}

/** 32 bytes that are the id of nothing. */
export const NO_ID = fromHex(`0x${'77'.repeat(32)}`)
