import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { latestJson, networkJson, statementJson } from '../../src/api/presentation.ts'
import {
  type LatestPrice,
  type NetworkStatus,
  type ShownStatus,
  statusLines,
} from '../../src/commands/status-listing.ts'
import type { PendingRow } from '../../src/commands/pending-table.ts'
import { textWidth } from '../../src/commands/text-width.ts'
import { MadeUpNode, committed, pending, seenNode } from '../helpers/api-at-work.ts'
import { OBSERVED_AT, alice, bob, carol, dave, round, testSigner } from '../helpers/statements.ts'

const NOW_MS = OBSERVED_AT + 90_000
const LAYOUT = { colour: false, width: Infinity, nowMs: NOW_MS }

function overTheWire(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data))
}

/** What the API answers. */
function answered(node: MadeUpNode): ShownStatus {
  const latest = latestJson({
    pair: 'ETH-USD',
    round: round(7),
    median: '3021.455',
    prices: [committed(), committed(1)],
  })
  return {
    network: overTheWire(networkJson(node)) as NetworkStatus,
    statements: overTheWire(node.statements().map(statementJson)) as readonly PendingRow[],
    latest: overTheWire([latest]) as readonly LatestPrice[],
    url: 'http://127.0.0.1:8080',
    atMs: NOW_MS,
  }
}

function text(node: MadeUpNode, layout: Partial<Parameters<typeof statusLines>[1]> = {}): string {
  return statusLines(answered(node), { ...LAYOUT, ...layout }).join('\n')
}

const short = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`

describe('the listing of a network', () => {
  it('says whose view it is, how things are, and the newest price, in words', () => {
    const lines = text(new MadeUpNode()).split('\n')
    assert.equal(
      lines[0],
      `test-network, as the signer ${short(alice.address)} sees it at http://127.0.0.1:8080, ${new Date(NOW_MS).toISOString().slice(11, 19)}Z`,
    )
    assert.equal(lines[2], '● Ready: 1 of 4 signers is here; the newest price is 90 s old.')
    assert.equal(lines[3], '  ETH-USD 3021.455, the median of 2 prices in round 7, observed 90 s ago')
  })

  it('says that all is well only when every signer of the set is here', () => {
    const node = new MadeUpNode()
    node.nodes = () => [alice, bob, carol].map(({ address }) => seenNode({ signer: address }))
    assert.match(text(node), /● Ready: 3 of 4 signers are here/)
    node.nodes = () => [alice, bob, carol, dave].map(({ address }) => seenNode({ signer: address }))
    assert.match(text(node), /● All is well: 4 of 4 signers are here/)
    const nodes = node.nodes()
    const observer = seenNode({ signer: testSigner(99).address, listed: false, state: 'behind' })
    node.nodes = () => [...nodes, observer]
    assert.match(text(node), /● All is well: 4 of 4 signers are here/)
    node.nodes = () => [...nodes.slice(1), observer]
    assert.match(text(node), /● Ready: 3 of 4 signers are here/)
  })

  it('does not say that all is well where nobody has told of itself', () => {
    const node = new MadeUpNode()
    node.nodes = () => []
    node.self = { ...node.self, constants: undefined }
    assert.match(text(node), /● Ready: no signer has told of itself/)
  })

  it('has a line for each node with what its status says, and a dash for what it does not', () => {
    const lines = text(new MadeUpNode()).split('\n')
    const heading = lines.findIndex((line) => line.startsWith('node '))
    assert.match(
      lines[heading] ?? '',
      /^node +state +heard +signs +up +peers +clock +received +owes +committed +root +version +peer$/,
    )
    const [first = '', second = '', third = ''] = lines.slice(heading + 1)
    const tail = '1 s +yes +60 s +1 +12 ms fast +3/9 +0 +90 s ago +abababab +0\\.1\\.0 +…\\w+'
    assert.match(first, new RegExp(`^  ${short(bob.address)} +◐ behind +${tail}$`))
    assert.match(second, new RegExp(`^▸ ${short(alice.address)} +● here +${tail}$`))
    assert.match(third, new RegExp(`^  ${short(carol.address)} +○ gone +1 s +yes( +–){7} +0\\.1\\.0 `))
  })

  it('tells slow clocks from fast ones, and why a node is behind', () => {
    const node = new MadeUpNode()
    const [slow, exact] = [seenNode({ clockOffsetMs: 2_400 }), seenNode({ clockOffsetMs: 0.2, state: 'behind' })]
    node.nodes = () => [slow, exact]
    const shown = answered(node)
    const nodes = shown.network.nodes.map((each, index) => (index === 1 ? { ...each, behindBecause: 'it lags' } : each))
    const lines = statusLines({ ...shown, network: { ...shown.network, nodes } }, LAYOUT).join('\n')
    assert.match(lines, / 2\.4 s slow /)
    assert.match(lines, / 0 ms /)
    assert.match(lines, new RegExp(`\n  ${short(bob.address)}: it lags\n`))
  })

  it('shows what is on its way: who has signed, who has not and why, and when the row is due', () => {
    const lines = text(new MadeUpNode()).split('\n')
    const heading = lines.findIndex((line) => line.startsWith('statement '))
    assert.match(lines[heading] ?? '', /^statement +pair +price +round +from +signed +stands at +by +missing$/)
    const [id, from, by, missing] = [pending().id, alice, bob, carol].map((each) =>
      typeof each === 'string' ? each.slice(0, 10) : each.address.slice(2, 6),
    )
    const refused = `${dave.address.slice(2, 6)} \\(deviation\\)`
    assert.match(
      lines[heading + 1] ?? '',
      new RegExp(
        `^${id} +ETH-USD +2999\\.5 +\\d+ +${from} +2 of 3 +collecting +${from} ${by} +${refused}, ${missing}$`,
      ),
    )
    assert.match(lines[heading + 2] ?? '', / row in 13 s /)
    const idle = new MadeUpNode()
    idle.statements = () => []
    assert.match(text(idle), /\nNo statement is on its way\.\n/)
  })

  it('says that a row is due, whoever may write it, and whether anybody can', () => {
    const node = new MadeUpNode()
    node.statements = () => [pending({ phase: 'closed', quietEndsInMs: 0, closesInMs: 0 })]
    assert.match(text(node), / row is due /)
  })

  it('wraps a reason below itself', () => {
    const node = new MadeUpNode()
    node.sentences = ['the table cannot be written: nobody answers at the address that was given']
    assert.match(text(node, { width: 40 }), /\n {2}- the table cannot be written: nobody\n {4}answers at/)
  })

  it('counts what is on its way beyond a dozen statements', () => {
    const node = new MadeUpNode()
    node.statements = () => Array.from({ length: 40 }, () => pending())
    assert.equal(text(node).match(/ collecting /g)?.length, 12)
    assert.match(text(node), /\nand 28 more\n/)
  })

  it('says why a node is not ready, that prices are simulated, and why there are none', () => {
    const node = new MadeUpNode()
    node.sentences = ['the mesh is empty', 'no price has come']
    node.self = { ...node.self, network: 'x-simulated' }
    assert.match(text(node), /^PRICES ARE SIMULATED, and worth nothing\.\nx-simulated, /)
    assert.match(text(node), /\n● Not ready:\n {2}- the mesh is empty\n {2}- no price has come\n/)
    const lines = statusLines({ ...answered(new MadeUpNode()), latest: 'This node has no table.' }, LAYOUT)
    assert.ok(lines.includes('  This node has no table.'))
  })

  it('fits into any terminal, and says what a wider one would show', () => {
    for (const width of [20, 40, 60, 80, 100, 120, 160]) {
      for (const line of text(new MadeUpNode(), { width, keys: 'q ends' }).split('\n')) {
        // A URL is a word that nothing can break.
        if (!line.includes('http://')) assert.ok(textWidth(line) <= width, `${width}: ${line}`)
      }
    }
    assert.match(
      text(new MadeUpNode(), { width: 80 }).replaceAll('\n', ' '),
      /wider terminal shows .*version, peer too/,
    )
    assert.doesNotMatch(text(new MadeUpNode(), { width: 160 }), /wider terminal/)
  })

  it('has colours only when it is told so, and none of what a stranger sent', () => {
    const node = new MadeUpNode()
    node.nodes = () => [seenNode({ agent: '\u001b[31mred\u001b[2J', state: 'gone' })]
    const plain = text(node)
    assert.ok(!plain.includes('\u001b'))
    const coloured = text(node, { colour: true })
    assert.ok(coloured.includes('\u001b[31m○ gone'))
    assert.ok(!coloured.includes('\u001b[2J'))
    assert.equal(stripVTControlCharacters(coloured), plain)
  })

  it('says that what it shows is old, when the node has gone', () => {
    const lines = text(new MadeUpNode(), { trouble: 'nobody answers.' }).split('\n')
    assert.equal(lines[1], 'nobody answers.')
  })
})
