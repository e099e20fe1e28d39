import { hash } from 'node:crypto'
import type { ConnectOptions } from '../src/node/ports.ts'
import type { TopicOptions } from '../src/gossip/topic.ts'
import type { GossipNetwork } from './gossip-network.ts'
import { type Link, drawArrivalUs } from './link.ts'
import { SeenWindow } from './seen-window.ts'

/** Gossipsub's D, and the most neighbours in one mesh. */
const MESH_PEERS = 6
const MESH_LIMIT = 12
/** As `SCORE_THRESHOLDS` of the product says. */
const PUBLISH_THRESHOLD = -50
const GRAYLIST_THRESHOLD = -80
const DUPLICATE_US = 3_000_000
/** Stands for the topic of what is carried beside the gossip. */
export const BESIDE = 'beside the gossip'

export interface MemberOptions extends ConnectOptions {
  readonly peerId: string
  /** Where it is, a number that it has for itself. */
  readonly place: number
  /** Is told of everything that it publishes. */
  readonly onPublish?: (topic: string, data: Uint8Array) => void
}

/** What one member sent and was sent. */
export interface MemberTraffic {
  sent: number
  sentBytes: number
  /** Handed to the node to judge. */
  judged: number
  judgedBytes: number
}

interface Message {
  readonly id: string
  readonly topic: string
  readonly data: Uint8Array
}

interface Copy {
  readonly atUs: number
  readonly from: string
}

interface Subscription {
  readonly validate: TopicOptions['validate']
  readonly mesh: Set<string>
  readonly listeners: Set<() => void>
  isOpen: boolean
}

/**
 * One node's part in the gossip: what it publishes goes to every peer of the topic, what it accepts to its neighbours in
 * the mesh; the same bytes are judged once in two minutes, unless they were not looked at.
 */
export class GossipMember {
  readonly peerId: string
  readonly place: number
  readonly traffic: MemberTraffic = { sent: 0, sentBytes: 0, judged: 0, judgedBytes: 0 }
  readonly #network: GossipNetwork
  readonly #options: MemberOptions
  readonly #links = new Map<string, Link>()
  readonly #topics = new Map<string, Subscription>()
  readonly #seen = new SeenWindow()
  /** Copies on their way here of messages that were not seen. */
  readonly #expected = new Map<string, Copy[]>()
  readonly #newcomers = new Set<(peerId: string) => void>()
  readonly #changes = new Set<() => void>()
  #state: 'new' | 'started' | 'ended' = 'new'

  constructor(network: GossipNetwork, options: MemberOptions) {
    this.#network = network
    this.#options = options
    this.peerId = options.peerId
    this.place = options.place
  }

  get hasStarted(): boolean {
    return this.#state === 'started'
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'started'
    this.#network.keepConnected(this)
  }

  end(): void {
    this.#state = 'ended'
  }

  connectedPeers(): readonly string[] {
    return [...this.#links.keys()]
  }

  isConnected(peerId: string): boolean {
    return this.#links.has(peerId)
  }

  isUnwanted(peerId: string): boolean {
    return this.#options.doorkeeper.isExpelled(peerId)
  }

  admits(peerId: string): boolean {
    return this.#options.doorkeeper.admitsConnection(peerId)
  }

  hangUp(peerId: string): void {
    this.#network.disconnect(this, peerId)
  }

  addLink(link: Link): void {
    this.#links.set(link.to.peerId, link)
    for (const topic of this.#topics.keys()) this.#mendMesh(topic)
  }

  removeLink(peerId: string): void {
    if (!this.#links.delete(peerId)) return
    for (const [topic, { mesh }] of this.#topics) {
      mesh.delete(peerId)
      this.#mendMesh(topic)
    }
    for (const onChange of this.#changes) onChange()
  }

  /** A peer that takes questions is connected from now on, and listens to what it listens to. */
  greet(peerId: string): void {
    const peer = this.#links.get(peerId)?.to
    for (const [topic, { isOpen, listeners }] of this.#topics) {
      if (isOpen && peer?.listens(topic) === true) for (const listener of listeners) listener()
    }
    for (const listener of this.#newcomers) listener(peerId)
    for (const onChange of this.#changes) onChange()
  }

  onConnected(listener: (peerId: string) => void): () => void {
    this.#newcomers.add(listener)
    return () => this.#newcomers.delete(listener)
  }

  onChange(listener: () => void): () => void {
    this.#changes.add(listener)
    return () => this.#changes.delete(listener)
  }

  subscribe(topic: string, validate: TopicOptions['validate']): void {
    const subscription = this.#subscription(topic, validate)
    subscription.isOpen = true
    this.#mendMesh(topic)
    for (const { to } of this.#links.values()) to.heardSubscription(topic)
  }

  unsubscribe(topic: string): void {
    const subscription = this.#topics.get(topic)
    if (subscription !== undefined) subscription.isOpen = false
  }

  heardSubscription(topic: string): void {
    const subscription = this.#topics.get(topic)
    if (subscription?.isOpen !== true) return
    this.#mendMesh(topic)
    for (const listener of subscription.listeners) listener()
    for (const onChange of this.#changes) onChange()
  }

  listens(topic: string): boolean {
    return this.hasStarted && this.#topics.get(topic)?.isOpen === true
  }

  peersOf(topic: string): number {
    let peers = 0
    for (const { to } of this.#links.values()) if (to.listens(topic)) peers += 1
    return peers
  }

  meshOf(topic: string): number {
    return this.#topics.get(topic)?.mesh.size ?? 0
  }

  onPeer(topic: string, validate: TopicOptions['validate'], listener: () => void): () => void {
    const { listeners } = this.#subscription(topic, validate)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** To every peer of the topic; to how many. */
  publish(topic: string, data: Uint8Array): number {
    const message = { id: idOf(data), topic, data }
    if (this.hasEnded || this.#hasSeen(message.id)) return 0
    this.#seen.add(message.id, this.#network.scheduler.nowUs)
    this.#options.onPublish?.(topic, data)
    let recipients = 0
    for (const link of this.#links.values()) {
      if (!link.to.listens(topic) || this.#options.scoreOf(link.to.peerId) < PUBLISH_THRESHOLD) continue
      this.#send(link, message)
      recipients += 1
    }
    return recipients
  }

  /** To one peer alone, as nobody does who means well. */
  whisper(topic: string, { data, to }: { readonly data: Uint8Array; readonly to: string }): void {
    const link = this.#links.get(to)
    if (link !== undefined && !this.hasEnded) this.#send(link, { id: idOf(data), topic, data })
  }

  /** Has `arrive` run when what is sent to a peer arrives; never when it gets lost. */
  carry(peerId: string, { bytes, arrive }: { readonly bytes: number; readonly arrive: () => void }): void {
    const link = this.#links.get(peerId)
    if (link === undefined || this.hasEnded) return
    this.#countSent(BESIDE, bytes)
    const atUs = this.#arrivalUs(link)
    if (atUs === undefined) return
    this.#network.scheduler.after(atUs - this.#network.scheduler.nowUs, () => {
      if (this.#isThere(link)) arrive()
    })
  }

  #send(link: Link, message: Message): void {
    const { weather, random } = this.#network
    this.#countSent(message.topic, message.data.length)
    // It would be dropped before anybody looks at it.
    if (link.to.#hasSeen(message.id)) return
    const atUs = this.#arrivalUs(link)
    if (atUs === undefined) return
    link.to.#expect(message, { atUs, from: this.peerId }, link)
    if (weather.duplication === 0 || random() >= weather.duplication) return
    link.to.#expect(message, { atUs: atUs + Math.ceil(random() * DUPLICATE_US), from: this.peerId }, link)
  }

  #arrivalUs(link: Link): number | undefined {
    const { weather, random, scheduler } = this.#network
    return drawArrivalUs(link, { from: this.place, nowUs: scheduler.nowUs, random, weather })
  }

  #countSent(topic: string, bytes: number): void {
    for (const traffic of [this.traffic, this.#network.traffic, this.#network.trafficOn(topic)]) {
      traffic.sent += 1
      traffic.sentBytes += bytes
    }
  }

  /** A later copy of what was not seen needs no event unless the first is not looked at. */
  #expect(message: Message, copy: Copy, link: Link): void {
    const copies = this.#expected.get(message.id)
    if (copies === undefined) this.#expected.set(message.id, [copy])
    else copies.push(copy)
    if (copies?.some(({ atUs }) => atUs <= copy.atUs) === true) return
    this.#arriveLater(message, copy, link)
  }

  #arriveLater(message: Message, copy: Copy, link?: Link): void {
    const { scheduler } = this.#network
    scheduler.after(copy.atUs - scheduler.nowUs, () => {
      const sender = this.#network.member(copy.from)
      if (link === undefined || (sender !== undefined && sender.#isThere(link))) void this.#take(message, copy.from)
      else this.#takeNext(message, copy)
    })
  }

  #isThere({ to }: Link): boolean {
    return this.#links.has(to.peerId) && !to.hasEnded && !this.#network.weather.isCut(this.place, to.place)
  }

  /** The first copy was cut off on its way. */
  #takeNext(message: Message, cut: Copy): void {
    const rest = (this.#expected.get(message.id) ?? []).filter(({ from }) => from !== cut.from)
    this.#expected.delete(message.id)
    if (rest.length === 0 || this.#hasSeen(message.id)) return
    this.#expected.set(message.id, rest)
    const next = rest.reduce((first, copy) => (copy.atUs < first.atUs ? copy : first))
    this.#arriveLater(message, { ...next, atUs: Math.max(next.atUs, this.#network.scheduler.nowUs) })
  }

  async #take(message: Message, from: string): Promise<void> {
    const { id, topic, data } = message
    const subscription = this.#topics.get(topic)
    if (subscription === undefined || !this.listens(topic) || this.#hasSeen(id)) {
      this.#expected.delete(id)
      return
    }
    if (this.#options.scoreOf(from) < GRAYLIST_THRESHOLD) {
      this.#takeNext(message, { from, atUs: this.#network.scheduler.nowUs })
      return
    }
    const copies = this.#expected.get(id) ?? []
    this.#expected.delete(id)
    this.#seen.add(id, this.#network.scheduler.nowUs)
    for (const traffic of [this.traffic, this.#network.traffic, this.#network.trafficOn(topic)]) {
      traffic.judged += 1
      traffic.judgedBytes += data.length
    }
    const verdict = await subscription.validate(data, from)
    if (this.hasEnded) return
    if (verdict === 'accept') this.#forward(message, { from, mesh: subscription.mesh })
    if (verdict !== 'unjudged') return
    this.#seen.delete(id)
    const { nowUs } = this.#network.scheduler
    const [next, ...rest] = copies.filter(({ atUs }) => atUs > nowUs).toSorted((a, b) => a.atUs - b.atUs)
    if (next === undefined) return
    this.#expected.set(id, [next, ...rest])
    this.#arriveLater(message, next)
  }

  #forward(message: Message, { from, mesh }: { readonly from: string; readonly mesh: ReadonlySet<string> }): void {
    if (this.#network.unforwarded.has(message.topic)) return
    for (const peerId of mesh) {
      const link = this.#links.get(peerId)
      if (link !== undefined && peerId !== from && link.to.listens(message.topic)) this.#send(link, message)
    }
  }

  #subscription(topic: string, validate: TopicOptions['validate']): Subscription {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    const subscription = { validate, mesh: new Set<string>(), listeners: new Set<() => void>(), isOpen: false }
    this.#topics.set(topic, subscription)
    return subscription
  }

  /** Grafts peers until there are enough; each mesh goes both ways. */
  #mendMesh(topic: string): void {
    const mine = this.#topics.get(topic)
    if (mine?.isOpen !== true) return
    for (const { to } of this.#links.values()) {
      if (mine.mesh.size >= MESH_PEERS) return
      const theirs = to.#topics.get(topic)
      if (theirs?.isOpen !== true || theirs.mesh.size >= MESH_LIMIT) continue
      mine.mesh.add(to.peerId)
      theirs.mesh.add(this.peerId)
    }
  }

  #hasSeen(id: string): boolean {
    return this.#seen.has(id, this.#network.scheduler.nowUs)
  }
}

function idOf(data: Uint8Array): string {
  return hash('sha256', data, 'base64')
}
