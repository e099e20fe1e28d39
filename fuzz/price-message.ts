import { isDeepStrictEqual } from 'node:util'
import { Engine } from '../src/consensus/engine.ts'
import { STATEMENTS_PER_SLOT } from '../src/consensus/pool.ts'
import { createSignerSet } from '../src/core/signer-set.ts'
import { type Attestation, roundAt } from '../src/core/statement.ts'
import { priceToBytes, shapeAttestation, wireAttestation } from '../src/gossip/attestation-shape.ts'
import { Inbox } from '../src/gossip/inbox.ts'
import type { PeerStanding } from '../src/gossip/peer-standing.ts'
import { PriceJudge, type PriceRules } from '../src/gossip/price-judge.ts'
import { Recoverer } from '../src/gossip/recoverer.ts'
import {
  type WireAttestation,
  type WireMessage,
  WIRE_VERSION,
  decodePriceMessage,
  encodePriceMessage,
  versionOfMessage,
} from '../src/gossip/wire.ts'
import { RULES } from '../test/helpers/engine-at-work.ts'
import { UNRECOVERABLE, createKeyedHashCurve } from '../test/helpers/keyed-hash-curve.ts'
import { ManualClock } from '../test/helpers/manual-clock.ts'
import {
  INTERVAL_MS,
  OBSERVED_AT,
  attestBy,
  digest,
  price,
  statement,
  testSigners,
} from '../test/helpers/statements.ts'
import { readOrRefuse } from './malformed.ts'
import { type Target, rule } from './target.ts'

const NETWORK = statement().network
const SIGNERS = testSigners(9)
/** The last signs, and is not allowed to. */
const ALLOWED = SIGNERS.slice(0, 8)
const PAIRS = ['ETH-USD', 'BTC-USD']
/** The round before is still being collected. */
const ROUNDS = 2

const PRICE_RULES: PriceRules = {
  network: NETWORK,
  intervalMs: INTERVAL_MS,
  maximumSigners: RULES.maximumSigners,
  pairs: PAIRS,
  source: statement().source,
  signers: createSignerSet(ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
}

const curve = createKeyedHashCurve()
const sign = attestBy(curve)

/** Every statement that somebody signed; no other may ever be held. */
const signed: readonly Attestation[] = SIGNERS.flatMap((proposer, index) => {
  const others = SIGNERS.filter((other) => other !== proposer)
  const make = (overrides: Partial<Attestation['statement']>, cosigners: number): Attestation =>
    sign(statement({ proposer: proposer.address, ...overrides }), proposer, ...others.slice(0, cosigners))
  const before = OBSERVED_AT - INTERVAL_MS / 2
  return [
    make({}, 0),
    make({ pair: 'BTC-USD', price: price('98000.01') }, 2),
    make({ observedAt: OBSERVED_AT + 5_000 + index }, 3),
    make({ observedAt: OBSERVED_AT + 6_000 + index, price: price('999999999999999999') }, 1),
    make({ observedAt: before, round: roundAt(before, INTERVAL_MS) }, index),
    make({ pair: 'LTC-USD' }, 0),
    make({ source: 'kraken', price: price('0.000000000000000001') }, 0),
  ]
})

/** What is false in a single place, which chance would not find. */
const nearlySigned: readonly WireAttestation[] = signed.slice(2, 3).flatMap((one) => {
  const wire = wireAttestation(one)
  const [first = new Uint8Array(), second = new Uint8Array(), ...rest] = wire.signatures
  const observedAt = 2 ** 53
  return [
    { ...wire, observedAt: BigInt(observedAt) + 1n, round: BigInt(roundAt(observedAt, INTERVAL_MS)) },
    { ...wire, signatures: [second, first, ...rest] },
    { ...wire, signatures: [second, ...rest] },
    { ...wire, signatures: [first, UNRECOVERABLE, ...rest] },
    { ...wire, signatures: [first.with(64, 0), ...rest] },
    { ...wire, signatures: [first.map((byte, index) => (index === 32 ? 0xf0 : byte))] },
    { ...wire, signatures: [first.map((byte, index) => (index < 32 ? 0 : byte))] },
  ]
})

/** A message of prices through the whole inbox: decoded, shaped, judged, and taken by an engine. */
export const priceMessage: Target = {
  name: 'price-message',
  about: 'messages of prices: bytes, shape, and the verdict of the whole inbox',
  share: 28,
  form: 'protobuf',
  seeds: () => [
    ...signed.map((one) => message([one])),
    message(signed),
    message(signed.slice(0, 12)),
    message(signed.slice(5, 9), { attempt: 3 }),
    message(signed.slice(0, 1), { version: 2 }),
    message(signed.slice(0, 1), { network: 'another' }),
    message([]),
    ...nearlySigned.map((one) => message([one])),
  ],
  open() {
    const receive = openInbox()
    return (input) => {
      const decoded = readOrRefuse(() => decodePriceMessage(input))
      const version = readOrRefuse(() => versionOfMessage(input))
      if (decoded !== undefined) {
        rule(version === decoded.version, 'the version is the same, whether it is read alone or with all else')
        const again = decodePriceMessage(encodePriceMessage(decoded))
        rule(isDeepStrictEqual(again, decoded), 'what was read is written so that it is read the same')
        decoded.attestations.forEach(shapeIsKept)
      }
      return receive(input)
    }
  },
}

/** What is in shape has lost nothing of what was on the wire. */
function shapeIsKept(wire: WireAttestation): void {
  const shaped = shapeAttestation(wire, PRICE_RULES)
  if ('fault' in shaped) return
  const { price: units, round, observedAt, pair, source } = shaped.statement
  rule(isDeepStrictEqual(priceToBytes(units), wire.price), 'a price has one spelling')
  rule(BigInt(round) === wire.round && BigInt(observedAt) === wire.observedAt, 'rounds and times are read exactly')
  rule(pair === wire.pair && source === wire.source, 'names are read as they are')
  rule(shaped.signatures.length === wire.signatures.length, 'no signature is lost')
}

function openInbox(): (input: Uint8Array) => Promise<string> {
  const engine = new Engine(RULES)
  const clock = new ManualClock({ wallMs: OBSERVED_AT + 10_000 })
  const ids = new Set(signed.map(({ id }) => id))
  let fault: unknown
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error(_: string, facts: { readonly error?: unknown } = {}) {
      fault = facts.error
    },
    child: () => logger,
  }
  const judge = new PriceJudge(
    {
      holdings: engine.pool,
      recoverer: new Recoverer({ curve, breather: { breathe: () => Promise.resolve() } }),
      digest,
      clock,
      signatures: { admitsSignatures: () => true, chargeSignature() {} },
      deliver(attestations, { reemit }) {
        for (const attestation of attestations) {
          const { id, statement: what, signatures } = attestation
          rule(ids.has(id), 'only what somebody signed counts')
          const known = engine.pool.signaturesOf(id)?.has(what.proposer) === true
          rule(known || signatures.has(what.proposer), 'nothing counts without its proposer')
          for (const signer of signatures.keys()) {
            rule(PRICE_RULES.signers.allows(signer, what.round), 'only allowed signers count')
          }
          engine.handle({ kind: 'received', attestation, reemit }, clock.now())
        }
      },
    },
    PRICE_RULES,
  )
  const inbox = new Inbox({ judge, standing: everybodysFriend(), counters: { add() {} }, logger }, { topic: 'price' })
  return async (input) => {
    const verdict = await inbox.receive(input, 'peer')
    if (fault !== undefined) throw fault
    const held = Object.values(engine.pool.census()).reduce((sum, count) => sum + count, 0)
    const places = ALLOWED.length * PAIRS.length * STATEMENTS_PER_SLOT * ROUNDS
    rule(held <= places, 'no more statements are held than there are places in slots')
    return verdict.kind === 'accept' ? 'accept' : `${verdict.kind} ${verdict.code}`
  }
}

/** Nobody is expelled, so that every message is judged. */
function everybodysFriend(): PeerStanding {
  const sender = {
    peerId: 'peer',
    budget: { hasTime: () => true, spend: <T>(work: () => T): T => work() },
    wasted() {},
  }
  const standing: Pick<PeerStanding, 'admitsMessage' | 'blame' | 'laneOf' | 'senderOf' | 'isExpelled'> = {
    admitsMessage: () => true,
    blame() {},
    laneOf: (peerId) => peerId,
    senderOf: () => sender,
    isExpelled: () => false,
  }
  return standing as PeerStanding
}

function message(
  attestations: readonly (Attestation | WireAttestation)[],
  overrides: Partial<WireMessage> = {},
): Uint8Array {
  return encodePriceMessage({
    version: WIRE_VERSION,
    network: NETWORK,
    attempt: 0,
    attestations: attestations.map((one) => ('id' in one ? wireAttestation(one) : one)),
    ...overrides,
  })
}
