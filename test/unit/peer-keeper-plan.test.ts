import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BOOTSTRAP_PACE,
  DialPlan,
  type DialPlanOptions,
  type DialTarget,
  SEARCH_PACE,
  STEADY_MS,
} from '../../src/gossip/dial-plan.ts'
import { KNOWN_LIMIT, PEER_PACE, STRIKES_LIMIT } from '../../src/gossip/known-peers.ts'

const ADDRESS = '/ip4/10.0.0.1/tcp/8000'

interface PlanAtWork {
  readonly plan: DialPlan
  readonly forgotten: string[]
}

function planOf(options: Partial<DialPlanOptions> & { readonly random?: () => number } = {}): PlanAtWork {
  const forgotten: string[] = []
  const plan = new DialPlan(
    { random: options.random ?? (() => 0), forget: (peerId) => forgotten.push(peerId) },
    { selfId: 'self', bootstrapAddresses: [], targetPeers: 3, ...options },
  )
  return { plan, forgotten }
}

const bootstrap = (address = ADDRESS): DialTarget => ({ kind: 'bootstrap', address })
const peer = (peerId: string, addresses = [`/ip4/10.0.1.1/tcp/${peerId.length}`]): DialTarget & { kind: 'peer' } => {
  return { kind: 'peer', peerId, addresses }
}
const idsOf = (dials: readonly DialTarget[]): string[] => {
  return dials.map((target) => (target.kind === 'peer' ? target.peerId : target.address)).toSorted()
}

/** The waits between dials of a target that never answers. */
function waitsOf(plan: DialPlan, target: DialTarget, count: number): number[] {
  const waits: number[] = []
  let nowMs = 0
  for (let i = 0; i < count; i++) {
    assert.equal(plan.next(nowMs).dials.length, 1, `dial ${i} at ${nowMs}`)
    plan.failed(target, nowMs)
    const { dials, wakeMs } = plan.next(nowMs)
    assert.deepEqual(dials, [])
    assert.ok(wakeMs !== undefined)
    waits.push(wakeMs - nowMs)
    nowMs = wakeMs
  }
  return waits
}

describe('whom to dial', () => {
  it('bootstrap addresses are dialled at once, whatever the target', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS, '/dns4/other/tcp/1'], targetPeers: 0 })
    assert.deepEqual(idsOf(plan.next(0).dials), ['/dns4/other/tcp/1', ADDRESS])
    assert.deepEqual(plan.next(0).dials, [], 'not twice')
  })

  it('peers of the book are dialled while the bootstrap does not answer', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS] })
    plan.know(peer('known'), { proven: true })
    assert.deepEqual(idsOf(plan.next(0).dials), [ADDRESS, 'known'])
  })

  it('no more peers are dialled than are missing, dials under way included', () => {
    const { plan } = planOf({ targetPeers: 3 })
    for (const id of ['a', 'b', 'c', 'd', 'e']) plan.know(peer(id), { proven: false })
    plan.joined('stranger', 0)
    assert.equal(plan.next(0).dials.length, 2)
    assert.equal(plan.next(0).dials.length, 0)
  })

  it('in a network smaller than the target everybody known is dialled', () => {
    const { plan } = planOf({ targetPeers: 20 })
    for (const id of ['a', 'b', 'c']) plan.know(peer(id), { proven: false })
    assert.deepEqual(idsOf(plan.next(0).dials), ['a', 'b', 'c'])
  })

  it('peers that were connected before go first, those that failed last', () => {
    const { plan } = planOf({ targetPeers: 1 })
    plan.know(peer('heard'), { proven: false })
    plan.know(peer('met'), { proven: true })
    const order: string[] = []
    for (let i = 0; i < 2; i++) {
      const [target] = plan.next(0).dials
      assert.ok(target?.kind === 'peer')
      order.push(target.peerId)
      plan.failed(target, 0)
    }
    assert.deepEqual(order, ['met', 'heard'])
  })

  it('a node never dials itself', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS] })
    assert.equal(plan.know(peer('self'), { proven: true }), 'refused')
    plan.next(0)
    plan.failed(bootstrap(), 0)
    plan.drop(ADDRESS)
    assert.deepEqual(plan.next(1e9), { dials: [], search: false, wakeMs: undefined })
  })

  it('nobody is dialled who is connected or not wanted', () => {
    const { plan } = planOf({ isWanted: (peerId) => peerId !== 'banned' })
    plan.know(peer('banned'), { proven: true })
    plan.know(peer('here'), { proven: true })
    plan.joined('here', 0)
    assert.deepEqual(plan.next(0).dials, [])
  })

  it('a peer that lives at a bootstrap address is dialled as that, and as itself once that fails', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS] })
    plan.know(peer('same', [ADDRESS, '/ip4/10.9.9.9/tcp/1']), { proven: true })
    assert.deepEqual(idsOf(plan.next(0).dials), [ADDRESS])
    plan.failed(bootstrap(), 0)
    assert.deepEqual(idsOf(plan.next(0).dials), ['same'])
  })

  it('a bootstrap address without a peer id counts as connected by who answered there', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS], targetPeers: 1 })
    plan.next(0)
    plan.joined('boot', 5)
    plan.reached(bootstrap(), { peerId: 'boot', nowMs: 5 })
    assert.equal(plan.gathered, 0, 'it is no peer to keep prices flowing')
    assert.deepEqual(plan.next(1e6).dials, [])
    plan.gone('boot', 1e6)
    assert.deepEqual(idsOf(plan.next(1e6 + BOOTSTRAP_PACE.firstMs).dials), [ADDRESS])
  })
})

describe('when to dial again', () => {
  it('a bootstrap address that fails is retried fast, then slower, never later than its cap', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS] })
    assert.deepEqual(waitsOf(plan, bootstrap(), 9), [200, 400, 800, 1600, 3200, 6400, 12_000, 12_000, 12_000])
  })

  it('jitter takes away at most half of a wait', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS], random: () => 0.999_999 })
    const waits = waitsOf(plan, bootstrap(), 9)
    assert.ok(Math.abs((waits[0] ?? 0) - 100) < 1)
    assert.ok(Math.abs((waits[8] ?? 0) - 6_000) < 1)
  })

  it('a peer that fails is retried up to once a minute', () => {
    const { plan } = planOf()
    plan.know(peer('a'), { proven: true })
    assert.deepEqual(waitsOf(plan, peer('a'), 9), [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('a peer that is lost after a while is dialled again soon', () => {
    const { plan } = planOf()
    plan.know(peer('a'), { proven: true })
    plan.joined('a', 0)
    plan.gone('a', STEADY_MS)
    assert.equal(plan.next(STEADY_MS).wakeMs, STEADY_MS + PEER_PACE.firstMs)
  })

  it('a peer that closes every connection at once is dialled ever more rarely', () => {
    const { plan } = planOf({ bootstrapAddresses: [ADDRESS] })
    let nowMs = 0
    let dials = 0
    while (nowMs < 600_000) {
      const steps = plan.next(nowMs)
      for (const target of steps.dials) {
        dials += 1
        plan.joined('closes', nowMs)
        plan.gone('closes', nowMs)
        plan.reached(target, { peerId: 'closes', nowMs })
      }
      nowMs = plan.next(nowMs).wakeMs ?? Number.POSITIVE_INFINITY
    }
    assert.ok(dials < 60, `${dials} dials in ten minutes`)
  })

  it('a peer that goes on failing is forgotten, but never by a node that is alone', () => {
    const { plan, forgotten } = planOf()
    plan.know(peer('a'), { proven: true })
    let nowMs = 0
    const fail = (): void => {
      nowMs += 60_000
      plan.next(nowMs)
      plan.failed(peer('a'), nowMs)
    }
    for (let i = 0; i < 10 * STRIKES_LIMIT; i++) fail()
    assert.deepEqual(forgotten, [])
    plan.joined('b', nowMs)
    for (let i = 0; i < STRIKES_LIMIT; i++) fail()
    assert.deepEqual(forgotten, ['a'])
    assert.deepEqual(plan.next(nowMs + 60_000).dials, [])
  })

  it('with nobody known and nothing to wait for the node sleeps until something happens', () => {
    const { plan } = planOf()
    assert.deepEqual(plan.next(0), { dials: [], search: false, wakeMs: undefined })
  })
})

describe('when to search', () => {
  it('a node searches soon after it has joined, and ever more rarely while it finds nobody', () => {
    const { plan } = planOf()
    plan.joined('a', 0)
    const times: number[] = []
    let nowMs = 0
    while (times.length < 9) {
      const { search } = plan.next(nowMs)
      if (search) {
        times.push(nowMs)
        plan.searched({ foundNew: false, nowMs })
      }
      nowMs = plan.next(nowMs).wakeMs ?? assert.fail('nothing to wait for')
    }
    assert.equal(times[0], SEARCH_PACE.firstMs)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('somebody new, or somebody gone, is a reason to search soon again', () => {
    const { plan } = planOf({ targetPeers: 9 })
    plan.joined('a', 0)
    let nowMs = 0
    const tire = (): void => {
      for (let i = 0; i < 10; i++) {
        nowMs += SEARCH_PACE.capMs
        plan.next(nowMs)
        plan.searched({ foundNew: false, nowMs })
      }
    }
    tire()
    plan.joined('b', nowMs)
    assert.equal(plan.next(nowMs).wakeMs, nowMs + SEARCH_PACE.firstMs)
    tire()
    plan.gone('b', nowMs)
    assert.equal(plan.next(nowMs).wakeMs, nowMs + SEARCH_PACE.firstMs)
  })

  it('peers that come and go neither hasten the search without end nor hold it up', () => {
    const { plan } = planOf()
    plan.joined('steady', 0)
    let searches = 0
    for (let nowMs = 0; nowMs < 600_000; nowMs += 100) {
      plan.joined('flaps', nowMs)
      if (plan.next(nowMs).search) {
        searches += 1
        plan.searched({ foundNew: false, nowMs })
      }
      plan.gone('flaps', nowMs + 50)
    }
    assert.ok(searches > 60 && searches < 300, `${searches} searches in ten minutes`)
  })

  it('a peer that was only heard of is to be remembered once it has been connected and says where it is', () => {
    const { plan } = planOf()
    plan.know(peer('a'), { proven: false })
    plan.joined('a', 0)
    assert.equal(plan.know(peer('a'), { proven: true }), 'changed')
    assert.equal(plan.know(peer('a'), { proven: true }), 'same')
  })

  it('nobody is searched for while alone, or once the target is reached', () => {
    const { plan } = planOf({ targetPeers: 1 })
    assert.equal(plan.next(1e9).search, false)
    plan.joined('a', 1e9)
    assert.deepEqual(plan.next(2e9), { dials: [], search: false, wakeMs: undefined })
  })
})

describe('what is known of peers', () => {
  it('what was only heard never replaces addresses that worked', () => {
    const { plan } = planOf()
    assert.equal(plan.know(peer('a', ['/ip4/10.0.0.9/tcp/1']), { proven: true }), 'new')
    assert.equal(plan.know(peer('a', ['/ip4/6.6.6.6/tcp/6']), { proven: false }), 'same')
    assert.deepEqual(plan.next(0).dials, [peer('a', ['/ip4/10.0.0.9/tcp/1'])])
  })

  it('a peer that moved is dialled where it is now', () => {
    const { plan } = planOf()
    plan.know(peer('a', ['/ip4/10.0.0.9/tcp/1']), { proven: true })
    assert.equal(plan.know(peer('a', ['/ip4/10.0.0.9/tcp/2']), { proven: true }), 'changed')
    assert.equal(plan.know(peer('a', ['/ip4/10.0.0.9/tcp/2']), { proven: true }), 'same')
    assert.deepEqual(plan.next(0).dials, [peer('a', ['/ip4/10.0.0.9/tcp/2'])])
  })

  it('strangers cannot crowd out whoever was connected', () => {
    const { plan, forgotten } = planOf({ targetPeers: KNOWN_LIMIT })
    for (let i = 0; i < KNOWN_LIMIT; i++) plan.know(peer(`made-up-${i}`), { proven: false })
    assert.equal(plan.know(peer('one-more'), { proven: false }), 'refused')
    assert.equal(plan.know(peer('real'), { proven: true }), 'new')
    assert.deepEqual(forgotten, ['made-up-0'])
    assert.equal(plan.next(0).dials.length, KNOWN_LIMIT)
  })
})
