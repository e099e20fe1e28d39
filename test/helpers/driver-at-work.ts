import { Engine } from '../../src/consensus/engine.ts'
import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { RowKeeper } from '../../src/consensus/row-keeper.ts'
import { Signer } from '../../src/consensus/signer.ts'
import { lifeRules } from '../../src/consensus/statement-entry.ts'
import type { Equivocation } from '../../src/core/equivocation.ts'
import type { NetworkConstants } from '../../src/core/network.ts'
import type { Observation } from '../../src/core/price-feed.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { SignedRefusal } from '../../src/core/refusal.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import { EngineDriver } from '../../src/node/engine-driver.ts'
import { RULES } from './engine-at-work.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { ManualClock } from './manual-clock.ts'
import { OutboxInMemory } from './outbox-in-memory.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { SignOnceInMemory } from './sign-once-in-memory.ts'
import { type TestSigner, alice, attestBy, bob, carol, digest, price, statement } from './statements.ts'

const curve = createKeyedHashCurve()
export const attest = attestBy(curve)

/** A network of these signers. */
export function constants(signers: readonly TestSigner[]): NetworkConstants {
  const entries = signers.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
  const { network, pair, source } = statement()
  return { ...RULES, network, pairs: [pair], source, maxDeviation: 10_000_000n, signers: createSignerSet(entries) }
}

/** Alice's driver, with everything around it recorded. */
export function createDriver(rules = constants([alice, bob, carol]), outbox = new OutboxInMemory()) {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const memory = new SignOnceInMemory()
  const engine = new Engine(lifeRules(rules))
  const key = { address: alice.address, privateKey: alice.privateKey }
  const signer = new Signer({ curve, memory, clock, logger }, { key, intervalMs: rules.intervalMs })
  const published: StatementId[] = []
  /** What was on the disk of each statement, in signatures, when it was sent or its row handed out. */
  const onDisk: (number | undefined)[] = []
  const sent: (Attestation | undefined)[] = []
  const rows: PriceRow[] = []
  const refusals: SignedRefusal[] = []
  const evidence: Equivocation[] = []
  const disk: { refuses: Error | undefined } = { refuses: undefined }
  const clockWatch: { said: string | undefined } = { said: undefined }
  const counters = new RecordingCounters()
  const rowKeeper = new RowKeeper({ outbox, clock, counters, logger })
  let own = price('3021.455')
  const driver = new EngineDriver(
    {
      engine,
      signer,
      memory: bindAll(memory),
      observations: {
        near: async (pair, { observedAtMs }) => ({ pair, price: own, observedAtMs }),
      },
      noticeSigner: new NoticeSigner({ curve, key }),
      refusals: { publish: (refusal) => void refusals.push(refusal) },
      evidence: {
        keep: async (equivocation) => {
          if (disk.refuses !== undefined) throw disk.refuses
          evidence.push(equivocation)
        },
      },
      publisher: {
        publish: (id) => {
          published.push(id)
          sent.push(driver.attestationToSend(id))
          onDisk.push(outbox.signaturesOf(id))
        },
      },
      outbox,
      rowKeeper,
      writer: {
        enqueue: (row) => {
          rows.push(row)
          onDisk.push(outbox.signaturesOf(row.attestation.id))
        },
      },
      clockWatch: { fault: () => clockWatch.said },
      digest,
      clock,
      counters,
      logger,
    },
    rules,
  )
  const sees = (text: string): void => {
    own = price(text)
  }
  const receive = async (attestation: Attestation): Promise<void> => {
    driver.handle({ kind: 'received', attestation, reemit: false })
    await clock.advance(0)
  }
  const recorded = { published, onDisk, sent, rows, refusals, evidence }
  return {
    driver,
    engine,
    memory,
    clock,
    logger,
    counters,
    outbox,
    rowKeeper,
    disk,
    clockWatch,
    sees,
    receive,
    ...recorded,
  }
}

function bindAll(memory: SignOnceInMemory) {
  return {
    get completeFromMs() {
      return memory.completeFromMs
    },
    signedIn: memory.signedIn.bind(memory),
    lowWaterMark: memory.lowWaterMark.bind(memory),
    remember: memory.remember.bind(memory),
    since: memory.since.bind(memory),
    forgetBefore: () => undefined,
  }
}

export function observe(text: string, clock: ManualClock): Observation {
  return { pair: statement().pair, price: price(text), observedAtMs: clock.now().wallMs }
}
