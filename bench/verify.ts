import { setImmediate as nextTurn } from 'node:timers/promises'
import { Engine } from '../src/consensus/engine.ts'
import type { Clock } from '../src/core/clock.ts'
import { fromHex } from '../src/core/hex.ts'
import { DEVIATION_SCALE, type NetworkConstants } from '../src/core/network.ts'
import { nobleSecp256k1 as curve } from '../src/core/noble-secp256k1.ts'
import { PRICE_LIMIT, type Price } from '../src/core/price.ts'
import { recoverSigner } from '../src/core/signature.ts'
import { createSignerSet } from '../src/core/signer-set.ts'
import { type PriceStatement, type Signature, type StatementId, roundAt } from '../src/core/statement.ts'
import { createDigest } from '../src/core/typed-data.ts'
import { wireAttestation } from '../src/gossip/attestation-shape.ts'
import { Inbox } from '../src/gossip/inbox.ts'
import { WIRE_VERSION, encodePriceMessage } from '../src/gossip/wire.ts'
import { makePrivateKey } from '../src/keys/signing-key.ts'
import { createCounters } from '../src/telemetry/counters.ts'
import { type Measurement, median } from './measurement.ts'
import { madeUpPairs } from './network-plan.ts'
import type { Workbench } from './workbench.ts'

const RUNS = 3
/** Statements of a run, no two alike. */
const STATEMENTS = 200
/** Digests are over too soon to be timed one pass at a time. */
const DIGEST_PASSES = 20
const SIGNED = 'signatures made'

const CONSTANTS: NetworkConstants = {
  network: 'bench',
  pairs: madeUpPairs(STATEMENTS),
  source: 'bench',
  intervalMs: 600_000,
  quietPeriodMs: 30_000,
  minimumSigners: 3,
  maximumSigners: 16,
  maxDeviation: DEVIATION_SCALE / 100n,
  signers: createSignerSet([]),
}

/** How fast one thread signs, verifies and hashes, and how fast it judges messages of one attestation each. */
export async function measureVerify(workbench: Workbench): Promise<Measurement[]> {
  const { clock, progress, signal } = workbench
  const rates = new Map<string, number[]>()
  const time = async (name: string, count: number, task: () => unknown): Promise<void> => {
    const fromMs = clock.now().monoMs
    await task()
    rates.set(name, [...(rates.get(name) ?? []), (1_000 * count) / (clock.now().monoMs - fromMs)])
  }
  for (let run = 1; run <= RUNS; run++) {
    progress.step(`verify: signatures, digests and messages, run ${run} of ${RUNS}`)
    const signed = signStatements({ clock })
    const digest = createDigest()
    await time('digests', STATEMENTS * DIGEST_PASSES, () => {
      for (let pass = 0; pass < DIGEST_PASSES; pass++) for (const { statement } of signed) digest(statement)
    })
    await time(SIGNED, STATEMENTS, () => {
      for (const { id, privateKey } of signed) curve.sign(fromHex(id), privateKey)
    })
    await time('signatures verified', STATEMENTS, () => {
      for (const { id, signature } of signed) recoverSigner(curve, { id, signature })
    })
    const inbox = createInbox(workbench)
    const judge = async (messages: readonly Uint8Array[]): Promise<void> => {
      for (const message of messages) await inbox.receive(message)
    }
    const sound = signed.map(messageOf)
    const forged = signed.map((one, index) => messageOf({ ...one, signature: signatureOfAnother(signed, index) }))
    await time('verdicts on forged messages', STATEMENTS, () => judge(forged))
    await time('verdicts on new messages', STATEMENTS, () => judge(sound))
    await time('verdicts on known messages', STATEMENTS, () => judge(sound))
    await nextTurn()
    signal.throwIfAborted()
  }
  const note = `${curve.implementation}, median of ${RUNS} runs`
  return [...rates].map(([name, values]) => {
    const value = median(values)
    return name === SIGNED ? { name, value, unit: '1/s', note } : { name, value, unit: '1/s' }
  })
}

interface SignedStatement {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly signature: Signature
  readonly privateKey: Uint8Array
}

/** One statement a pair, signed by its proposer. */
function signStatements({ clock }: { readonly clock: Clock }): SignedStatement[] {
  const { network, pairs, source, intervalMs } = CONSTANTS
  const { address, privateKey } = makePrivateKey({ curve })
  const key = privateKey.reveal()
  const digest = createDigest()
  const observedAt = Math.floor(clock.now().wallMs)
  return pairs.map((pair, index) => {
    const price = (PRICE_LIMIT / BigInt(index + 2)) as Price
    const round = roundAt(observedAt, intervalMs)
    const statement = { network, pair, price, round, observedAt, source, proposer: address }
    const id = digest(statement)
    return { id, statement, signature: curve.sign(fromHex(id), key), privateKey: key }
  })
}

/** A real signature, over another statement. */
function signatureOfAnother(signed: readonly SignedStatement[], index: number): Signature {
  const another = signed[(index + 1) % signed.length]
  if (another === undefined) throw new RangeError('there is no other')
  return another.signature
}

function messageOf({ id, statement, signature }: SignedStatement): Uint8Array {
  const attestation = wireAttestation({ id, statement, signatures: new Map([[statement.proposer, signature]]) })
  return encodePriceMessage({
    version: WIRE_VERSION,
    network: statement.network,
    attempt: 0,
    attestations: [attestation],
  })
}

/** An inbox before an engine of its own, as in a node. */
function createInbox({ clock, logger }: Pick<Workbench, 'clock' | 'logger'>): Inbox {
  const engine = new Engine(CONSTANTS)
  return new Inbox(
    {
      holdings: engine,
      curve,
      digest: createDigest(),
      clock,
      counters: createCounters(),
      logger,
      breathe: () => nextTurn(),
      deliver(attestations, { reemit }) {
        for (const attestation of attestations) engine.handle({ kind: 'received', attestation, reemit }, clock.now())
      },
    },
    CONSTANTS,
  )
}
