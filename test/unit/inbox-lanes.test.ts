import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Verdict, accept, reject } from '../../src/core/verdict.ts'
import { Inbox } from '../../src/gossip/inbox.ts'
import type { TrafficLimits } from '../../src/gossip/peer-standing.ts'
import { type StandingAtWork, createStandingAtWork } from '../helpers/standing-at-work.ts'

interface LanesAtWork extends StandingAtWork {
  readonly inbox: Inbox
  /** Who sent what was judged, in order. */
  readonly judged: string[]
  /** What was decided so far, and of whom. */
  readonly decided: { readonly from: string; readonly verdict: Verdict }[]
  /** Sends a message of one byte: what is not 0 is rejected. */
  send(from: string, byte?: number): Promise<void>
  /** Lets the first message be judged, and so the others. */
  goOn(): void
}

/** An inbox whose judge is busy until it is told to go on. */
function createLanes(options: { readonly together?: boolean } = {}, limits: Partial<TrafficLimits> = {}): LanesAtWork {
  const work = createStandingAtWork({}, limits)
  const gate = Promise.withResolvers<void>()
  const judged: string[] = []
  const decided: { from: string; verdict: Verdict }[] = []
  const judge = {
    bytesLimit: 10,
    async judge([byte]: Uint8Array, { peerId }: { readonly peerId: string }): Promise<Verdict> {
      judged.push(peerId)
      await gate.promise
      return byte === 0 ? accept : reject('high-s')
    },
  }
  const inbox = new Inbox({ ...work, judge }, { topic: 'test', ...options })
  return {
    ...work,
    inbox,
    judged,
    decided,
    async send(from, byte = 0) {
      decided.push({ from, verdict: await inbox.receive(Uint8Array.of(byte), from) })
    },
    goOn: () => gate.resolve(),
  }
}

const overloaded = ({ decided }: LanesAtWork): string[] =>
  decided.filter(({ verdict }) => 'code' in verdict && verdict.code === 'overload').map(({ from }) => from)

describe('while a message is judged', () => {
  it('64 of a peer wait, and 64 of all for whom nobody vouches', async () => {
    const lanes = createLanes()
    lanes.vouched.add('honest')
    const sent = Array.from({ length: 66 }, (_, peer) => lanes.send(`stranger ${peer}`))
    for (let i = 0; i < 65; i++) sent.push(lanes.send('honest'))
    await lanes.clock.settle()
    assert.deepEqual(overloaded(lanes), ['stranger 65', 'honest'])
    lanes.goOn()
    await Promise.all(sent)
    assert.deepEqual(lanes.judged.slice(0, 4), ['stranger 0', 'stranger 1', 'honest', 'stranger 2'])
  })

  it('peers wait each for itself where they say who they are, 256 messages in all', async () => {
    const lanes = createLanes({ together: false })
    const sent = Array.from({ length: 258 }, (_, index) => lanes.send(`stranger ${index % 43}`))
    await lanes.clock.settle()
    assert.equal(overloaded(lanes).length, 1)
    lanes.goOn()
    await Promise.all(sent)
  })

  it('who is expelled meanwhile waits in vain', async () => {
    const lanes = createLanes()
    const sent = [lanes.send('liar', 1), lanes.send('liar'), lanes.send('another')]
    for (let i = 0; i < 5; i++) lanes.standing.blame('liar', { code: 'high-s', severity: 'grave' })
    lanes.goOn()
    await Promise.all(sent)
    assert.deepEqual(lanes.judged, ['liar', 'another'])
    assert.deepEqual(
      lanes.decided.map(({ verdict }) => ('code' in verdict ? verdict.code : 'new')),
      ['high-s', 'flood', 'new'],
    )
  })
})

describe('peers for whom nobody vouches', () => {
  const SCARCE = { messageBucket: { capacity: 10, refillPerSecond: 0.001 } }

  it('are measured together, unless they say who they are', async () => {
    for (const [options, admitted] of [
      [{}, 10],
      [{ together: true }, 10],
      [{ together: false }, 30],
    ] as const) {
      const lanes = createLanes(options, SCARCE)
      lanes.goOn()
      for (let peer = 0; peer < 30; peer++) await lanes.send(`stranger ${peer}`)
      assert.equal(lanes.judged.length, admitted)
    }
  })
})

describe('a sender', () => {
  it('is blamed for what is rejected, and for nothing else', async () => {
    const lanes = createLanes()
    lanes.goOn()
    for (let i = 0; i < 50; i++) await lanes.send('honest')
    for (let i = 0; i < 4; i++) await lanes.send('liar', 1)
    assert.deepEqual(lanes.hungUp, [])
    await lanes.inbox.receive(new Uint8Array(11), 'liar')
    assert.deepEqual(lanes.hungUp, ['liar'])
  })
})
