import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkConstants } from '../../src/core/network.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { NodeStatus } from '../../src/core/status.ts'
import { encodeStatusMessage } from '../../src/gossip/status-wire.ts'
import type { Topic, TopicOptions, TopicVerdict } from '../../src/gossip/topic.ts'
import type { TakenListener } from '../../src/node/bootstrap-node.ts'
import { createBootstrapView } from '../../src/node/bootstrap-view.ts'
import { Releases } from '../../src/node/releases.ts'
import { createHearingDirectory, openHearing } from '../../src/node/status-hearing.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { CONSTANTS, signStatus } from '../helpers/notices-at-work.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { createStandingAtWork } from '../helpers/standing-at-work.ts'
import { OBSERVED_AT, type TestSigner, alice, bob, carol, dave, testSigner } from '../helpers/statements.ts'

const SILENT: Topic = {
  publish: () => assert.fail('a bootstrap node says nothing'),
  start: () => undefined,
  stop: () => undefined,
  peers: () => 0,
  onPeer: () => () => undefined,
  meshPeers: () => 0,
  waitForPeers: () => Promise.resolve(false),
}

/** A bootstrap node's hearing and view, of a network whose set is these signers or, with none, not known. */
function createHearing(signers: readonly TestSigner[]) {
  const connected = new Set<string>()
  const { standing, clock, counters, logger } = createStandingAtWork({ vouchersOf: (id) => directory.vouchersOf(id) })
  const entries = signers.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
  const constants: NetworkConstants = { ...CONSTANTS, signers: createSignerSet(entries) }
  const directory = createHearingDirectory({ clock, isConnected: (peerId) => connected.has(peerId) }, constants)
  const listeners: TakenListener[] = []
  const opened: TopicOptions[] = []
  const hearing = openHearing(
    {
      curve: createKeyedHashCurve(),
      clock,
      counters,
      logger,
      directory,
      standing,
      openTopic(options) {
        opened.push(options)
        return SILENT
      },
      releases: new Releases(),
      onTaken: (signed, options) => listeners.forEach((listener) => listener(signed, options)),
    },
    constants,
  )
  const peerList = {
    peerId: 'bootstrap',
    addresses: () => [],
    peers: () =>
      [...connected].map((peerId) => ({
        peerId,
        agent: undefined,
        addresses: [],
        connectedAtMs: 0,
        direction: 'inbound' as const,
      })),
    watch: () => () => undefined,
    stop: () => undefined,
  }
  const view = createBootstrapView(
    {
      node: {
        peerList,
        directory,
        listen: (listener) => void listeners.push(listener),
        clockOffsetMs: () => hearing.clockOffsetMs(),
      },
      clock,
      logger: new RecordingLogger(),
    },
    constants,
  )
  const told: string[] = []
  view.subscribe((event) => event.kind === 'node' && told.push(event.node.signer))
  /** What a peer sends: of itself unless something else is said. */
  const hear = (signer: TestSigner, from: string, status: Partial<NodeStatus> = {}): Promise<TopicVerdict> => {
    connected.add(from)
    const [topic] = opened
    assert.ok(topic)
    const sentAt = Math.floor(clock.now().wallMs)
    const said = signStatus(signer, { peerId: from, sequence: sentAt, sentAt, ...status })
    return topic.validate(encodeStatusMessage(said), from)
  }
  const shown = (): readonly string[] => view.nodes().map(({ signer, state }) => `${signer} ${state}`)
  return { clock, logger, directory, view, opened, connected, told, hear, shown }
}

describe('a node without a key', () => {
  it('listens to status and to nothing else', () => {
    const { opened } = createHearing([alice])
    assert.deepEqual(
      opened.map(({ name }) => name),
      ['/gossip-price/1/test-network/status'],
    )
  })

  it('passes on what signers of its set say, whoever brings it, and shows who is named as a peer', async () => {
    const { view, told, hear } = createHearing([alice, bob, carol])
    assert.equal(await hear(alice, 'relay', { peerId: 'ofAlice' }), 'accept')
    assert.equal(await hear(bob, 'ofBob'), 'accept')
    assert.equal(await hear(dave, 'relay', { peerId: 'ofDave' }), 'ignore')
    assert.deepEqual(told, [alice.address, bob.address])
    assert.deepEqual(
      view.peers().peers.map(({ peerId, signer }) => [peerId, signer]),
      [
        ['relay', undefined],
        ['ofBob', bob.address],
      ],
    )
  })

  it('shows a neighbour that is not in its set as such, passes nothing of it on, and forgets it when it is gone', async () => {
    const { clock, view, hear, shown } = createHearing([alice])
    assert.equal(await hear(dave, 'ofDave'), 'ignore')
    assert.deepEqual(
      view.nodes().map(({ listed }) => listed),
      [false],
    )
    await clock.advance(46_000)
    assert.deepEqual(shown(), [])
  })

  it('tells nothing of what is not taken', async () => {
    const { told, hear } = createHearing([alice])
    for (let sequence = 1; sequence <= 4; sequence++) {
      await hear(testSigner(10 + sequence), 'turncoat', { sequence: OBSERVED_AT + sequence })
    }
    assert.equal(told.length, 1)
  })

  it('shows a signer that has gone, and by how much the clocks of signers differ from its own', async () => {
    const { clock, view, hear, shown } = createHearing([alice, bob, carol])
    for (const [signer, peer] of [
      [alice, 'a'],
      [bob, 'b'],
      [carol, 'c'],
    ] as const) {
      await hear(signer, peer, { sentAt: OBSERVED_AT + 2_000 })
    }
    assert.equal(view.clockOffsetMs(), 2_000)
    await clock.advance(46_000)
    assert.deepEqual(shown(), [alice, bob, carol].map(({ address }) => `${address} gone`).toSorted())
    assert.equal(view.clockOffsetMs(), undefined)
  })

  it('says what differs from the constants that it was told', async () => {
    const { logger, hear } = createHearing([alice])
    await hear(alice, 'a', { constants: { ...CONSTANTS, quietPeriodMs: 2_000 } })
    assert.match(logger.at('warn').join('\n'), /GP_QUIETPERIOD is 2 s there/)
  })
})

describe('a node without a key or a signer set', () => {
  it('believes a peer of itself alone, passes nothing on, and looks at its own copy of what another passed on', async () => {
    const { view, hear } = createHearing([])
    assert.equal(await hear(alice, 'relay', { peerId: 'ofAlice' }), 'unjudged')
    assert.deepEqual(view.nodes(), [])
    assert.equal(await hear(alice, 'ofAlice'), 'ignore')
    const [node] = view.nodes()
    assert.deepEqual([node?.signer, node?.peerId, node?.listed], [alice.address, 'ofAlice', true])
    assert.equal(view.peers().peers.find(({ peerId }) => peerId === 'ofAlice')?.signer, alice.address)
  })

  it('claims no constants, finds no fault in those of others, and tells no time by them', async () => {
    const { view, logger, hear } = createHearing([])
    for (const [signer, peer] of [
      [alice, 'a'],
      [bob, 'b'],
      [carol, 'c'],
    ] as const) {
      await hear(signer, peer, { sentAt: OBSERVED_AT + 2_000 })
    }
    assert.equal(view.self.constants, undefined)
    assert.deepEqual(logger.at('warn'), [])
    assert.equal(view.clockOffsetMs(), undefined)
  })

  it('shows who has gone once a peer, whatever keys it signed with', async () => {
    const { clock, hear, shown } = createHearing([])
    await hear(alice, 'ofAlice')
    for (let key = 10; key < 15; key++) {
      await clock.advance(10_000)
      await hear(alice, 'ofAlice')
      await hear(testSigner(key), 'turncoat')
    }
    assert.equal(shown().length, 2)
    await clock.advance(46_000)
    assert.deepEqual(shown(), [`${alice.address} gone`, `${testSigner(14).address} gone`].toSorted())
  })

  it('has a place for every neighbour, which strangers who leave again do not take', async () => {
    const { clock, directory, connected, hear } = createHearing([])
    for (let key = 1; key <= 300; key++) {
      await clock.advance(10)
      await hear(testSigner(100 + key), `stranger${key}`)
      connected.delete(`stranger${key}`)
    }
    assert.equal(directory.nodes().length, 256)
    await clock.advance(4_000)
    await hear(alice, 'ofAlice')
    assert.ok(directory.nodes().some(({ signer }) => signer === alice.address))
    assert.equal(directory.nodes().length, 256)
  })

  it('vouches for nobody', async () => {
    const { directory, hear } = createHearing([])
    await hear(alice, 'ofAlice')
    assert.equal(directory.voucherOf('ofAlice'), undefined)
    assert.equal(directory.wasVouched('ofAlice'), false)
  })
})
