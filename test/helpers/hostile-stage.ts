import type { TestContext } from 'node:test'
import { requireConfig } from '../../src/config.ts'
import type { Environment } from '../../src/config/read-variables.ts'
import type { Address } from '../../src/core/address.ts'
import { agreedConstants } from '../../src/core/agreed-constants.ts'
import { toHex } from '../../src/core/hex.ts'
import type { NetworkConstants } from '../../src/core/network.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import type { PriceStatement } from '../../src/core/statement.ts'
import { encodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { topicNames } from '../../src/gossip/topic-name.ts'
import { provisionSigner } from '../../src/node/provision.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { surroundingsOf } from './config-surroundings.ts'
import { recent } from './lies.ts'
import { createTestDatabase } from './postgres.ts'
import { type RawPeer, type RawPeerOptions, startRawPeer } from './raw-peer.ts'
import { RecordingLogger } from './recorders.ts'
import { type TableRow, tableRows } from './row-proof.ts'
import { type NodeAtWork, NodeNetwork } from './running-node.ts'
import { noticeSigner, report } from './signed-notices.ts'
import { type TestSigner, alice, bob, carol } from './statements.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const TOPICS = topicNames('test-network')

export interface StageOptions {
  readonly intervalMs: number
  /** GP_* for all nodes. */
  readonly env?: Environment
  /** Allowed signers for whom no honest node runs. */
  readonly insiders?: readonly TestSigner[]
  /** GP_* of one node more than of the others, by its name: node1 … node4. */
  readonly envOf?: Readonly<Record<string, Environment>>
}

export interface HonestNode extends NodeAtWork {
  readonly signer: Address
  readonly dataDir: string
}

/** Four honest nodes that have committed a round, and whoever comes to trouble them. */
export interface Stage {
  readonly network: NodeNetwork
  readonly databaseUrl: string
  readonly nodes: readonly HonestNode[]
  /** GP_* of the network, for nodes that are added. */
  readonly env: Environment
  /** What the network has agreed on. */
  readonly constants: NetworkConstants
  /** A peer that has joined all nodes. */
  readonly rawPeer: (options?: Partial<RawPeerOptions>) => Promise<RawPeer>
  /** A sound statement, observed now, but for what `overrides` says. */
  statement(proposer: TestSigner, overrides?: Partial<PriceStatement>): PriceStatement
  isHonest(signer: string): boolean
  /** Waits until a statement of each node is committed that it makes in a later round, and all before but what expired; all rows. */
  nextRound(): Promise<readonly TableRow[]>
}

const NAMES = ['node1', 'node2', 'node3', 'node4'] as const

export async function openStage(
  t: TestContext,
  { intervalMs, env = {}, envOf = {}, insiders = [alice, bob, carol] }: StageOptions,
): Promise<Stage> {
  const database = await createTestDatabase(t)
  // Before the network: directories go when those who write to them have ended.
  const honest = await Promise.all(NAMES.map((name) => provision(t, name)))
  const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 0 })
  const own = {
    GP_NETWORK: 'test-network',
    GP_QUIETPERIOD: '1',
    GP_FETCHPRICEINTERVAL: `${intervalMs / 1_000}`,
    GP_SIGNERS: [...honest.map(({ signer }) => signer), ...insiders.map(({ address }) => address)].join(','),
    ...env,
  }
  await network.bootstrap(own)
  const nodes = await Promise.all(
    honest.map(async ({ name, signer, dataDir }): Promise<HonestNode> => {
      const node = await network.node(name, { ...own, GP_DATADIR: dataDir, ...envOf[name] })
      return Object.assign(node, { signer, dataDir })
    }),
  )
  await network.committed(nodes, nodes.length)
  const addresses = nodes.map(({ address }) => address)
  return {
    network,
    databaseUrl: database.url,
    nodes,
    env: own,
    constants: requireConfig(surroundingsOf(own)).constants,
    rawPeer: (options) => startRawPeer(t, { topics: [TOPICS.prices], addresses, ...options }),
    statement: (proposer, overrides) => recent(proposer, { nowMs: Date.now(), intervalMs, ...overrides }),
    isHonest: (signer) => nodes.some((node) => node.signer === signer),
    async nextRound() {
      const fromMs = Date.now()
      const before = nodes.flatMap(proposals)
      return network.until(async () => {
        const rows = await tableRows(database.url)
        const ids = new Set<unknown>(rows.map(({ id }) => id))
        const isLater = nodes.every((node) =>
          proposals(node).some(({ id, round }) => round * intervalMs > fromMs && ids.has(id)),
        )
        const expired = new Set(nodes.flatMap(expiries))
        return isLater && before.every(({ id }) => ids.has(id) || expired.has(id)) && rows
      }, 'a statement of each node is committed, of a round that began later')
    },
  }
}

/** A key and its memory, as a cluster makes them before the first start of a node. */
async function provision(
  t: TestContext,
  name: string,
): Promise<{ readonly name: string; readonly signer: Address; readonly dataDir: string }> {
  const dataDir = await temporaryDirectory(t)
  const components = { curve: nobleSecp256k1, clock: systemClock, logger: new RecordingLogger() }
  return { name, signer: await provisionSigner(components, { directory: dataDir }), dataDir }
}

/** What a node has proposed since it started. */
function proposals({ logger }: NodeAtWork): { readonly id: unknown; readonly round: number }[] {
  return logger.lines
    .filter(({ message }) => message.startsWith('proposed '))
    .map(({ facts }) => ({ id: facts['id'], round: Number(facts['round']) }))
}

/** What a node has given up: on a machine that stands still the others may have been too late to sign it. */
function expiries({ logger }: NodeAtWork): unknown[] {
  return logger.lines.filter(({ message }) => message.startsWith('no quorum for ')).map(({ facts }) => facts['id'])
}

export interface JudgedOptions {
  /** Messages found so; empty for all. */
  readonly codes?: readonly string[]
  readonly topic?: 'prices' | 'status' | 'refusals'
}

/** How many messages a node has judged, of those that it found so. */
export function judged({ counters }: NodeAtWork, { codes = [], topic }: JudgedOptions = {}): number {
  return counters
    .snapshot()
    .filter(({ name }) => name === 'gp_messages_received_total')
    .filter(({ labels }) => topic === undefined || labels['topic'] === topic)
    .filter(({ labels }) => codes.length === 0 || codes.some((code) => code === labels['code']))
    .reduce((sum, { value }) => sum + value, 0)
}

/** How often a node has expelled a peer, for whatever reason if none is given. */
export function expelled({ counters }: NodeAtWork, reason?: string): number {
  return counters
    .snapshot()
    .filter(({ name }) => name === 'gp_peers_expelled_total')
    .filter(({ labels }) => reason === undefined || labels['reason'] === reason)
    .reduce((sum, { value }) => sum + value, 0)
}

/** A peer may stay: when its connections break, as on a machine that stands still, it is let in again. */
export async function isWelcome({ network, nodes }: Stage, peer: RawPeer): Promise<void> {
  await network.until(async () => {
    if (peer.connected() < nodes.length) await peer.knock().catch(() => undefined)
    return peer.connected() === nodes.length && peer.hasJoined()
  }, 'the peer is connected to every node')
}

/** Takes the lines that must be there out of a node's log, so that the network closes without errors. */
export function takeErrors({ logger }: NodeAtWork, pattern: RegExp): readonly string[] {
  const isMeant = ({ level, message }: (typeof logger.lines)[number]): boolean =>
    level === 'error' && pattern.test(message)
  const taken = logger.lines.filter(isMeant).map(({ message }) => message)
  const left = logger.lines.filter((line) => !isMeant(line))
  logger.lines.splice(0, logger.lines.length, ...left)
  return taken
}

/** A field that no status has: other bytes, the same status. */
const PADDING = Uint8Array.of(15 << 3, 1)
let instances = 0

/** Has a signer vouch for a peer, by a status that the peer sends of itself; every node has taken it then. */
export async function introduce(
  { network, nodes, constants }: Stage,
  { peer, signer }: { readonly peer: RawPeer; readonly signer: TestSigner },
): Promise<void> {
  const before = nodes.map(knownStatuses)
  instances += 1
  const status = encodeStatusMessage(
    noticeSigner(signer).signStatus({
      peerId: peer.peerId,
      instance: toHex(Uint8Array.from({ length: 16 }, () => instances)),
      sequence: Date.now(),
      sentAt: Date.now(),
      agent: 'hostile/1',
      constants: agreedConstants(constants),
      report: report(),
    }),
  )
  await peer.say(status, TOPICS.status)
  // Only a status that was taken is found known without another look at its signature.
  await peer.say(Uint8Array.of(...status, ...PADDING), TOPICS.status)
  await network.until(
    () => nodes.every((node, place) => knownStatuses(node) > (before[place] ?? 0)),
    `a status vouches for ${peer.peerId}`,
  )
}

function knownStatuses(node: NodeAtWork): number {
  return judged(node, { topic: 'status', codes: ['known'] })
}
