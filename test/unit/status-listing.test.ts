import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkJson } from '../../src/api/presentation.ts'
import { type NetworkStatus, statusText } from '../../src/commands/status-listing.ts'
import { MadeUpNode, seenNode } from '../helpers/api-at-work.ts'
import { alice } from '../helpers/statements.ts'

/** What the API answers, as it comes over the wire. */
function answered(node: MadeUpNode): NetworkStatus {
  return JSON.parse(JSON.stringify(networkJson(node))) as NetworkStatus
}

describe('the listing of a network', () => {
  it('has a line for each node, the one that was asked marked', () => {
    const lines = statusText(answered(new MadeUpNode()), { colour: false }).split('\n')
    assert.match(lines[0] ?? '', /^network test-network, seen by a signer 0x\w{40}$/)
    assert.equal(lines[1], 'ready')
    assert.match(lines[3] ?? '', /^signer +state +heard +signs +peers +owes +committed +software +peer$/)
    assert.equal(lines.filter((line) => /^0x\w{4}…\w{4}/.test(line)).length, 3)
    assert.ok(lines.some((line) => line.startsWith(`${alice.address.slice(0, 6)}…${alice.address.slice(-4)} (asked)`)))
    assert.ok(lines.some((line) => / gone /.test(line)))
  })

  it('says why a node is not ready, and that prices are simulated', () => {
    const node = new MadeUpNode()
    node.sentences = ['the mesh is empty']
    node.self = { ...node.self, network: 'x-simulated' }
    const text = statusText(answered(node), { colour: false })
    assert.match(text, /^network x-simulated \(its prices are simulated\)/)
    assert.match(text, /\nnot ready\n {2}the mesh is empty\n/)
  })

  it('has colours only when it is told so, and none of what a stranger sent', () => {
    const node = new MadeUpNode()
    node.nodes = () => [seenNode({ agent: '\u001b[31mred\u001b[2J', state: 'gone' })]
    assert.ok(!statusText(answered(node), { colour: false }).includes('\u001b'))
    const coloured = statusText(answered(node), { colour: true })
    assert.ok(coloured.includes('\u001b[31m'))
    assert.ok(!coloured.includes('\u001b[2J'))
  })
})
