import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LiveEvent, Network, Pending } from '../../src/web/browser/api-shapes.ts'
import {
  EMPTY_STATE,
  afterEvent,
  mergedPrices,
  withNetwork,
  withNewestPrices,
  withOlderRounds,
  withPeers,
  withStatements,
  withoutEnded,
  type PageState,
} from '../../src/web/browser/page-state.ts'
import { absencesOf, dotsOf, phaseInWords } from '../../src/web/browser/pending-words.ts'
import { healthLine } from '../../src/web/browser/status-view.ts'
import { DashboardWorld, type Member } from '../helpers/dashboard-world.ts'

const world = new DashboardWorld({ rounds: 0 })
const WELL = { nowMs: 0, falseRows: 0 }
const [first, second, third, fourth] = world.members as [Member, Member, Member, Member]

describe('what the page knows after an event', () => {
  it('is a signature more on a pending statement, once', () => {
    const { state, pending } = collecting()
    const event: LiveEvent = {
      kind: 'signature',
      data: { id: pending.id, signer: second.address, time: pending.observedTime },
    }
    const after = told(told(state, event), event)
    const held = after.statements.get(pending.id)?.pending
    assert.deepEqual(
      held?.signers.map(({ signer }) => signer),
      [first.address, second.address],
    )
    assert.ok(!held?.missing.includes(second.address))
  })

  it('is a quorum whose quiet period begins anew with every signature', () => {
    const { pending } = collecting()
    const state = withStatements(known(world), { statements: [pending], nowMs: 0 })
    const sign = (before: PageState, { address }: Member, nowMs: number): PageState =>
      afterEvent(before, {
        event: { kind: 'signature', data: { id: pending.id, signer: address, time: pending.observedTime } },
        nowMs,
      })
    const quorum = sign(sign(state, second, 10), third, 1_000)
    assert.deepEqual(summary(quorum), ['quorum', 30_000, 1_000])
    assert.deepEqual(summary(sign(quorum, fourth, 9_000)), ['quorum', 30_000, 9_000])
    assert.deepEqual(summary(sign(quorum, third, 9_000)), ['quorum', 30_000, 1_000])
    function summary({ statements }: PageState): unknown {
      const held = statements.get(pending.id)
      return [held?.pending.phase, held?.pending.quietEndsInMs, held?.heldAtMs]
    }
  })

  it('is a refusal, until the signer signs after all', () => {
    const { state, pending } = collecting()
    const refused = told(state, {
      kind: 'refusal',
      data: { id: pending.id, signer: second.address, reason: 'stale', sentence: 'No.' },
    })
    assert.equal(refused.statements.get(pending.id)?.pending.refusals.length, 1)
    const signed = told(refused, {
      kind: 'signature',
      data: { id: pending.id, signer: second.address, time: pending.observedTime },
    })
    assert.equal(signed.statements.get(pending.id)?.pending.refusals.length, 0)
  })

  it('is a new row on top, a new point of the chart, and a statement that has reached its end', () => {
    const own = new DashboardWorld({ rounds: 1 })
    const [member] = own.members
    assert.ok(member)
    const pending = own.propose(member)
    const state = withStatements(known(own), { statements: [pending], nowMs: 0 })
    const after = afterEvent(state, { event: { kind: 'price', data: own.commit(pending.id) }, nowMs: 5 })
    assert.equal(after.prices[0]?.id, pending.id)
    assert.equal(after.rounds[0]?.proposers.includes(member.address), true)
    assert.equal(after.statements.get(pending.id)?.pending.phase, 'committed')
    assert.equal(withoutEnded(after, { nowMs: 50, lingerMs: 100 }).statements.size, 1)
    assert.equal(withoutEnded(after, { nowMs: 500, lingerMs: 100 }).statements.size, 0)
  })

  it('is not thrown off by what is no price', () => {
    const own = new DashboardWorld({ rounds: 1 })
    const [member] = own.members
    assert.ok(member)
    const price = { ...own.commit(own.propose(member).id), price: '<b>' }
    assert.equal(afterEvent(known(own), { event: { kind: 'price', data: price }, nowMs: 0 }).prices.length, 0)
    const round = { ...own.round('ETH-USD', price.round), median: '1e3' }
    assert.deepEqual(withOlderRounds(known(own), { rounds: [round], next: null }).rounds, [])
  })

  it('leaves rows of a pair alone that is not shown', () => {
    const own = new DashboardWorld({ rounds: 0, pairs: ['ETH-USD', 'BTC-USD'] })
    const [member] = own.members
    assert.ok(member)
    const price = own.commit(own.propose(member, 'BTC-USD').id)
    assert.equal(afterEvent(known(own), { event: { kind: 'price', data: price }, nowMs: 0 }).prices.length, 0)
  })

  it('is the newest word on a node, and on health', () => {
    const state = known(world)
    const gone = told(state, { kind: 'node', data: { ...world.node(second), state: 'gone' } })
    assert.equal(gone.nodes.get(second.address)?.node.state, 'gone')
    assert.equal(healthLine(gone, WELL), 'Ready: 5 of 6 nodes here; no price yet.')
    const ill = told(gone, { kind: 'health', data: { ready: false, sentences: ['No peers.', 'No price.'] } })
    assert.equal(healthLine(ill, WELL), 'Not ready, for 2 reasons: No peers.')
  })

  it('is not well while a row is false, or the table cannot be asked', () => {
    const state = known(world)
    assert.equal(healthLine(state, WELL), 'All is well: 6 of 6 nodes here; no price yet.')
    const unread = { ...state, isTableRead: false }
    assert.equal(healthLine(unread, WELL), 'All is well: 6 of 6 nodes here; the table is being read.')
    const lies = { ...WELL, falseRows: 2 }
    assert.equal(healthLine(state, lies), 'Ready, but 2 rows below are false: 6 of 6 nodes here.')
    const ill = told(state, { kind: 'health', data: { ready: false, sentences: ['No peers.'] } })
    assert.equal(healthLine(ill, { ...WELL, falseRows: 1 }), 'Not ready, for 2 reasons: No peers.')
    const away = { ...state, tableFault: 'The database is away' }
    assert.equal(healthLine(away, WELL), 'Ready: 6 of 6 nodes here; what the table holds is not known now.')
  })

  it('holds the bootstrap nodes that were connected, a few of them', () => {
    const { peerId, peers } = world.peers()
    const [peer] = peers
    assert.ok(peer)
    const seen = withPeers(EMPTY_STATE, { peerId, peers: [peer, { ...peer, peerId: 'other', bootstrap: false }] })
    assert.deepEqual([...seen.bootstraps], [[peer.peerId, { peer, isConnected: true }]])
    const gone = withPeers(seen, { peerId, peers: [] })
    assert.deepEqual([...gone.bootstraps], [[peer.peerId, { peer, isConnected: false }]])
    const crowd = Array.from({ length: 9 }, (_, at) => ({ ...peer, peerId: `crowd-${at}` }))
    assert.equal(withPeers(gone, { peerId, peers: crowd }).bootstraps.size, 4)
  })

  it('is unmoved by events of statements that it does not hold', () => {
    const event: LiveEvent = { kind: 'signature', data: { id: '0x00', signer: first.address, time: '' } }
    assert.equal(told(EMPTY_STATE, event), EMPTY_STATE)
  })

  it('has each row once, newest observed first', () => {
    const own = new DashboardWorld({ rounds: 2 })
    const prices = own.rows.map((row) => own.price(row))
    const merged = mergedPrices(prices.slice(3), prices.slice(0, 5))
    assert.deepEqual(
      merged.map(({ observedTime }) => observedTime),
      prices
        .map(({ observedTime }) => observedTime)
        .toSorted()
        .toReversed(),
    )
    assert.equal(merged.length, prices.length)
  })
})

describe('the newest rows, asked for again', () => {
  const own = new DashboardWorld({ rounds: 6 })
  const prices = own.rows.map((row) => own.price(row))

  it('join those that are known', () => {
    const state = { ...known(own), prices: prices.slice(3, 10), olderPrices: 'older' }
    const joined = withNewestPrices(state, { prices: prices.slice(0, 4), next: 'next' })
    assert.equal(joined.prices.length, 10)
    assert.equal(joined.olderPrices, 'older')
  })

  it('begin the list anew where more were missed than a page holds', () => {
    const state = { ...known(own), prices: prices.slice(10), olderPrices: 'older' }
    const anew = withNewestPrices(state, { prices: prices.slice(0, 4), next: 'next' })
    assert.equal(anew.prices.length, 4)
    assert.equal(anew.olderPrices, 'next')
  })
})

describe('a pending statement in words', () => {
  it('counts to its quorum, and then down to its row', () => {
    const { pending } = collecting()
    assert.equal(phaseInWords(pending, 0), '1 signature; 2 more to a quorum.')
    const quorum = {
      ...pending,
      signers: [{ signer: 'a' }, { signer: 'b' }, { signer: 'c' }],
      phase: 'quorum',
      quietEndsInMs: 30_000,
    }
    assert.equal(phaseInWords(quorum, 0), 'A quorum: 3 signatures, a row in 30 s.')
    assert.equal(phaseInWords(quorum, 12_500), 'A quorum: 3 signatures, a row in 18 s.')
    assert.equal(phaseInWords(quorum, 31_000), 'A quorum: 3 signatures, being written.')
    assert.equal(phaseInWords({ ...quorum, phase: 'committed' }, 0), 'In the table, with 3 signatures.')
  })

  it('says who is missing and why, those who refused first', () => {
    const { pending } = collecting()
    const refusals = [{ signer: second.address, reason: 'deviation', sentence: 'It sees another price.' }]
    const nodes = [nodeIn(third, 'gone'), nodeIn(fourth, 'here')]
    const only = {
      ...pending,
      refusals,
      missing: [second.address, third.address, fourth.address, `0x${'9'.repeat(40)}`],
    }
    assert.deepEqual(absencesOf(only, nodes), [
      'It sees another price.',
      `Gone: ${short(third)}.`,
      'Never heard: 0x9999…9999.',
      `Not signed yet: ${short(fourth)}.`,
    ])
  })

  it('names a few of the many who have not signed', () => {
    const { pending } = collecting()
    const missing = Array.from({ length: 6 }, (_, at) => `0x${String(at).repeat(40)}`)
    assert.deepEqual(absencesOf({ ...pending, missing }, []), ['Never heard: 0x0000…0000 and 5 more.'])
  })

  it('has a dot for each signer, and at least as many as a quorum takes', () => {
    const { pending } = collecting()
    assert.deepEqual(dotsOf({ ...pending, missing: [] }), ['signed', 'missing', 'missing'])
    const refusals = [{ signer: second.address, reason: 'stale', sentence: 'No.' }]
    assert.deepEqual(dotsOf({ ...pending, refusals, missing: [second.address, third.address] }), [
      'signed',
      'missing',
      'refused',
    ])
  })
})

function collecting(): { readonly state: PageState; readonly pending: Pending } {
  const pending = world.propose(first)
  return { state: withStatements(EMPTY_STATE, { statements: [pending], nowMs: 0 }), pending }
}

function known(of: DashboardWorld): PageState {
  return withNetwork(
    { ...EMPTY_STATE, isTableRead: true },
    { network: { ...(of.network() as unknown as Network) }, nowMs: 0 },
  )
}

function told(state: PageState, event: LiveEvent): PageState {
  return afterEvent(state, { event, nowMs: 0 })
}

function nodeIn(
  member: Member,
  state: 'here' | 'gone',
): { node: ReturnType<DashboardWorld['node']>; heldAtMs: number } {
  return { node: { ...world.node(member), state }, heldAtMs: 0 }
}

function short({ address }: Member): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`
}
