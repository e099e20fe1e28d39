import type { PoolView } from '../consensus/holdings.ts'
import type { NoticeSigner } from '../consensus/notice-signer.ts'
import type { Attestation, StatementId } from '../core/statement.ts'
import type { AgreedConstants, NodeReport } from '../core/status.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import { Publisher } from '../gossip/publisher.ts'
import { RefusalPublisher } from '../gossip/refusal-publisher.ts'
import { StatusPublisher } from '../gossip/status-publisher.ts'
import { AGENT_VERSION } from '../version.ts'
import type { Topics } from './open-topics.ts'
import type { NodePorts } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** What a node sends, on each of its topics. */
export interface Publishers {
  readonly prices: Publisher
  readonly refusals: RefusalPublisher
  readonly statuses: StatusPublisher
}

export interface PublishersParts {
  readonly topics: Topics
  readonly pool: Pick<PoolView, 'phaseOf'>
  readonly directory: NodeDirectory
  readonly noticeSigner: NoticeSigner
  readonly releases: Releases
  /** How this node is, whenever it says so. */
  readonly report: () => NodeReport
  /** What is held of a statement at the moment of sending; undefined when it is gone. */
  readonly attestationToSend: (id: StatementId) => Attestation | undefined
  /** Who sends. */
  readonly own: {
    readonly peerId: string
    readonly instance: NodePorts['instance']
    readonly constants: AgreedConstants
  }
}

/** Publishers that send what is given to them; statuses go out once they are started. */
export function openPublishers(components: NodeComponents, parts: PublishersParts): Publishers {
  const { clock, random, counters } = components
  const { topics, pool, directory, noticeSigner, releases, report, own } = parts
  const { network } = own.constants
  const sending = { clock, counters, logger: components.logger.child('gossip') }
  const prices = new Publisher(
    { ...sending, topic: topics.prices, attestationOf: parts.attestationToSend },
    { network },
  )
  releases.add('publisher', () => prices.flush())
  const refusals = new RefusalPublisher(
    { ...sending, topic: topics.refusals, isCollecting: (id) => pool.phaseOf(id) === 'collecting' },
    { network },
  )
  releases.add('publisher of refusals', () => refusals.stop())
  const statuses = new StatusPublisher(
    { ...sending, topic: topics.status, noticeSigner, random, intervalMs: () => directory.intervalMs(), report },
    { ...own, agent: AGENT_VERSION },
  )
  releases.add('publisher of statuses', () => statuses.stop())
  return { prices, refusals, statuses }
}
