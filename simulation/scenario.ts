import { createHash } from 'node:crypto'
import type { Address } from '../src/core/address.ts'
import type { NetworkConstants } from '../src/core/network.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { SecretValue } from '../src/core/secret-value.ts'
import { createSignerSet, disputable } from '../src/core/signer-set.ts'
import type { SigningKey } from '../src/consensus/signer.ts'
import { drawOne, drawWhole, randomStreams } from './random-streams.ts'

/** What can go wrong, each by itself. */
export const FAULTS = {
  loss: 'messages get lost',
  duplication: 'messages come twice',
  reordering: 'messages overtake each other',
  delay: 'messages take seconds to minutes',
  partition: 'nodes are cut off from others, one way or both, and found again',
  crash: 'processes end at any moment or write; what was not synced is lost when the power goes',
  restart: 'processes are told to stop, and started again',
  'disk-full': 'a disk takes nothing for a while',
  skew: 'clocks are off by up to seconds, and go at other speeds',
  jump: 'clocks are set forward or back',
  table: 'Postgres is down, slow, or answers after the connection was lost',
  listener: 'listeners lose their connection, or notifications',
  feed: 'price feeds fail or lie',
  dishonest: 'up to f signers forge, equivocate, withhold, drip and replay',
} as const

export type Fault = keyof typeof FAULTS

export const ALL_FAULTS = Object.keys(FAULTS) as readonly Fault[]

export interface ScenarioOptions {
  readonly seed: number
  /** Signers, dishonest ones included. */
  readonly nodes: number
  readonly rounds: number
  readonly faults: readonly Fault[]
  /** Whether signatures are made by secp256k1 and not by hashes. */
  readonly realKeys?: boolean
  /** One table for all, or one for each; undefined: by seed. */
  readonly tables?: 'shared' | 'own' | undefined
}

/** All that is fixed before a run begins. */
export interface Scenario extends Required<Omit<ScenarioOptions, 'tables'>> {
  readonly constants: NetworkConstants
  readonly keys: readonly SigningKey[]
  /** The last of the nodes, so many. */
  readonly dishonest: number
  readonly tables: 'shared' | 'own'
  /** Whether dishonest signers are enough to bring two statements of one slot to quorum. */
  readonly isDisputable: boolean
}

const PAIRS = ['ETH-USD', 'BTC-USD'] as const
const INTERVALS_MS = [60_000, 90_000, 120_000] as const
const SHORT_INTERVALS_MS = [30_000] as const
/**
 * Every so many seeds rounds are long: what was proposed while there were faults is then still pending when all have had
 * the time to ask each other.
 */
const LONG_ROUNDS_EVERY = 6
const LONG_INTERVAL_MS = 300_000
const QUIET_PERIODS_MS = [5_000, 10_000, 20_000] as const
const MANY_NODES = 16
/**
 * The largest quorum and the largest set. A quorum is a majority of few nodes, and of many far from it, as with the
 * defaults of the product. What a statement costs each node goes with the size of its set: many nodes have smaller ones.
 */
const LARGEST = { few: { quorum: 6, set: 10 }, many: { quorum: 4, set: 6 } } as const

/** What the seed and the options make. */
export function createScenario(options: ScenarioOptions): Scenario {
  const { seed, nodes, faults } = options
  const random = randomStreams(seed)('scenario')
  // Most of what many nodes have to say is how they are, four times a minute: shorter rounds are more rounds.
  const drawnIntervalMs = drawOne(random, nodes < MANY_NODES ? INTERVALS_MS : SHORT_INTERVALS_MS)
  const largest = nodes < MANY_NODES ? LARGEST.few : LARGEST.many
  const isLong = nodes < MANY_NODES && seed % LONG_ROUNDS_EVERY === LONG_ROUNDS_EVERY - 1
  const intervalMs = isLong ? LONG_INTERVAL_MS : drawnIntervalMs
  const quietPeriodMs = drawOne(random, QUIET_PERIODS_MS)
  const majority = Math.floor(nodes / 2) + 1
  const minimumSigners = drawWhole(random, Math.min(2, nodes), Math.min(largest.quorum, majority))
  const maximumSigners = drawWhole(random, minimumSigners, Math.min(largest.set, nodes + 2))
  const drawnPairs = drawWhole(random, 1, PAIRS.length)
  // A second pair doubles what there is to do; few nodes show as well what it brings about.
  const pairs = PAIRS.slice(0, nodes < MANY_NODES ? drawnPairs : 1)
  // Fewer than a quorum, and so many that the others are one.
  const f = Math.max(0, Math.min(minimumSigners - 1, nodes - minimumSigners))
  const drawnDishonest = drawWhole(random, Math.min(1, f), f)
  const drawnTables = random() < 0.5 ? 'shared' : 'own'
  const keys = simulatedKeys(nodes)
  const dishonest = faults.includes('dishonest') ? drawnDishonest : 0
  return {
    seed,
    nodes,
    rounds: options.rounds,
    faults,
    realKeys: options.realKeys ?? false,
    keys,
    dishonest,
    tables: options.tables ?? drawnTables,
    isDisputable: disputable(minimumSigners, nodes),
    constants: {
      network: 'simulation',
      pairs,
      source: 'made-up',
      intervalMs,
      quietPeriodMs,
      minimumSigners,
      maximumSigners,
      maxDeviation: 10_000_000n,
      signers: createSignerSet(keys.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
    },
  }
}

export function simulatedKeys(count: number): readonly SigningKey[] {
  return Array.from({ length: count }, (_, index) => simulatedKey(index))
}

const known = new Map<number, SigningKey>()

/** The key of a node: the same in every run. */
function simulatedKey(index: number): SigningKey {
  const before = known.get(index)
  if (before !== undefined) return before
  const privateKey = createHash('sha256').update(`simulated key ${index}`).digest()
  const address: Address | undefined = nobleSecp256k1.addressOf(privateKey)
  if (address === undefined) throw new RangeError(`no key ${index}`)
  const key = { address, privateKey: new SecretValue(new Uint8Array(privateKey)) }
  known.set(index, key)
  return key
}
