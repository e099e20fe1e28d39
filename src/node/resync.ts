import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { DatabaseMarks, PriceHistory } from '../core/history.ts'
import { createDigest } from '../core/typed-data.ts'
import { Breather } from '../gossip/breather.ts'
import type { Doorkeeper } from '../gossip/gater.ts'
import { Recoverer } from '../gossip/recoverer.ts'
import { Asker } from '../gossip/sync/asker.ts'
import { BarrenDays } from '../gossip/sync/barren-days.ts'
import type { HistorySyncComponents } from '../gossip/sync/history-components.ts'
import { historyRange } from '../gossip/sync/history-range.ts'
import { syncHistory } from '../gossip/sync/history-session.ts'
import type { SyncProgress } from '../gossip/sync/progress.ts'
import { type BudgetShare, TimeBudget } from '../gossip/verification-budget.ts'
import { NodeDiskError } from '../store/node-disk-error.ts'
import { NodeDisk } from '../store/node-disk.ts'
import { type CollectComponents, type CollectedFrom, collectHistory } from './collect-history.ts'
import { openCurve } from './open-curve.ts'
import { type Libp2pNetwork, openNetwork } from './open-network.ts'
import { openTable } from './open-table.ts'
import type { TablePort } from './ports.ts'
import { Releases } from './releases.ts'
import { ResyncError } from './resync-error.ts'
import type { NodeComponents } from './running-node.ts'

/** There is nothing else to do meanwhile. */
const TIME: BudgetShare = { burstMs: 1_000, share: 1 }
const RELEASES = { allMs: 9_000, stepMs: 4_000 }
/** How long it may take until it is known who commits to the same database, and how often that is looked at, milliseconds. */
const SETTLING_MS = 10_000
const SETTLING_LOOK_MS = 20

export interface ResyncOptions {
  /** How far back, milliseconds; Infinity is all of it. */
  readonly historyMs: number
  readonly signal: AbortSignal
  readonly progress?: SyncProgress
  readonly onPeer?: CollectComponents['onPeer']
}

/** What came of taking over history. */
export interface ResyncReport {
  /** By peer id. */
  readonly peers: ReadonlyMap<string, CollectedFrom>
  /** What peers said that is provably false, by peer id. */
  readonly lies: ReadonlyMap<string, string>
  /** What the history has now, as far back as was asked for. */
  readonly history: { readonly rows: number; readonly days: number }
}

/**
 * Takes over committed history from the peers of a node that does not run, until it agrees with all that are connected.
 * What has come into the table stays there, however this ends.
 *
 * @throws {ResyncError} when that cannot be, or nobody is there to take it from; the reason of the signal
 */
export async function resync(
  components: NodeComponents,
  config: Config,
  options: ResyncOptions,
): Promise<ResyncReport> {
  refuseInVain(config, options)
  const { clock } = components
  const releases = new Releases({ clock, ...RELEASES })
  try {
    const disk = openDisk(components, config)
    releases.add('disk', () => disk.close())
    const port = await openTable(components, { config, releases })
    const { history } = port
    if (history === undefined) throw new Error('a table in Postgres has a history')
    // Says at once what is wrong with the database, and makes the tables of an empty one.
    await port.table.write([])
    const listener = port.listen?.({ onHeard: () => undefined, onHearing: () => undefined })
    releases.add('price listener', () => listener?.stop())

    const lies = new Map<string, string>()
    const doorkeeper: Doorkeeper = { isExpelled: (peerId) => lies.has(peerId), admitsConnection: () => true }
    const network = await openNetwork(
      components,
      { config, peerBook: disk.peers, releases },
      { doorkeeper, scoreOf: () => 0 },
    )
    network.start()
    const peers = await collect(components, { config, options, port: { ...port, history }, network, lies })
    return { peers, lies, history: await sizeOf(history, { config, options, wallMs: clock.now().wallMs }) }
  } finally {
    await releases.run(components)
  }
}

function refuseInVain({ bootstrap, constants }: Config, { historyMs }: ResyncOptions): void {
  if (bootstrap) throw new ResyncError('bootstrap', 'a bootstrap node has no database to fill: unset GP_BOOTSTRAP')
  if (constants.signers.open) {
    throw new ResyncError(
      'open-network',
      `${constants.network} is an open network, where anybody could make a history: name its signers in GP_SIGNERS`,
    )
  }
  if (historyMs === 0) {
    throw new ResyncError('off', 'GP_HISTORY is off: say with --from DATE how far back, or set it to all')
  }
}

/** Nobody else may use the data directory: the peers know one node by its peer id. */
function openDisk({ clock, logger }: NodeComponents, { dataDir, syncIntervalMs }: Config): NodeDisk {
  try {
    return new NodeDisk({ clock, logger }, { directory: dataDir })
  } catch (cause) {
    if (!(cause instanceof NodeDiskError) || cause.code !== 'in-use') throw cause
    throw new ResyncError(
      'running',
      `the node of ${dataDir} is running, and catches up with its peers by itself, with one of them every ${syncIntervalMs / 1_000} s (GP_SYNCINTERVAL); stop it if you would rather do that here`,
      { cause },
    )
  }
}

interface CollectParts {
  readonly config: Config
  readonly options: ResyncOptions
  readonly port: TablePort & { readonly history: PriceHistory }
  readonly network: Libp2pNetwork
  readonly lies: Map<string, string>
}

async function collect(
  components: NodeComponents,
  { config, options, port, network, lies }: CollectParts,
): Promise<ReadonlyMap<string, CollectedFrom>> {
  const { clock, counters } = components
  const { constants } = config
  const { exchange } = network
  if (exchange === undefined) throw new Error('a libp2p node can ask')
  const logger = components.logger.child('sync')
  const taking: HistorySyncComponents = {
    asker: new Asker(
      {
        exchange,
        clock,
        counters,
        blame(peerId, { code }) {
          lies.set(peerId, code)
          network.hangUp(peerId)
        },
      },
      constants,
    ),
    history: port.history,
    table: port.table,
    marks: port.marks,
    recoverer: new Recoverer({
      curve: openCurve({ ...components, logger }),
      breather: new Breather({ clock, nextTurn }),
    }),
    digest: createDigest(),
    budget: new TimeBudget({ clock }, TIME),
    clock,
    counters,
    logger,
    progress: options.progress,
    barren: new BarrenDays(),
  }
  const { historyMs, signal } = options
  await settle(components, { marks: port.marks, signal })
  const limits = { constants, historyMs, signal, timeLimitMs: Number.POSITIVE_INFINITY }
  const peers = await collectHistory(
    {
      exchange,
      clock,
      async take(peerId) {
        const result = await syncHistory(taking, { ...limits, peerId })
        signal.throwIfAborted()
        // Why the table cannot be asked is what the operator wants to know.
        if (result.reason === 'table') await port.table.write([])
        return result
      },
      hasLied: (peerId) => lies.has(peerId),
      onPeer: options.onPeer,
    },
    { signal },
  )
  return peers
}

/** Who is asked before anything is heard here cannot tell that it holds the same rows because they are the same. */
async function settle(
  { clock }: NodeComponents,
  { marks, signal }: { readonly marks: DatabaseMarks | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const untilMs = clock.now().monoMs + SETTLING_MS
  const isOpen = (): boolean => marks?.isSettling === true && clock.now().monoMs < untilMs
  while (isOpen()) await clock.sleep(SETTLING_LOOK_MS, signal)
}

async function sizeOf(
  history: PriceHistory,
  { config, options, wallMs }: Pick<CollectParts, 'config' | 'options'> & { readonly wallMs: number },
): Promise<ResyncReport['history']> {
  const days = await history.days(historyRange(config.constants, { wallMs, historyMs: options.historyMs }))
  return { rows: days.reduce((sum, { leaves }) => sum + leaves, 0), days: days.length }
}
