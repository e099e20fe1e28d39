import type { Address } from '../src/core/address.ts'
import type { Random } from '../src/core/clock.ts'
import type { SignOnceMemory } from '../src/core/sign-once.ts'
import type { StatementId } from '../src/core/statement.ts'
import type { NodePorts, TablePort } from '../src/node/ports.ts'
import { type ConnectionComponents, SimulatedListener, createSimulatedTable } from './database-connection.ts'
import { type DiskHandle, outboxOn, signOnceOn } from './disk.ts'
import type { Life, Watcher } from './life.ts'
import { createSimulatedFeed } from './price-world.ts'
import { createSimulatedExchange } from './simulated-exchange.ts'
import { createSimulatedTopic } from './simulated-topic.ts'
import type { World } from './world.ts'

export interface PortsComponents {
  readonly world: World
  readonly watcher: Watcher
  readonly random: Random
}

/** The made-up world of one process. */
export function openPorts(life: Life, { world, watcher, random }: PortsComponents): NodePorts {
  const { scheduler, prices, curve, digest, statusDigest, refusalDigest, lots, network, desk, scenario } = world
  const { readAttestations, readStatus } = world
  const { clock, machine } = life
  const isAlive = (): boolean => life.isAlive
  const handle = { disk: machine.disk, isAlive }
  const connection: ConnectionComponents = {
    scheduler,
    clock,
    random,
    isAlive,
    database: machine.database,
    writer: machine.index,
    onWrite: (rows) => watcher.onSent(life, rows),
  }
  return {
    curve,
    digest,
    readAttestations,
    readStatus,
    statusDigest,
    refusalDigest,
    lots,
    key: machine.key,
    memory: machine.proposes ? signOnceOn(handle) : silentOn(handle, machine.key.address),
    outbox: outboxOn(handle, (row) => watcher.onKept(life, row)),
    evidence: { keep: () => undefined },
    feed: createSimulatedFeed({ clock, random, world: prices }, machine.mood),
    table: openTable(life, { connection, isShared: scenario.tables === 'shared' }),
    instance: `0x${Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')}`,
    nextTurn: () => Promise.resolve(),
    connect: async (options) => {
      const member = network.join({
        ...options,
        peerId: machine.peerId,
        place: machine.index,
        onPublish: (topic, data) => watcher.onPublish(life, topic, data),
      })
      life.member = member
      return {
        peerId: machine.peerId,
        openTopic: (topic) => createSimulatedTopic({ member, clock }, topic),
        exchange: createSimulatedExchange({ member, clock, desk, find: (peerId) => network.member(peerId) }),
        connectedPeers: () => member.connectedPeers(),
        hangUp: (peerId) => {
          watcher.onHangUp(life, peerId)
          member.hangUp(peerId)
        },
        start: () => member.start(),
      }
    },
  }
}

/**
 * Of a node that looks at prices and signs what others propose, and proposes nothing: as after a restart, it remembers
 * that it has proposed in the round already.
 */
function silentOn(handle: DiskHandle, own: Address): SignOnceMemory {
  const memory = signOnceOn(handle)
  return { ...memory, signedIn: (slot) => (slot.proposer === own ? PROPOSED : memory.signedIn(slot)) }
}

const PROPOSED = `0x${'00'.repeat(32)}` as StatementId

function openTable(
  life: Life,
  { connection, isShared }: { readonly connection: ConnectionComponents; readonly isShared: boolean },
): TablePort {
  const table = createSimulatedTable(connection)
  const { history } = life.machine.database
  if (!isShared) return { table, history }
  const marks = {
    get own() {
      return life.listener?.own
    },
    hasHeard: (mark: `0x${string}`) => life.listener?.hasHeard(mark) ?? false,
  }
  return {
    table,
    history,
    marks,
    listen(handlers) {
      const listener = new SimulatedListener(connection, handlers)
      life.listener = listener
      return listener
    },
  }
}
