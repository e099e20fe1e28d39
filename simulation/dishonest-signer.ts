import { NoticeSigner } from '../src/consensus/notice-signer.ts'
import type { SigningKey } from '../src/consensus/signer.ts'
import { agreedConstants } from '../src/core/agreed-constants.ts'
import type { Random } from '../src/core/clock.ts'
import { fromHex } from '../src/core/hex.ts'
import { type Price, isPriceFault, parsePrice } from '../src/core/price.ts'
import { recoverSigner } from '../src/core/signature.ts'
import { type Attestation, type PriceStatement, type StatementId, roundAt } from '../src/core/statement.ts'
import type { NodeReport } from '../src/core/status.ts'
import { shapeAttestation, wireAttestation } from '../src/gossip/attestation-shape.ts'
import { encodeStatusMessage } from '../src/gossip/status-wire.ts'
import { topicNames } from '../src/gossip/topic-name.ts'
import { WIRE_VERSION, type WireAttestation, decodePriceMessage, encodePriceMessage } from '../src/gossip/wire.ts'
import { answerDishonestly } from './dishonest-answers.ts'
import type { GossipMember } from './gossip-member.ts'
import { peerIdOf } from './machine.ts'
import { EPOCH_MS } from './process-clock.ts'
import { drawOne, drawSome } from './random-streams.ts'
import type { World } from './world.ts'

const STATUS_US = 15_000_000
const MISCHIEF_US = 10_000_000
/** Statements to make a history of. */
const ALONE_LIMIT = 20
/** Messages kept to be sent again. */
const HOARD_LIMIT = 200

/**
 * A signer of the set that does not keep to the protocol, with its own key and any software: it equivocates, signs
 * whatever it sees, withholds, drips signatures out late, replays and forges.
 */
export class DishonestSigner {
  readonly #world: World
  readonly #key: SigningKey
  readonly #notices: NoticeSigner
  readonly #random: Random
  readonly #member: GossipMember
  readonly #prices: string
  readonly #hoard: Uint8Array[] = []
  readonly #known = new Map<StatementId, Attestation>()
  /** Statements that it signed and showed to nobody. */
  readonly #alone: Attestation[] = []
  #attempt = 1

  constructor(world: World, { index, key }: { readonly index: number; readonly key: SigningKey }) {
    this.#world = world
    this.#key = key
    this.#notices = new NoticeSigner({ curve: world.curve, key })
    this.#random = world.streams(`dishonest ${index}`)
    this.#prices = topicNames(world.scenario.constants.network).prices
    this.#member = world.network.join({
      peerId: peerIdOf(index),
      place: index,
      doorkeeper: { isExpelled: () => false, admitsConnection: () => true },
      scoreOf: () => 0,
    })
  }

  /** Does its worst until `untilUs`; then it is silent. */
  start({ untilUs }: { readonly untilUs: number }): void {
    const { scheduler, scenario } = this.#world
    const { status, refusals } = topicNames(scenario.constants.network)
    this.#member.start()
    this.#world.desk.serve(
      this.#member,
      answerDishonestly({
        network: scenario.constants.network,
        random: this.#world.streams(`dishonest answers ${this.#member.place}`),
        alone: () => (scheduler.nowUs < untilUs ? this.#alone : []),
      }),
    )
    for (const topic of [status, refusals]) this.#member.subscribe(topic, () => Promise.resolve('accept'))
    this.#member.subscribe(this.#prices, async (data) => {
      if (scheduler.nowUs < untilUs) this.#learn(data)
      return 'accept'
    })
    const every = (us: number, act: () => void): void => {
      scheduler.after(us * (0.5 + this.#random()), () => {
        if (scheduler.nowUs >= untilUs) return
        act()
        every(us, act)
      })
    }
    every(STATUS_US, () => this.#sayStatus())
    every(MISCHIEF_US, () => this.#makeMischief())
    const roundUs = scenario.constants.intervalMs * 1_000
    const eachRound = (): void => {
      if (scheduler.nowUs >= untilUs) return
      for (const pair of scenario.constants.pairs) {
        scheduler.after(this.#random() ** 3 * 30_000_000, () => this.#propose(pair))
      }
      scheduler.after(roundUs, eachRound)
    }
    scheduler.after(this.#random() * 1_000_000, eachRound)
  }

  get #nowMs(): number {
    return Math.floor(EPOCH_MS + this.#world.scheduler.nowUs / 1_000)
  }

  #propose(pair: string): void {
    const how = drawOne(this.#random, ['two', 'two', 'few', 'lie', 'fair'])
    if (this.#alone.length < ALONE_LIMIT) this.#alone.push(this.#sign(this.#statement(pair, { off: 0.9 })))
    const peers = this.#member.connectedPeers()
    const first = this.#sign(this.#statement(pair, { off: how === 'lie' ? 1.2 : 1 }))
    this.#world.trace.note(`n${this.#member.place}`, `proposes dishonestly: ${how}`)
    if (how === 'two') {
      const second = this.#sign(this.#statement(pair, { off: 1.001 }))
      for (const [index, to] of drawSome(this.#random, peers, peers.length).entries()) {
        this.#member.whisper(this.#prices, { data: this.#message([index % 2 === 0 ? first : second]), to })
      }
    } else if (how === 'few') {
      for (const to of drawSome(this.#random, peers, 2)) {
        this.#member.whisper(this.#prices, { data: this.#message([first]), to })
      }
    } else this.#publish([first])
  }

  /** Signs what comes, whatever it is: at once, or late, to all or to some. */
  #learn(data: Uint8Array): void {
    if (this.#hoard.length < HOARD_LIMIT) this.#hoard.push(data)
    else this.#hoard[Math.floor(this.#random() * HOARD_LIMIT)] = data
    for (const wire of decodePriceMessage(data).attestations) {
      const attestation = this.#read(wire)
      if (attestation === undefined) continue
      const before = this.#known.get(attestation.id)
      const signatures = new Map([...(before?.signatures ?? []), ...attestation.signatures])
      this.#known.set(attestation.id, { ...attestation, signatures })
      if (this.#known.size > HOARD_LIMIT) this.#known.delete([...this.#known.keys()][0] ?? attestation.id)
      if (before !== undefined) continue
      const { quietPeriodMs } = this.#world.scenario.constants
      const lateUs = this.#random() < 0.5 ? 0 : this.#random() * 3 * quietPeriodMs * 1_000
      if (this.#random() < 0.8) this.#world.scheduler.after(lateUs, () => this.#coSign(attestation.id))
    }
  }

  #coSign(id: StatementId): void {
    const attestation = this.#known.get(id)
    if (attestation === undefined || attestation.signatures.size >= this.#world.scenario.constants.maximumSigners)
      return
    const signed = this.#sign(attestation.statement)
    const mine = new Map([...attestation.signatures, ...signed.signatures])
    this.#known.set(id, { ...attestation, signatures: mine })
    const shown = this.#random() < 0.7 ? mine : withoutMost(attestation, signed)
    const message = this.#message([{ ...attestation, signatures: shown }])
    if (this.#random() < 0.7) this.#member.publish(this.#prices, message)
    else {
      for (const to of drawSome(this.#random, this.#member.connectedPeers(), 2)) {
        this.#member.whisper(this.#prices, { data: message, to })
      }
    }
  }

  #makeMischief(): void {
    const what = drawOne(this.#random, ['replay', 'replay', 'resend', 'forge'])
    const [old] = drawSome(this.#random, this.#hoard, 1)
    if (old === undefined) return
    if (what === 'resend') this.#member.publish(this.#prices, old)
    const attestations = decodePriceMessage(old).attestations
    if (what === 'replay') this.#publish(attestations)
    // Whoever forges often is expelled, and can do nothing more.
    if (what !== 'forge' || this.#random() > 0.2) return
    this.#publish(attestations.map((wire) => this.#forge(wire)))
  }

  /** Another price under the same signatures, or a signature by nobody one knows. */
  #forge(wire: WireAttestation): WireAttestation {
    if (this.#random() < 0.5) return { ...wire, price: Uint8Array.from([...wire.price.slice(0, -1), 1]) }
    const [first = new Uint8Array(65)] = wire.signatures
    const forged = Uint8Array.from(first)
    forged[40] = (forged[40] ?? 0) ^ 1
    return { ...wire, signatures: [...wire.signatures, forged] }
  }

  #sayStatus(): void {
    const { constants } = this.#world.scenario
    const sentAt = this.#nowMs
    const status = {
      peerId: this.#member.peerId,
      instance: `0x${'5a'.repeat(16)}` as const,
      sequence: sentAt,
      sentAt: sentAt + Math.floor((2 * this.#random() - 1) * 600_000),
      agent: 'gossip-price/0.0.0',
      constants: agreedConstants(constants),
      report: this.#lie(),
    }
    this.#member.publish(topicNames(constants.network).status, encodeStatusMessage(this.#notices.signStatus(status)))
  }

  /** Anything that is in shape. */
  #lie(): NodeReport {
    const any = (): number => Math.floor(this.#random() * Number.MAX_SAFE_INTEGER)
    return {
      uptimeMs: any(),
      peers: [peerIdOf(99_999)],
      clockOffsetMs: any(),
      received: [{ signer: this.#key.address, statements: any(), signatures: any() }],
      outbox: any(),
      lastCommittedAtMs: any(),
      historyRoot: undefined,
    }
  }

  #read(wire: WireAttestation): Attestation | undefined {
    const { curve, digest, scenario } = this.#world
    const shaped = shapeAttestation(wire, scenario.constants)
    if ('fault' in shaped) return undefined
    const id = digest(shaped.statement)
    const signatures = shaped.signatures.flatMap((signature) => {
      const recovered = recoverSigner(curve, { id, signature })
      return 'signer' in recovered ? [[recovered.signer, signature] as const] : []
    })
    return { id, statement: shaped.statement, signatures: new Map(signatures) }
  }

  #statement(pair: string, { off }: { readonly off: number }): PriceStatement {
    const { constants } = this.#world.scenario
    const observedAt = this.#nowMs
    return {
      network: constants.network,
      pair,
      price: this.#price(pair, off),
      round: roundAt(observedAt, constants.intervalMs),
      observedAt,
      source: constants.source,
      proposer: this.#key.address,
    }
  }

  #price(pair: string, off: number): Price {
    const price = parsePrice((Math.round(this.#world.prices.centsOf(pair) * off) / 100).toFixed(2))
    if (isPriceFault(price)) throw new RangeError(`no price of ${pair}`)
    return price
  }

  #sign(statement: PriceStatement): Attestation {
    const id = this.#world.digest(statement)
    const signature = this.#world.curve.sign(fromHex(id), this.#key.privateKey.reveal())
    return { id, statement, signatures: new Map([[this.#key.address, signature]]) }
  }

  #publish(attestations: readonly (Attestation | WireAttestation)[]): void {
    this.#member.publish(this.#prices, this.#message(attestations))
  }

  #message(attestations: readonly (Attestation | WireAttestation)[]): Uint8Array {
    return encodePriceMessage({
      version: WIRE_VERSION,
      network: this.#world.scenario.constants.network,
      attempt: this.#attempt++ % 1_000,
      attestations: attestations.map((one) => ('id' in one ? wireAttestation(one) : one)),
    })
  }
}

/** The proposer's signature, without which nothing counts, and one's own. */
function withoutMost(held: Attestation, signed: Attestation): Attestation['signatures'] {
  const { proposer } = held.statement
  const proposers = held.signatures.get(proposer)
  return new Map([...(proposers === undefined ? [] : ([[proposer, proposers]] as const)), ...signed.signatures])
}
