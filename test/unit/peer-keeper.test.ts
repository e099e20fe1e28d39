import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { DialFailure, type DialFailureCode } from '../../src/gossip/dial-failure.ts'
import type { DialTarget } from '../../src/gossip/dial-plan.ts'
import { type KnownPeer, type PeerBook, createMemoryPeerBook } from '../../src/gossip/peer-book.ts'
import { DIAL_TIMEOUT_MS, PeerKeeper } from '../../src/gossip/peer-keeper.ts'
import type { LinkWatcher, PeerLinks } from '../../src/gossip/peer-links.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'

const ADDRESS = '/ip4/10.0.0.1/tcp/8000'

/** A network of addresses that answer or do not, without sockets. */
class ScriptedLinks implements PeerLinks {
  readonly selfId = 'self'
  readonly dials: string[] = []
  readonly online = new Map<string, string>()
  searches = 0
  onSearch: () => void = () => undefined
  failure: DialFailureCode = 'refused'
  /** Dials go unanswered. */
  hanging = false
  readonly #connected = new Set<string>()
  #watcher: LinkWatcher | undefined

  get isWatched(): boolean {
    return this.#watcher !== undefined
  }

  peers(): readonly string[] {
    return [...this.#connected]
  }

  async dial(target: DialTarget, signal: AbortSignal): Promise<string> {
    const [place = ''] = target.kind === 'bootstrap' ? [target.address] : target.addresses
    this.dials.push(place)
    if (this.hanging) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    if (signal.aborted) throw new DialFailure('no-answer', 'no answer came in time')
    const peerId = this.online.get(place)
    if (peerId === undefined) throw new DialFailure(this.failure, 'nothing listens there')
    this.connect(peerId)
    return peerId
  }

  search(): Promise<number> {
    this.searches += 1
    this.onSearch()
    return Promise.resolve(this.#connected.size)
  }

  watch(watcher: LinkWatcher): () => void {
    this.#watcher = watcher
    return () => {
      this.#watcher = undefined
    }
  }

  connect(peerId: string): void {
    if (this.#connected.has(peerId)) return
    this.#connected.add(peerId)
    this.#watcher?.joined(peerId)
  }

  disconnect(peerId: string): void {
    this.#connected.delete(peerId)
    this.#watcher?.gone(peerId)
  }

  hearOf(peer: KnownPeer): void {
    this.#watcher?.found(peer)
  }

  identify(peer: KnownPeer): void {
    this.#watcher?.identified(peer)
  }
}

interface Options {
  readonly bootstrapAddresses?: readonly string[]
  readonly targetPeers?: number
  readonly peerBook?: PeerBook
}

function fail(): never {
  throw new Error('disk full')
}

describe('peer keeper', () => {
  const started: PeerKeeper[] = []
  const keeperOf = ({
    bootstrapAddresses = [ADDRESS],
    targetPeers = 8,
    peerBook = createMemoryPeerBook(),
  }: Options) => {
    const parts = {
      links: new ScriptedLinks(),
      clock: new ManualClock(),
      logger: new RecordingLogger(),
      counters: new RecordingCounters(),
      random: () => 0,
      peerBook,
    }
    const keeper = new PeerKeeper(parts, { bootstrapAddresses, targetPeers })
    started.push(keeper)
    return { ...parts, keeper }
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map((keeper) => keeper.stop()))
  })

  it('a node that starts before its bootstrap listens joins as soon as it does, and says so once', async () => {
    const { keeper, links, clock, logger } = keeperOf({})
    keeper.start()
    await clock.advance(1_000)
    links.online.set(ADDRESS, 'boot')
    await clock.advance(1_000)
    assert.deepEqual(links.peers(), ['boot'])
    await clock.advance(600_000)
    assert.deepEqual(logger.at('info'), ['joined the network'])
    assert.deepEqual(logger.at('warn'), [])
  })

  it('a bootstrap that is killed and returns is rejoined within 18 seconds, with one warning and one line when it is back', async () => {
    const { keeper, links, clock, logger } = keeperOf({})
    links.online.set(ADDRESS, 'boot')
    keeper.start()
    await clock.advance(60_000)
    links.online.clear()
    links.disconnect('boot')
    await clock.advance(600_000)
    assert.deepEqual(links.peers(), [])
    const warnings = logger.at('warn').filter((line) => line.includes(ADDRESS))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /nothing listens there.*tried again.*GP_BOOTSTRAPADDR/)
    links.online.set(ADDRESS, 'boot')
    await clock.advance(18_000)
    assert.deepEqual(links.peers(), ['boot'])
    await clock.advance(10_000)
    assert.equal(logger.at('info').filter((line) => line === `the bootstrap address ${ADDRESS} is back`).length, 1)
  })

  it('a bootstrap that closes every connection is no reason for many lines', async () => {
    const { keeper, links, clock, logger } = keeperOf({})
    links.online.set(ADDRESS, 'boot')
    const connect = links.connect.bind(links)
    links.connect = (peerId) => {
      connect(peerId)
      links.disconnect(peerId)
    }
    keeper.start()
    await clock.advance(3_600_000)
    const told = [...logger.at('info'), ...logger.at('warn')]
    assert.ok(told.length <= 4, told.join('\n'))
    assert.ok(told.some((line) => line.includes('GP_ALLOWPEERS')))
  })

  it('while the bootstrap is down a node comes back by its peer book', async () => {
    const known = { peerId: 'friend', addresses: ['/ip4/10.0.0.7/tcp/1'] }
    const { keeper, links, clock } = keeperOf({ peerBook: createMemoryPeerBook([known]) })
    links.online.set('/ip4/10.0.0.7/tcp/1', 'friend')
    keeper.start()
    await clock.settle()
    assert.deepEqual(links.peers(), ['friend'])
  })

  it('peers that a search brings up are dialled at once, until there are enough', async () => {
    const { keeper, links, clock } = keeperOf({ targetPeers: 2 })
    links.online.set(ADDRESS, 'boot')
    links.onSearch = () => {
      for (const id of ['a', 'b', 'c']) {
        links.online.set(`/ip4/10.0.0.9/tcp/${id.codePointAt(0)}`, id)
        links.hearOf({ peerId: id, addresses: [`/ip4/10.0.0.9/tcp/${id.codePointAt(0)}`] })
      }
    }
    keeper.start()
    await clock.advance(1_500)
    assert.equal(links.peers().length, 3, 'the bootstrap and two more')
    const searches = links.searches
    await clock.advance(600_000)
    assert.equal(links.searches, searches, 'whoever has enough does not search')
  })

  it('a lost peer wakes the keeper at once', async () => {
    const { keeper, links, clock } = keeperOf({ bootstrapAddresses: [], targetPeers: 1 })
    keeper.start()
    links.connect('a')
    links.hearOf({ peerId: 'b', addresses: ['/ip4/10.0.0.8/tcp/1'] })
    links.online.set('/ip4/10.0.0.8/tcp/1', 'b')
    await clock.advance(60_000)
    links.disconnect('a')
    await clock.settle()
    assert.deepEqual(links.peers(), ['b'])
  })

  it('two nodes and nobody else are quiet', async () => {
    const { keeper, links, clock } = keeperOf({})
    links.online.set(ADDRESS, 'boot')
    keeper.start()
    await clock.advance(120_000)
    const [searches, dials] = [links.searches, links.dials.length]
    await clock.advance(600_000)
    assert.equal(links.searches - searches, 10)
    assert.equal(links.dials.length, dials)
  })

  it('a dial without an answer is given up in time for the next', async () => {
    const { keeper, links, clock } = keeperOf({})
    links.hanging = true
    keeper.start()
    await clock.advance(DIAL_TIMEOUT_MS - 1)
    assert.equal(links.dials.length, 1)
    await clock.advance(1 + 200)
    assert.equal(links.dials.length, 2)
  })

  it('peers that were connected are remembered, each change of address once', async () => {
    const remembered: KnownPeer[] = []
    const book = { ...createMemoryPeerBook(), remember: (peer: KnownPeer) => void remembered.push(peer) }
    const { keeper, links } = keeperOf({ peerBook: book })
    keeper.start()
    links.connect('a')
    for (const port of [1, 1, 2]) links.identify({ peerId: 'a', addresses: [`/ip4/10.0.0.7/tcp/${port}`] })
    links.identify({ peerId: 'nowhere', addresses: [] })
    assert.deepEqual(remembered, [
      { peerId: 'a', addresses: ['/ip4/10.0.0.7/tcp/1'] },
      { peerId: 'a', addresses: ['/ip4/10.0.0.7/tcp/2'] },
    ])
  })

  it('a peer book that fails costs a warning and nothing else', async () => {
    const { keeper, links, clock, logger } = keeperOf({ peerBook: { load: fail, remember: fail, forget: fail } })
    links.online.set(ADDRESS, 'boot')
    keeper.start()
    await clock.settle()
    links.identify({ peerId: 'boot', addresses: [ADDRESS] })
    assert.deepEqual(links.peers(), ['boot'])
    assert.match(logger.at('warn').join('\n'), /GP_DATADIR/)
  })

  it('a bootstrap address that is this node itself is told once and left out', async () => {
    const { keeper, links, clock, logger } = keeperOf({})
    links.failure = 'self'
    keeper.start()
    await clock.advance(600_000)
    assert.equal(links.dials.length, 1)
    assert.deepEqual(logger.at('info'), [`the bootstrap address ${ADDRESS} is this node itself; it is left out`])
    assert.deepEqual(logger.at('warn'), [])
  })

  it('dials are counted by what became of them', async () => {
    const { keeper, clock, counters } = keeperOf({})
    keeper.start()
    await clock.settle()
    assert.equal(counters.count('gp_dials_total', { target: 'bootstrap', outcome: 'refused' }), 1)
  })

  it('stop ends what is under way, leaves no timer and no listener, and may be called again', async () => {
    const { keeper, links, clock, logger } = keeperOf({})
    links.hanging = true
    keeper.start()
    keeper.start()
    assert.equal(links.dials.length, 1)
    await keeper.stop()
    await keeper.stop()
    assert.equal(clock.pending, 0)
    assert.equal(links.isWatched, false)
    assert.deepEqual(logger.at('warn'), [])
  })

  it('stop calls off the next dial and the lines that are still to be written', async () => {
    const { keeper, links, clock } = keeperOf({ bootstrapAddresses: [ADDRESS, '/ip4/10.0.0.2/tcp/1'] })
    links.online.set(ADDRESS, 'boot')
    keeper.start()
    await clock.advance(100)
    links.disconnect('boot')
    links.connect('boot')
    await keeper.stop()
    assert.equal(clock.pending, 0)
    assert.equal(links.dials.length, 2)
  })

  it('a node that has lost everybody says so once', async () => {
    const { keeper, links, clock, logger } = keeperOf({ bootstrapAddresses: [] })
    keeper.start()
    links.connect('a')
    await clock.advance(120_000)
    links.disconnect('a')
    await clock.advance(600_000)
    assert.deepEqual(logger.at('warn'), [
      'connected to no peer any more; they are tried again. See that the network works and GP_BOOTSTRAPADDR is right',
    ])
  })
})
