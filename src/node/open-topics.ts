import type { EngineEvent } from '../consensus/effects.ts'
import type { PoolView } from '../consensus/holdings.ts'
import type { Instant } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { SignedStatus } from '../core/status.ts'
import type { Verdict } from '../core/verdict.ts'
import { Breather } from '../gossip/breather.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import type { PeerStanding } from '../gossip/peer-standing.ts'
import { PriceJudge } from '../gossip/price-judge.ts'
import { Recoverer } from '../gossip/recoverer.ts'
import { RefusalJudge } from '../gossip/refusal-judge.ts'
import { StatusJudge } from '../gossip/status-judge.ts'
import type { Topic, TopicOptions } from '../gossip/topic.ts'
import { topicNames } from '../gossip/topic-name.ts'
import { createLateSigners } from './late-signers.ts'
import { type TopicPlan, openInbox } from './open-inbox.ts'
import type { NodeListener } from './node-listener.ts'
import type { NodePorts } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** The topics of a network, each with an inbox before it. */
export interface Topics {
  readonly prices: Topic
  readonly status: Topic
  readonly refusals: Topic
}

export interface TopicsParts {
  readonly openTopic: (options: TopicOptions) => Topic
  readonly ports: Pick<
    NodePorts,
    'curve' | 'instance' | 'nextTurn' | 'readAttestations' | 'readStatus' | 'statusDigest' | 'refusalDigest'
  > &
    Required<Pick<NodePorts, 'digest'>>
  readonly pool: PoolView
  readonly standing: PeerStanding
  readonly directory: NodeDirectory
  readonly constants: NetworkConstants
  readonly releases: Releases
  readonly onEvent: (event: EngineEvent) => void
  /** Told of signatures that came after their set had closed; again and again of the same one, maybe. */
  readonly onLate: NodeListener['signedLate']
  readonly onStatus: (signed: SignedStatus, options: { readonly listed: boolean }) => void
  readonly onTaken: (signed: SignedStatus, options: { readonly listed: boolean }) => void
  readonly onClock: (signed: SignedStatus, at: Instant) => void
}

/** The topics, and the inbox of prices for what comes by another way. */
export interface OpenTopics {
  readonly topics: Topics
  readonly receivePrices: (data: Uint8Array, peerId: string) => Promise<Verdict>
}

export function openTopics(components: NodeComponents, parts: TopicsParts): OpenTopics {
  const { clock, counters } = components
  const { ports, pool, standing, directory, constants, onEvent } = parts
  const recoverer = new Recoverer({
    curve: ports.curve,
    breather: new Breather({ clock, nextTurn: ports.nextTurn }),
  })
  const { openTopic, releases } = parts
  const logger = components.logger.child('inbox')
  const open = (plan: TopicPlan): ReturnType<typeof openInbox> =>
    openInbox({ openTopic, standing, counters, logger, releases }, plan)

  const prices = new PriceJudge(
    {
      holdings: pool,
      recoverer,
      digest: ports.digest,
      clock,
      signatures: standing,
      deliver: (attestations, { reemit }) => {
        for (const attestation of attestations) onEvent({ kind: 'received', attestation, reemit })
      },
      onLate: createLateSigners({ holdings: pool, directory, onLate: parts.onLate }),
      readAttestations: ports.readAttestations,
    },
    constants,
  )
  const status = new StatusJudge(
    {
      directory,
      recoverer,
      clock,
      standing,
      onStatus: parts.onStatus,
      onTaken: parts.onTaken,
      onClock: parts.onClock,
      self: { instance: ports.instance },
      statusDigest: ports.statusDigest,
      readStatus: ports.readStatus,
    },
    constants,
  )
  const refusals = new RefusalJudge(
    {
      holdings: pool,
      recoverer,
      clock,
      roundOf: (id) => pool.attestationOf(id)?.statement.round,
      deliver: (signed) => {
        for (const refusal of signed) onEvent({ kind: 'refused', refusal })
      },
      refusalDigest: ports.refusalDigest,
    },
    constants,
  )
  const names = topicNames(constants.network)
  const openPrices = open({ name: names.prices, label: 'prices', judge: prices, together: true })
  return {
    topics: {
      prices: openPrices.topic,
      status: open({ name: names.status, label: 'status', judge: status, together: false }).topic,
      refusals: open({ name: names.refusals, label: 'refusals', judge: refusals, together: true }).topic,
    },
    receivePrices: (data, peerId) => openPrices.inbox.receive(data, peerId),
  }
}
