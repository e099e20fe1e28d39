import type { PoolView } from '../consensus/holdings.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { PriceStatement, StatementId } from '../core/statement.ts'
import type { Verdict } from '../core/verdict.ts'
import { Breather } from '../gossip/breather.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import type { PeerStanding } from '../gossip/peer-standing.ts'
import { Recoverer } from '../gossip/recoverer.ts'
import { AnswerBudget } from '../gossip/sync/answer-budget.ts'
import { Answerer } from '../gossip/sync/answerer.ts'
import { Asker } from '../gossip/sync/asker.ts'
import type { Exchange } from '../gossip/sync/exchange.ts'
import type { HistorySyncComponents } from '../gossip/sync/history-components.ts'
import { HISTORY_TIME } from '../gossip/sync/history-session.ts'
import { ProgressLog } from '../gossip/sync/progress-log.ts'
import type { SyncProgress } from '../gossip/sync/progress.ts'
import { Syncer } from '../gossip/sync/syncer.ts'
import { BarrenDays } from '../gossip/sync/barren-days.ts'
import { TimeBudget } from '../gossip/verification-budget.ts'
import type { NodePorts } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** What a node does about what it has missed. */
export interface SyncOptions {
  /** How often a random peer is asked, milliseconds. */
  readonly syncIntervalMs: number
  /** How far back history goes, milliseconds: 0 is none, Infinity all. In an open network there is none. */
  readonly historyMs: number
  /** Told of history that is taken over, beside the log. */
  readonly progress?: SyncProgress | undefined
}

export interface SyncParts {
  readonly ports: Pick<NodePorts, 'curve' | 'nextTurn' | 'table'>
  readonly exchange: Exchange
  readonly pool: PoolView
  readonly standing: PeerStanding
  readonly directory: NodeDirectory
  readonly digest: (statement: PriceStatement) => StatementId
  /** The inbox of prices. */
  readonly receive: (data: Uint8Array, peerId: string) => Promise<Verdict>
  readonly constants: NetworkConstants
  readonly options: SyncOptions
  readonly releases: Releases
}

/** Answers what peers ask from now on; who is returned asks them. */
export function openSync(components: NodeComponents, parts: SyncParts): Syncer {
  const { clock, random, counters } = components
  const { exchange, pool, standing, directory, constants, options, releases } = parts
  const { table, marks } = parts.ports.table
  // Where anybody may sign, anybody could make a history.
  const historyMs = constants.signers.open ? 0 : options.historyMs
  const history = historyMs === 0 ? undefined : parts.ports.table.history
  const logger = components.logger.child('sync')
  if (constants.signers.open && Number.isFinite(options.historyMs) && options.historyMs > 0) {
    logger.info('GP_HISTORY is without effect: in an open network there is no history to take over')
  }
  const asker = new Asker(
    { exchange, clock, counters, blame: (peerId, blame) => standing.blame(peerId, blame) },
    constants,
  )
  const answerer = new Answerer(
    {
      pending: pool,
      history,
      marks,
      budget: new AnswerBudget({ clock, vouchersOf: (peerId) => directory.vouchersOf(peerId) }),
      standing,
      clock,
      counters,
      logger,
    },
    { constants, historyMs },
  )
  exchange.serve((question, peerId) => answerer.answer(question, peerId))

  const log = new ProgressLog({ clock, logger })
  const taking: HistorySyncComponents | undefined = history && {
    asker,
    history,
    table,
    marks,
    recoverer: new Recoverer({
      curve: parts.ports.curve,
      breather: new Breather({ clock, nextTurn: parts.ports.nextTurn }),
    }),
    digest: parts.digest,
    budget: new TimeBudget({ clock }, HISTORY_TIME),
    clock,
    counters,
    logger,
    barren: new BarrenDays(),
    progress: {
      report(event) {
        log.report(event)
        options.progress?.report(event)
      },
    },
  }
  const syncer = new Syncer(
    {
      exchange,
      asker,
      pending: pool,
      receive: parts.receive,
      history: taking,
      isExpelled: (peerId) => standing.isExpelled(peerId),
      clock,
      random,
      counters,
      logger,
    },
    { constants, intervalMs: options.syncIntervalMs, historyMs },
  )
  releases.add('syncer', () => syncer.stop())
  return syncer
}
