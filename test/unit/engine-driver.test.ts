import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Engine } from '../../src/consensus/engine.ts'
import { Signer } from '../../src/consensus/signer.ts'
import type { NetworkConstants } from '../../src/core/network.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { EngineDriver } from '../../src/node/engine-driver.ts'
import { RULES } from '../helpers/engine-at-work.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { SignOnceInMemory } from '../helpers/sign-once-in-memory.ts'
import { type TestSigner, alice, attestBy, bob, carol, digest, price, statement } from '../helpers/statements.ts'

const curve = createKeyedHashCurve()
const attest = attestBy(curve)

function constants(signers: readonly TestSigner[]): NetworkConstants {
  const entries = signers.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
  const { network, pair, source } = statement()
  return { ...RULES, network, pairs: [pair], source, maxDeviation: 10_000_000n, signers: createSignerSet(entries) }
}

/** Alice's driver, with everything around it recorded. */
function createDriver(rules = constants([alice, bob, carol])) {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const memory = new SignOnceInMemory()
  const engine = new Engine(rules)
  const key = { address: alice.address, privateKey: alice.privateKey }
  const signer = new Signer({ curve, memory, clock, logger }, { key, intervalMs: rules.intervalMs })
  const published: StatementId[] = []
  const rows: PriceRow[] = []
  let own = price('3021.455')
  const driver = new EngineDriver(
    {
      engine,
      signer,
      memory: { ...bindAll(memory), forgetBefore: () => undefined },
      observations: {
        near: async (pair, { observedAtMs }) => ({ pair, price: own, observedAtMs }),
      },
      publisher: { publish: (id) => void published.push(id) },
      writer: { enqueue: (row) => void rows.push(row) },
      digest,
      clock,
      counters: new RecordingCounters(),
      logger,
    },
    rules,
  )
  const sees = (text: string): void => {
    own = price(text)
  }
  return { driver, engine, memory, clock, logger, published, rows, sees }
}

function bindAll(memory: SignOnceInMemory) {
  return {
    completeFromMs: memory.completeFromMs,
    signedIn: memory.signedIn.bind(memory),
    lowWaterMark: memory.lowWaterMark.bind(memory),
    remember: memory.remember.bind(memory),
    since: memory.since.bind(memory),
  }
}

function observe(text: string, clock: ManualClock) {
  return { pair: statement().pair, price: price(text), observedAtMs: clock.now().wallMs }
}

describe('the driver of the engine', () => {
  it('proposes one statement a slot, however often a price is seen', async () => {
    const { driver, clock, memory, published } = createDriver()
    const first = driver.propose(observe('3000', clock))
    await clock.advance(0)
    await first
    const second = driver.propose(observe('3001', clock))
    await clock.advance(0)
    await second
    assert.equal(published.length, 1)
    assert.equal(memory.writes.length, 1)
  })

  it('proposes nothing as an observer', async () => {
    const { driver, clock, published } = createDriver(constants([bob, carol]))
    await driver.propose(observe('3000', clock))
    assert.deepEqual(published, [])
  })

  it('sends again after a restart what it had signed, without signers that are no longer allowed', () => {
    const { driver, memory, engine, published } = createDriver(constants([alice, bob]))
    const signed = attest(statement({ proposer: alice.address }), alice, bob, carol)
    memory.remember([signed])
    driver.start()
    assert.deepEqual(published, [signed.id])
    assert.deepEqual(
      [...(engine.signaturesOf(signed.id)?.keys() ?? [])].toSorted(),
      [alice.address, bob.address].toSorted(),
    )
  })

  it('sends nothing again whose pair or source the network no longer has', () => {
    const { driver, memory, published } = createDriver({ ...constants([alice, bob, carol]), source: 'elsewhere' })
    memory.remember([attest(statement({ proposer: alice.address }), alice)])
    driver.start()
    assert.deepEqual(published, [])
  })

  it('co-signs what it has seen, and writes the row one quiet period after the last signature', async () => {
    const { driver, clock, rows, published } = createDriver()
    const received = attest(statement({ proposer: bob.address }), bob, carol)
    driver.handle({ kind: 'received', attestation: received, reemit: false })
    await clock.advance(0)
    assert.deepEqual(published, [received.id])
    await clock.advance(RULES.quietPeriodMs - 1)
    assert.equal(rows.length, 0)
    await clock.advance(1)
    assert.deepEqual(
      rows.map(({ attestation }) => attestation.signatures.size),
      [3],
    )
  })

  it('warns with both prices when it does not vouch for a statement', async () => {
    const { driver, clock, logger, sees, published } = createDriver()
    sees('2900')
    driver.handle({ kind: 'received', attestation: attest(statement({ proposer: bob.address }), bob), reemit: false })
    await clock.advance(0)
    assert.deepEqual(published, [])
    const warnings = logger.lines.filter(({ level }) => level === 'warn')
    assert.match(warnings.map(({ message }) => message).join(), /3021\.455.*2900/)
  })
})
