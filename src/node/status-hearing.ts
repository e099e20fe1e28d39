import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClockOffset, othersAheadMs } from '../consensus/clock-offset.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Secp256k1 } from '../core/signature.ts'
import type { SignedStatus } from '../core/status.ts'
import { Breather } from '../gossip/breather.ts'
import { NodeDirectory } from '../gossip/node-directory.ts'
import type { PeerStanding } from '../gossip/peer-standing.ts'
import { Recoverer } from '../gossip/recoverer.ts'
import { StatusJudge } from '../gossip/status-judge.ts'
import type { Topic, TopicOptions } from '../gossip/topic.ts'
import { statusTopicName } from '../gossip/topic-name.ts'
import { openInbox } from './open-inbox.ts'
import type { Releases } from './releases.ts'
import { StatusWatch } from './status-watch.ts'

export interface HearingComponents {
  readonly curve: Secp256k1
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
  readonly directory: NodeDirectory
  readonly standing: PeerStanding
  readonly openTopic: (options: TopicOptions) => Topic
  readonly releases: Releases
  /** Is told of every status that is taken. */
  readonly onTaken: (signed: SignedStatus, options: { readonly listed: boolean }) => void
}

/** What a node without a key hears of its network. */
export interface StatusHearing {
  readonly topic: Topic
  /** How far the clocks of the signers are ahead of this one, milliseconds; undefined when too few of them are heard. */
  clockOffsetMs(): number | undefined
}

/** The directory of a node without a key: without a signer set it goes by who is connected. */
export function createHearingDirectory(
  { clock, isConnected }: { readonly clock: Clock; readonly isConnected: (peerId: string) => boolean },
  { signers }: NetworkConstants,
): NodeDirectory {
  return new NodeDirectory({ clock }, { open: false, isNeighbour: signers.open ? isConnected : undefined })
}

/**
 * Judges statuses, and says none. With a signer set those of its signers are passed on; without one nobody can tell
 * signers from made-up ones, so that a peer is believed of itself alone and nothing is passed on.
 */
export function openHearing(components: HearingComponents, constants: NetworkConstants): StatusHearing {
  const { curve, clock, counters, logger, directory, standing, onTaken } = components
  const { signers } = constants
  const own = { signer: undefined, instance: undefined, constants: agreedConstants(constants) }
  const watch = new StatusWatch({ clock, counters, logger: logger.child('network') }, own)
  const offset = new ClockOffset({ clock }, { ...constants, own: undefined, lifetimeMs: () => directory.goneAfterMs() })
  const judge = new StatusJudge(
    {
      directory,
      recoverer: new Recoverer({ curve, breather: new Breather({ clock, nextTurn }) }),
      clock,
      standing,
      onStatus(signed, options) {
        // What is not configured cannot differ.
        if (!signers.open) watch.see(signed, options)
      },
      onTaken,
      onClock: (signed, at) => void offset.take(signed, at),
      self: own,
    },
    { ...constants, signers: signers.open ? undefined : signers },
  )
  const { topic } = openInbox(
    { ...components, logger: logger.child('inbox') },
    { name: statusTopicName(constants.network), label: 'status', judge, together: false },
  )
  return {
    topic,
    clockOffsetMs() {
      const found = offset.offset()
      return found && othersAheadMs(found)
    },
  }
}
