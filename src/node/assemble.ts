import { Engine } from '../consensus/engine.ts'
import { NoticeSigner } from '../consensus/notice-signer.ts'
import { RowKeeper } from '../consensus/row-keeper.ts'
import { Signer } from '../consensus/signer.ts'
import { lifeRules } from '../consensus/statement-entry.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { NodeReport } from '../core/status.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import type { TableWriter } from '../store/table-writer.ts'
import { EngineDriver } from './engine-driver.ts'
import { introduce } from './introduction.ts'
import { type NodeListener, createListening } from './node-listener.ts'
import { openFeed } from './open-feed.ts'
import { openGossip } from './open-gossip.ts'
import { openRoot } from './open-root.ts'
import type { SyncOptions } from './open-sync.ts'
import { openWriter } from './open-writer.ts'
import { OwnReport } from './own-report.ts'
import type { NodePorts, TablePort, TableWatch } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'
import type { Topics } from './open-topics.ts'

/** What is sent first after a start waits this long for others to hear it, milliseconds. */
const FIRST_PROPOSAL_PATIENCE_MS = 10_000

/** A gossip node that is put together and has not begun. */
export interface AssembledNode {
  readonly engine: Engine
  readonly topics: Topics
  readonly directory: NodeDirectory
  readonly signer: Signer
  /** Rows that wait for the table. */
  readonly owed: Pick<TableWriter, 'depth' | 'oldestMs'>
  /** Why the table cannot be written now; undefined when it can, as far as is known. */
  tableFault(): string | undefined
  /** Why others would not sign what this node proposes; undefined when its clock is right, as far as is known. */
  clockFault(): string | undefined
  /** How far the clocks of the others are ahead of this one, milliseconds; undefined when too few of them are heard. */
  clockOffsetMs(): number | undefined
  /** How this node is, as its statuses say. */
  report(): NodeReport
  /** When the feed gave a price last, on the monotonic clock; undefined when it has given none. */
  lastPriceAtMs(): number | undefined
  /** Has a listener told of all that happens from now on. */
  listen(listener: Partial<NodeListener>): void
  /** Takes up what the last process left, begins to listen, and to sign once others hear it. */
  start(): void
}

export interface AssemblyOptions {
  readonly constants: NetworkConstants
  readonly sync: SyncOptions
  /** Takes what must be let go of when the node ends. */
  readonly releases: Releases
  readonly tableWatch?: TableWatch | undefined
}

/**
 * Puts a node together that signs, co-signs, collects and commits, whatever is behind its ports. What uses a thing is
 * let go of before it.
 */
export async function assembleNode(
  components: NodeComponents,
  ports: NodePorts,
  { constants, sync, releases, tableWatch }: AssemblyOptions,
): Promise<AssembledNode> {
  const { clock } = components
  const { curve, key, memory, outbox, evidence, lots } = ports
  const logger = components.logger.child('node')

  const rowKeeper = new RowKeeper({ ...components, logger, outbox })
  releases.add('outbox', () => rowKeeper.stop())
  const signer = new Signer(
    { curve, memory, clock, logger: components.logger.child('signer') },
    { key, intervalMs: constants.intervalMs },
  )
  const noticeSigner = new NoticeSigner({ curve, key })
  introduce({ logger, signer, memory, clock }, constants)

  const engine = new Engine(lifeRules(constants))
  const listening = createListening({ logger })
  const root = openRoot(components, {
    port: ports.table,
    constants,
    historyMs: sync.historyMs,
    observedAt: (id) => engine.pool.attestationOf(id)?.statement.observedAt,
    onNewest: (observedAtMs) => ownReport.committed(observedAtMs),
  })
  const ownReport = new OwnReport(
    {
      clock,
      connectedPeers: () => gossip.connectedPeers(),
      isVouched: (peerId) => directory.voucherOf(peerId) !== undefined,
      clockOffsetMs: () => clockWatch.othersAheadMs(),
      owed: { depth: () => writer.depth() },
      historyRoot: () => root?.known(),
    },
    { own: signer.address },
  )
  listening.add(ownReport)
  const tablePort: TablePort = {
    ...ports.table,
    table: ownReport.watch(root?.keepUpWith(ports.table.table) ?? ports.table.table),
    ...(root && { history: root.history }),
  }
  const { topics, directory, publisher, refusals, clockWatch, digest, ...gossip } = await openGossip(components, {
    ports: { ...ports, table: tablePort },
    constants,
    sync,
    pool: engine.pool,
    noticeSigner,
    releases,
    onEvent: (event) => driver.handle(event),
    onTaken: (signed, options) => listening.heard(signed, options),
    onLate: (id, late) => listening.signedLate(id, late),
    report() {
      root?.refresh()
      return ownReport.report()
    },
    attestationToSend: (id) => driver.attestationToSend(id),
  })
  const writer = openWriter(components, {
    port: tablePort,
    pool: engine.pool,
    own: signer.address,
    tableWatch,
    root,
    releases,
    onOutcome: (id, outcome) => driver.settle(id, outcome),
  })
  let lastPriceAtMs: number | undefined
  const { observations, observer } = openFeed(components, {
    feed: ports.feed,
    constants,
    onFailure: (fault) => listening.notProposed(fault),
    onObservation: (observation) => {
      lastPriceAtMs = clock.now().monoMs
      driver.propose(observation).catch((error: unknown) => logger.error('a price was not proposed', { error }))
    },
  })
  const driver = new EngineDriver(
    {
      ...components,
      logger,
      engine,
      signer,
      noticeSigner,
      memory,
      observations,
      lots,
      publisher,
      refusals,
      evidence,
      outbox,
      rowKeeper,
      writer,
      clockWatch,
      digest,
      listener: listening,
    },
    constants,
  )
  const stopping = new AbortController()
  releases.add('engine', () => driver.stop())
  releases.add('observations', () => observations.stop())
  releases.add('observer', () => observer.stop())
  releases.add('start', () => stopping.abort(new Error('the node is stopping')))

  const speakWhenHeard = async (): Promise<void> => {
    const { signal } = stopping
    await topics.prices.waitForPeers(constants.minimumSigners - 1, { timeoutMs: FIRST_PROPOSAL_PATIENCE_MS, signal })
    driver.start()
    observer.start()
  }
  return {
    engine,
    topics,
    directory,
    signer,
    owed: writer,
    lastPriceAtMs: () => lastPriceAtMs,
    report: () => ownReport.report(),
    listen: (onlooker) => listening.add(onlooker),
    tableFault: () => writer.fault(),
    clockFault: () => clockWatch.fault(),
    clockOffsetMs: () => clockWatch.othersAheadMs(),
    start() {
      driver.restore()
      writer.start()
      gossip.start()
      speakWhenHeard().catch((error: unknown) => {
        if (!stopping.signal.aborted) components.onFatal(new Error('the node cannot begin to sign', { cause: error }))
      })
    },
  }
}
