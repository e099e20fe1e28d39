import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SeenNode } from '../../src/web/browser/api-shapes.ts'
import { type Bootstraps, networkLayout, networkSummary } from '../../src/web/browser/network-layout.ts'

const SPACE = { size: 400, radius: 150 }
const NONE: Bootstraps = new Map()
const nodes = ['c', 'a', 'b'].map((signer) => nodeOf(signer))

describe('the picture of the network', () => {
  it('has this node on top, and the others around in order of their signers', () => {
    const layout = networkLayout({ nodes, links: [], bootstraps: NONE, selfPeerId: 'peer-b', self: null }, SPACE)
    assert.deepEqual(
      layout.nodes.map(({ key }) => key),
      ['peer-a', 'peer-b', 'peer-c'],
    )
    const self = layout.nodes.find(({ isSelf }) => isSelf)
    assert.equal(self?.key, 'peer-b')
    assert.deepEqual([Math.round(self?.x ?? 0), Math.round(self?.y ?? 0)], [200, 50])
  })

  it('is the same whatever the order in which nodes are told of', () => {
    const one = networkLayout({ nodes, links: [], bootstraps: NONE, selfPeerId: null, self: null }, SPACE)
    assert.deepEqual(
      networkLayout({ nodes: nodes.toReversed(), links: [], bootstraps: NONE, selfPeerId: null, self: null }, SPACE),
      one,
    )
  })

  it('draws a link once that both ends tell of, and none from a node to itself', () => {
    const links = [
      { from: 'peer-a', to: 'peer-b' },
      { from: 'peer-b', to: 'peer-a' },
      { from: 'peer-a', to: 'peer-a' },
    ]
    assert.equal(networkLayout({ nodes, links, bootstraps: NONE, selfPeerId: null, self: null }, SPACE).links.length, 1)
  })

  it('shows peers that send no status, this node too', () => {
    const layout = networkLayout(
      { nodes, links: [{ from: 'peer-a', to: 'silent' }], bootstraps: NONE, selfPeerId: 'bootstrap', self: null },
      SPACE,
    )
    assert.deepEqual(
      layout.nodes.filter(({ node }) => node === undefined).map(({ key }) => key),
      ['bootstrap', 'silent'],
    )
    assert.equal(layout.links.length, 1)
  })

  it('shows a bootstrap node as that, also when nobody is connected to it any more', () => {
    const bootstraps: Bootstraps = new Map([
      ['one', 'connected'],
      ['other', 'gone'],
      ['peer-b', 'connected'],
    ])
    const links = [{ from: 'peer-a', to: 'one' }]
    const layout = networkLayout({ nodes, links, bootstraps, selfPeerId: 'peer-a', self: 'a' }, SPACE)
    assert.deepEqual(
      layout.nodes.map(({ key, bootstrap }) => [key, bootstrap]),
      [
        ['peer-a', undefined],
        ['peer-b', undefined],
        ['peer-c', undefined],
        ['one', 'connected'],
        ['other', 'gone'],
      ],
      'who sends a status is a node, whatever else it says',
    )
  })

  it('draws every node, also when a signer says that the peer of another is its own', () => {
    const liar = { ...nodeOf('z'), peerId: 'peer-b' }
    const links = [{ from: 'peer-b', to: 'peer-a' }]
    const told = { nodes: [liar, ...nodes], links, bootstraps: NONE, selfPeerId: 'peer-b', self: 'b' }
    const signers = networkLayout(told, SPACE).nodes.map(({ key, node, isSelf }) => [node?.signer, key, isSelf])
    assert.deepEqual(signers, [
      ['a', 'peer-a', false],
      ['b', 'peer-b', true],
      ['c', 'peer-c', false],
      ['z', 'peer-b z', false],
    ])
    const early = { ...nodeOf('0'), peerId: 'peer-b' }
    const placed = networkLayout({ ...told, nodes: [early, ...nodes] }, SPACE).nodes
    assert.equal(placed.find(({ isSelf }) => isSelf)?.node?.signer, 'b')
  })

  it('draws the few silent peers of which most tell, and those of this node first', () => {
    const made = Array.from({ length: 32 }, (_, at) => ({ from: 'peer-a', to: `0made-up-${at}` }))
    const links = [
      ...made,
      { from: 'peer-b', to: 'bootstrap' },
      { from: 'peer-c', to: 'other' },
      { from: 'peer-a', to: 'other' },
    ]
    const { nodes: placed } = networkLayout({ nodes, links, bootstraps: NONE, selfPeerId: 'peer-b', self: 'b' }, SPACE)
    const silent = placed.filter(({ node }) => node === undefined).map(({ key }) => key)
    assert.equal(silent.length, 8)
    assert.ok(silent.includes('bootstrap') && silent.includes('other'))
  })

  it('keeps every node and label within reach', () => {
    const many = Array.from({ length: 40 }, (_, at) => nodeOf(String(at).padStart(2, '0')))
    for (const { x, y } of networkLayout(
      { nodes: many, links: [], bootstraps: NONE, selfPeerId: null, self: null },
      SPACE,
    ).nodes)
      assert.ok(x >= 49 && x <= 351 && y >= 49 && y <= 351)
    assert.deepEqual(networkLayout({ nodes: [], links: [], bootstraps: NONE, selfPeerId: null, self: null }, SPACE), {
      nodes: [],
      links: [],
    })
  })

  it('is told in one sentence', () => {
    assert.equal(networkSummary([], 0), 'No node has been heard yet.')
    assert.equal(networkSummary(nodes, 0), '3 of 3 nodes here.')
    assert.equal(
      networkSummary([nodeOf('a'), nodeOf('b', 'gone'), nodeOf('c', 'behind')], 3),
      '1 of 3 nodes here, 1 behind, 1 gone.',
    )
  })

  it('counts signers of the set that were not heard yet', () => {
    assert.equal(networkSummary([nodeOf('a')], 4), '1 of 4 nodes here, 3 not heard yet.')
    assert.equal(networkSummary([nodeOf('a'), { ...nodeOf('b'), listed: false }], 1), '2 of 2 nodes here.')
  })
})

function nodeOf(signer: string, state: SeenNode['state'] = 'here'): SeenNode {
  return {
    signer,
    peerId: `peer-${signer}`,
    agent: '',
    listed: true,
    heardAgoMs: 0,
    sentTime: '',
    uptimeMs: null,
    peers: null,
    clockOffsetMs: null,
    received: null,
    outbox: null,
    lastCommittedTime: null,
    historyRoot: null,
    state,
  }
}
