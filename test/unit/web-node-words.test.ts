import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SeenNode } from '../../src/web/browser/api-shapes.ts'
import type { Bootstraps } from '../../src/web/browser/network-layout.ts'
import {
  bootstrapCells,
  bootstrapFactsOf,
  cellsOf,
  connectedTo,
  factsOf,
  peerInWords,
} from '../../src/web/browser/node-words.ts'
import { DashboardWorld, type Member } from '../helpers/dashboard-world.ts'

const world = new DashboardWorld({ rounds: 0, nodes: 3 })
const nodes = world.members.map((member) => world.node(member))
const [first, second, third] = nodes as [SeenNode, SeenNode, SeenNode]
const links = [
  { from: first.peerId, to: second.peerId },
  { from: second.peerId, to: first.peerId },
  { from: third.peerId, to: first.peerId },
  { from: first.peerId, to: world.silentPeer },
]

const NONE: Bootstraps = new Map()

/** A status as older nodes send it: without a report. */
const terse: SeenNode = {
  ...second,
  uptimeMs: null,
  peers: null,
  clockOffsetMs: null,
  received: null,
  outbox: null,
  lastCommittedTime: null,
  historyRoot: null,
}

describe('a node in words', () => {
  it('is connected to whom it or they tell of, each once', () => {
    assert.deepEqual(connectedTo(first.peerId, links), [second.peerId, third.peerId, world.silentPeer])
    assert.deepEqual(connectedTo(third.peerId, links), [first.peerId])
  })

  it('is told in one sentence, with the peers by their signers', () => {
    const words = peerInWords(first.peerId, { nodes, bootstraps: NONE, links })
    assert.match(words, /^0x\w{4}…\w{4} is here; connected to 0x\S+, 0x\S+, peer …\w{6}; \d+ messages received\.$/)
    assert.match(
      peerInWords(world.silentPeer, { nodes, bootstraps: NONE, links }),
      /^peer …\w{6} sends no status.*; connected to 0x/,
    )
    assert.match(
      peerInWords(second.peerId, { nodes: [terse], bootstraps: NONE, links: [] }),
      /is here; no connection known\.$/,
    )
  })

  it('says why it is behind where that is known', () => {
    const behind: SeenNode = { ...second, state: 'behind', behindBecause: 'its clock is off.' }
    assert.match(
      peerInWords(second.peerId, { nodes: [behind], bootstraps: NONE, links: [] }),
      / is behind \(its clock is off\);/,
    )
  })

  it('leaves open what its status does not say', () => {
    const held = { node: terse, heldAtMs: 0 }
    assert.deepEqual(
      cellsOf(held, { self: null, nowMs: 0, wallMs: 0 }).slice(3),
      Array.from({ length: 6 }, () => '–'),
    )
    const facts = new Map(factsOf(held, { nodes, bootstraps: NONE, self: null, nowMs: 0, wallMs: 0 }))
    assert.equal(facts.get('Up for'), 'its status does not say')
    assert.equal(facts.get('Connected to'), 'its status does not say')
  })

  it('has a clock that is fast where the others are behind it', () => {
    const held = { node: { ...second, clockOffsetMs: -2_400 }, heldAtMs: 0 }
    const context = { nodes, bootstraps: NONE, self: null, nowMs: 0, wallMs: 0 }
    assert.equal(cellsOf(held, context)[3], '2.4 s fast')
    assert.equal(new Map(factsOf(held, context)).get('Clock'), '2.4 s fast, by those of the others')
  })

  it('grows older until it is heard again, but for the node itself', () => {
    const held = { node: first, heldAtMs: 1_000 }
    assert.equal(cellsOf(held, { self: null, nowMs: 9_000, wallMs: 0 })[2], '10 s ago')
    assert.equal(cellsOf(held, { self: first.signer, nowMs: 9_000, wallMs: 0 })[2], 'itself')
  })

  it('is called a bootstrap node when it is one', () => {
    const bootstraps: Bootstraps = new Map([[world.silentPeer, 'connected']])
    const known = { nodes, bootstraps, links }
    assert.match(peerInWords(world.silentPeer, known), /^…\w{6} is a bootstrap node, .*; connected to 0x\S+\.$/)
    assert.match(peerInWords(first.peerId, known), /, bootstrap node …\w{6};/)
    const [peer] = world.peers().peers
    assert.ok(peer)
    const seen = { peer, isConnected: true }
    assert.deepEqual(bootstrapCells(seen, links).slice(1, 5), ['connected', '–', '–', '1'])
    assert.equal(bootstrapCells({ peer, isConnected: false }, [])[1], 'gone')
    const facts = new Map(bootstrapFactsOf(seen, { ...known, wallMs: Date.parse(peer.connectedSince) }))
    assert.match(facts.get('State') ?? '', /^connected since \d\d:\d\d:\d\d$/)
    assert.equal(facts.get('Software'), 'gossip-price/0.1.0 bootstrap')
  })

  it('names the peers that it is connected to by their signers', () => {
    const [other] = world.members as [Member]
    const held = { node: { ...second, peers: [other.peerId] }, heldAtMs: 0 }
    const facts = new Map(factsOf(held, { nodes, bootstraps: NONE, self: null, nowMs: 0, wallMs: 0 }))
    assert.match(facts.get('Connected to') ?? '', /^0x\w{4}…\w{4}$/)
  })
})
