import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { isUnjudged } from '../core/verdict.ts'
import { Inbox, type Judge } from '../gossip/inbox.ts'
import type { PeerStanding } from '../gossip/peer-standing.ts'
import type { Topic, TopicOptions } from '../gossip/topic.ts'
import type { Releases } from './releases.ts'

export interface InboxParts {
  readonly openTopic: (options: TopicOptions) => Topic
  readonly standing: PeerStanding
  readonly counters: Counters
  readonly logger: Logger
  readonly releases: Releases
}

export interface TopicPlan {
  readonly name: string
  /** Names it in metrics. */
  readonly label: string
  readonly judge: Judge
  /** Whether peers for whom nobody vouches are measured together. */
  readonly together: boolean
}

/** A topic with an inbox before it; it begins to listen when it is started. */
export function openInbox(
  { openTopic, standing, counters, logger, releases }: InboxParts,
  { name, label, judge, together }: TopicPlan,
): { readonly topic: Topic; readonly inbox: Inbox } {
  const inbox = new Inbox({ judge, standing, counters, logger }, { topic: label, together })
  const topic = openTopic({
    name,
    validate: async (data, from) => {
      const verdict = await inbox.receive(data, from)
      return isUnjudged(verdict) ? 'unjudged' : verdict.kind
    },
  })
  releases.add(`topic of ${label}`, () => topic.stop())
  return { topic, inbox }
}
