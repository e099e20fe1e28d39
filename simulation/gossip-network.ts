import type { Random } from '../src/core/clock.ts'
import { GossipMember, type MemberOptions, type MemberTraffic } from './gossip-member.ts'
import { type RandomStreams, drawSome } from './random-streams.ts'
import type { Scheduler } from './scheduler.ts'
import { type Weather, drawDistance, fairWeather } from './weather.ts'

/** Connections that a node makes of its own accord. */
const TARGET_PEERS = 12
/** How often a node looks whether it has enough of them, microseconds. */
const KEEPER_US = 5_000_000
const FIRST_DIAL_US = 50_000

/** All who are connected to each other, as far as gossipsub and the streams beside it matter. */
export class GossipNetwork {
  readonly weather: Weather = fairWeather()
  readonly scheduler: Scheduler
  /** Of all members that there ever were. */
  readonly traffic: MemberTraffic = { sent: 0, sentBytes: 0, judged: 0, judgedBytes: 0 }
  /** For all that happens to messages. */
  readonly random: Random
  /** Topics whose messages go to the peers of their maker and no further. */
  readonly unforwarded = new Set<string>()
  readonly #topology: Random
  readonly #members = new Map<string, GossipMember>()
  readonly #traffic = new Map<string, MemberTraffic>()

  constructor(scheduler: Scheduler, streams: RandomStreams) {
    this.scheduler = scheduler
    this.random = streams('network')
    this.#topology = streams('topology')
  }

  /** Of all members on one topic, or by what is carried beside the gossip. */
  trafficOn(topic: string): MemberTraffic {
    let traffic = this.#traffic.get(topic)
    if (traffic === undefined) {
      traffic = { sent: 0, sentBytes: 0, judged: 0, judgedBytes: 0 }
      this.#traffic.set(topic, traffic)
    }
    return traffic
  }

  members(): Iterable<GossipMember> {
    return this.#members.values()
  }

  member(peerId: string): GossipMember | undefined {
    return this.#members.get(peerId)
  }

  /** A new one, which looks for peers from its start on. */
  join(options: MemberOptions): GossipMember {
    const member = new GossipMember(this, options)
    this.#members.set(options.peerId, member)
    return member
  }

  /** All connections to it end, and it takes nothing any more. */
  leave(member: GossipMember): void {
    if (this.#members.get(member.peerId) === member) this.#members.delete(member.peerId)
    for (const peerId of member.connectedPeers()) this.disconnect(member, peerId)
    member.end()
  }

  /** Has a member look for peers now and every now and then. */
  keepConnected(member: GossipMember): void {
    const look = (): void => {
      if (member.hasEnded) return
      this.#dial(member)
      this.scheduler.after(KEEPER_US * (0.75 + this.#topology() / 2), look)
    }
    this.scheduler.after(FIRST_DIAL_US * (1 + this.#topology()), look)
  }

  disconnect(member: GossipMember, peerId: string): void {
    member.removeLink(peerId)
    this.member(peerId)?.removeLink(member.peerId)
  }

  #dial(member: GossipMember): void {
    const missing = TARGET_PEERS - member.connectedPeers().length
    if (missing <= 0) return
    const others = [...this.#members.values()].filter((other) => other !== member && !member.isConnected(other.peerId))
    for (const other of drawSome(this.#topology, others, missing)) this.#connect(member, other)
  }

  #connect(from: GossipMember, to: GossipMember): void {
    if (!from.hasStarted || !to.hasStarted) return
    if (this.weather.isCut(from.place, to.place) || this.weather.isCut(to.place, from.place)) return
    if (from.isUnwanted(to.peerId) || to.isUnwanted(from.peerId) || !to.admits(from.peerId)) return
    const distanceUs = drawDistance(this.#topology, this.weather)
    from.addLink({ to, distanceUs, freeAtUs: 0 })
    to.addLink({ to: from, distanceUs, freeAtUs: 0 })
    from.greet(to.peerId)
    to.greet(from.peerId)
  }
}
