import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FairQueue } from '../../src/gossip/fair-queue.ts'

function createQueue(limits = { total: 6, lane: 4 }): { queue: FairQueue<string>; dropped: string[] } {
  const dropped: string[] = []
  return { queue: new FairQueue(limits, (item) => void dropped.push(item)), dropped }
}

function drain(queue: FairQueue<string>): string[] {
  const items: string[] = []
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item)
  return items
}

describe('a fair queue', () => {
  it('lets lanes take turns, whoever has more waiting', () => {
    const { queue } = createQueue()
    for (const item of ['a1', 'a2', 'a3']) queue.push('a', item)
    for (const item of ['b1', 'b2']) queue.push('b', item)
    assert.deepEqual(drain(queue), ['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  it('does not let who comes back go first again', () => {
    const { queue } = createQueue()
    queue.push('a', 'a1')
    queue.push('a', 'a2')
    queue.push('b', 'b1')
    assert.equal(queue.shift(), 'a1')
    queue.push('a', 'a3')
    assert.deepEqual(drain(queue), ['b1', 'a2', 'a3'])
  })

  it('leaves who sends more where he stands in the line', () => {
    const { queue } = createQueue()
    queue.push('a', 'a1')
    queue.push('b', 'b1')
    queue.push('a', 'a2')
    assert.deepEqual(drain(queue), ['a1', 'b1', 'a2'])
  })

  it('drops the newest of a lane that is full', () => {
    const { queue, dropped } = createQueue()
    for (const item of ['a1', 'a2', 'a3', 'a4', 'a5']) queue.push('a', item)
    assert.deepEqual(dropped, ['a5'])
    assert.deepEqual(drain(queue), ['a1', 'a2', 'a3', 'a4'])
  })

  it('when it is full drops the newest of the longest lane, for the sake of a shorter one', () => {
    const { queue, dropped } = createQueue()
    for (const item of ['a1', 'a2', 'a3', 'a4']) queue.push('a', item)
    for (const item of ['b1', 'b2', 'b3']) queue.push('b', item)
    assert.deepEqual(dropped, ['a4'])
    assert.equal(queue.size, 6)
    assert.deepEqual(drain(queue), ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
    assert.equal(queue.size, 0)
  })

  it('when it is full drops what comes to a lane as long as any', () => {
    const { queue, dropped } = createQueue({ total: 4, lane: 4 })
    for (const lane of ['a', 'b']) for (const number of [1, 2, 3]) queue.push(lane, `${lane}${number}`)
    assert.deepEqual(dropped, ['a3', 'b3'])
  })

  it('knows how much waits, and forgets lanes in which nothing does', () => {
    const { queue, dropped } = createQueue({ total: 2, lane: 2 })
    for (let peer = 0; peer < 100; peer++) {
      queue.push(`peer ${peer}`, `item ${peer}`)
      assert.equal(queue.size, 1)
      assert.equal(queue.shift(), `item ${peer}`)
    }
    assert.equal(queue.size, 0)
    assert.deepEqual(dropped, [])
  })

  it('when it is full keeps the only item of a lane before a newcomer’s', () => {
    const { queue, dropped } = createQueue({ total: 2, lane: 2 })
    for (const lane of ['a', 'b', 'c']) queue.push(lane, `${lane}1`)
    assert.deepEqual(dropped, ['c1'])
  })
})
