import { agreedConstants } from '../src/core/agreed-constants.ts'
import type { Clock, Instant } from '../src/core/clock.ts'
import { type Attestation, roundAt } from '../src/core/statement.ts'
import { STATUS_INTERVAL_MS } from '../src/gossip/node-directory.ts'
import { encodeStatusMessage } from '../src/gossip/status-wire.ts'
import { createRandom } from '../fuzz/random.ts'
import { type HostileMessage, type Scene, hostileMessage } from './hostile-messages.ts'
import {
  type BenchSigner,
  type SigningNetwork,
  attest,
  peerIdOf,
  priceMessage,
  signStatus,
  statementOf,
} from './signing-network.ts'

export interface Sent extends HostileMessage {
  readonly from: string
}

export interface FloodPlan {
  /** Part of the messages that a few peers send which are always the same, one of them an allowed signer's; 0 … 1. */
  readonly knownPeers: number
  /** How many messages each of the other peers sends. */
  readonly messagesOfAPeer: number
}

const SEEDS = [1, 2, 3] as const
const KNOWN_PEERS = 8

/** A clock that runs ahead of another, or by itself. */
export interface FloodClock extends Clock {
  advance(ms: number): void
}

/** @param clock - what passes on it passes here, too; none: time passes only when it is told to */
export function createFloodClock(
  { clock }: { readonly clock: Clock },
  { isTimed }: { readonly isTimed: boolean },
): FloodClock {
  const start = clock.now()
  let aheadMs = 0
  const now = (): Instant => {
    const passedMs = aheadMs + (isTimed ? clock.now().monoMs - start.monoMs : 0)
    return { wallMs: start.wallMs + passedMs, monoMs: start.monoMs + passedMs }
  }
  return { ...clock, now, advance: (ms) => void (aheadMs += ms) }
}

/** What a node hears while it is flooded: honest signers at their usual pace, and everybody else. */
export class FloodScene {
  readonly #network: SigningNetwork
  readonly #clock: Clock
  readonly #plan: FloodPlan
  readonly #random = createRandom(SEEDS)
  readonly #agreed
  readonly #honestSigners: readonly BenchSigner[]
  readonly #insider: BenchSigner
  #honest: readonly Attestation[] = []
  #round = -1
  #statusDueMs = 0
  #sent = 0

  constructor({ network, clock }: { readonly network: SigningNetwork; readonly clock: Clock }, plan: FloodPlan) {
    const [insider, ...honest] = network.signers
    if (insider === undefined) throw new RangeError('nobody may sign')
    this.#network = network
    this.#clock = clock
    this.#plan = plan
    this.#agreed = agreedConstants(network.constants)
    this.#insider = insider
    this.#honestSigners = honest
  }

  /** What the signers' own nodes have to say by now. */
  honestMessages(): Sent[] {
    const { wallMs } = this.#clock.now()
    const nowMs = Math.floor(wallMs)
    return [...this.#statuses(nowMs), ...this.#statements(nowMs)]
  }

  /** The next hostile messages. */
  hostileMessages(count: number): Sent[] {
    return Array.from({ length: count }, () => {
      const from = this.#nextPeer()
      return { ...hostileMessage(this.#scene(from)), from }
    })
  }

  #statuses(nowMs: number): Sent[] {
    if (nowMs < this.#statusDueMs) return []
    this.#statusDueMs = nowMs + STATUS_INTERVAL_MS
    return this.#honestSigners.map((signer) => ({
      topic: 'status',
      data: encodeStatusMessage(signStatus(this.#network, { signer, nowMs })),
      from: signer.peerId,
    }))
  }

  /** At the start of a round every honest signer proposes once a pair, and all of them sign that. */
  #statements(nowMs: number): Sent[] {
    const { constants } = this.#network
    const round = roundAt(nowMs, constants.intervalMs)
    if (round === this.#round) return []
    this.#round = round
    const keys = this.#honestSigners.map(({ key }) => key)
    const before = this.#honest.filter(({ statement }) => statement.round === round - 1)
    const sent: Sent[] = []
    const said = this.#honestSigners.flatMap((signer) =>
      constants.pairs.map((pair) => {
        const statement = statementOf(this.#network, { proposer: signer.key, pair, observedAt: nowMs })
        const proposed = attest(this.#network, { statement, keys: [signer.key] })
        const complete = attest(this.#network, { statement, keys })
        for (const each of [proposed, complete]) {
          sent.push({ topic: 'prices', data: priceMessage([each], constants), from: signer.peerId })
        }
        return complete
      }),
    )
    this.#honest = [...before, ...said]
    return sent
  }

  #nextPeer(): string {
    const { knownPeers, messagesOfAPeer } = this.#plan
    this.#sent += 1
    if (!this.#random.chance(knownPeers)) return peerIdOf(`new${Math.floor(this.#sent / messagesOfAPeer)}`)
    const index = this.#random.below(KNOWN_PEERS)
    return index === 0 ? this.#insider.peerId : peerIdOf(`known${index}`)
  }

  #scene(from: string): Scene {
    const [first, ...others] = this.#honest
    if (first === undefined) throw new RangeError('nobody has said anything yet')
    return {
      network: this.#network,
      random: this.#random,
      agreed: this.#agreed,
      insider: this.#insider.key,
      honest: [first, ...others],
      nowMs: Math.floor(this.#clock.now().wallMs),
      from,
    }
  }
}
