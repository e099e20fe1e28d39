import { Engine } from '../../src/consensus/engine.ts'
import type { OwnObservations } from '../../src/consensus/co-signer.ts'
import { coSignTurn } from '../../src/consensus/co-sign-turn.ts'
import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { Signer } from '../../src/consensus/signer.ts'
import { lifeRules } from '../../src/consensus/statement-entry.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { REFUSAL_GATHER_MS } from '../../src/gossip/refusal-publisher.ts'
import { EngineDriver } from '../../src/node/engine-driver.ts'
import { RULES, attestCheaply } from './engine-at-work.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { SignOnceInMemory } from './sign-once-in-memory.ts'
import { type TestSigner, digest, statement, testSigners } from './statements.ts'

/** What is sent reaches a fifth of the others after each of these, milliseconds. */
const LATENCIES_MS = [40, 80, 120, 200, 300]
const FEED_MS = 150
/** Keys take long to make. */
const keys = testSigners(400)

export interface CoSigningNode {
  readonly key: TestSigner
  readonly engine: Engine
  readonly driver: EngineDriver
}

/** One statement in a network of many signers, each with a node of its own or dead, and what it costs all of them. */
export interface CoSigningNetwork {
  readonly clock: ManualClock
  readonly proposed: Attestation
  /** Those that live, beside the proposer; the earliest turns come first. */
  readonly nodes: readonly CoSigningNode[]
  readonly logger: RecordingLogger
  readonly counts: { signatures: number; refusals: number; prices: number }
  /** Milliseconds since the statement was sent until every node held it at quorum; undefined before. */
  quorumAfterMs(): number | undefined
}

export interface CoSigningOptions {
  readonly signers: number
  /** As many as these whose turn comes first are dead. */
  readonly dead?: number
  /** As many as these whose turn comes last have signed with the proposer; they say nothing more. */
  readonly hasty?: number
  readonly near?: (clock: ManualClock) => OwnObservations['near']
}

/** The proposer, the first of the signers, has just sent its statement. */
export function createCoSigningNetwork({
  signers: count,
  dead = 0,
  hasty = 0,
  near,
}: CoSigningOptions): CoSigningNetwork {
  const clock = new ManualClock()
  const curve = createKeyedHashCurve()
  const logger = new RecordingLogger()
  const [proposer, ...others] = keys.slice(0, count)
  if (proposer === undefined) throw new RangeError('there is no proposer')
  const signed = statement({ proposer: proposer.address })
  const id = digest(signed)
  const among = [proposer, ...others].map(({ address }) => address)
  const field = { among, maximumSigners: RULES.maximumSigners }
  const inTurn = others
    .map((key) => ({ key, turn: coSignTurn({ id, proposer: proposer.address, own: key.address }, field) }))
    .toSorted((a, b) => a.turn - b.turn)
    .map(({ key }) => key)
  const living = inTurn.slice(dead, inTurn.length - hasty)
  const proposed = attestCheaply(signed, proposer, ...inTurn.slice(inTurn.length - hasty))
  const { network, pair, source } = signed
  const entries = among.map((address) => ({ address, fromRound: undefined, toRound: undefined }))
  const rules = {
    ...RULES,
    network,
    pairs: [pair],
    source,
    maxDeviation: 10_000_000n,
    signers: createSignerSet(entries),
  }
  const counts = { signatures: 0, refusals: 0, prices: 0 }
  const look =
    near?.(clock) ??
    (async (of, { observedAtMs }) => {
      await clock.sleep(FEED_MS)
      return { pair: of, price: signed.price, observedAtMs }
    })

  const nodes: CoSigningNode[] = []
  const tell = (from: CoSigningNode | undefined, hear: (node: CoSigningNode) => void, afterMs = 0): void => {
    for (const [group, latencyMs] of LATENCIES_MS.entries()) {
      clock.after(afterMs + latencyMs, () => {
        for (const [index, node] of nodes.entries()) {
          if (node !== from && index % LATENCIES_MS.length === group) hear(node)
        }
      })
    }
  }
  const send = (attestation: Attestation | undefined, from?: CoSigningNode): void => {
    if (attestation === undefined) return
    tell(from, ({ driver }) => driver.handle({ kind: 'received', attestation, reemit: false }))
  }

  const createNode = (key: TestSigner): CoSigningNode => {
    const engine = new Engine(lifeRules(rules))
    const memory = new SignOnceInMemory()
    const signer = new Signer({ curve, memory, clock, logger }, { key, intervalMs: rules.intervalMs })
    const driver = new EngineDriver(
      {
        engine,
        signer,
        memory,
        noticeSigner: new NoticeSigner({ curve, key }),
        observations: {
          near(of, about) {
            counts.prices += 1
            return look(of, about)
          },
        },
        publisher: {
          publish(of, attempt) {
            if (attempt === 0) counts.signatures += 1
            send(engine.pool.attestationOf(of), node)
          },
        },
        refusals: {
          publish(refusal) {
            counts.refusals += 1
            tell(node, ({ driver: other }) => other.handle({ kind: 'refused', refusal }), REFUSAL_GATHER_MS)
          },
        },
        evidence: { keep: () => undefined },
        outbox: { waiting: () => [], parked: () => 0 },
        rowKeeper: { keep: () => undefined, settle: () => undefined, flush: () => undefined },
        writer: { enqueue: () => undefined },
        clockWatch: { fault: () => undefined },
        digest,
        clock,
        counters: new RecordingCounters(),
        logger,
      },
      rules,
    )
    const node = { key, engine, driver }
    return node
  }
  nodes.push(...living.map(createNode))

  let quorumAtMs: number | undefined
  const startMs = clock.now().monoMs
  const watch = (): void => {
    const isReached = nodes.every(({ engine }) => (engine.pool.signaturesOf(id)?.size ?? 0) >= rules.minimumSigners)
    if (isReached) quorumAtMs = clock.now().monoMs - startMs
    else clock.after(10, watch)
  }
  watch()
  send(proposed)
  return { clock, proposed, nodes, logger, counts, quorumAfterMs: () => quorumAtMs }
}
