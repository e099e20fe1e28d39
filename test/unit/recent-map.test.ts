import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecentMap } from '../../src/core/recent-map.ts'

describe('a map of what was set last', () => {
  it('forgets the key that was set longest ago, and no other', () => {
    const map = new RecentMap<string, number>({ limit: 2 })
    for (const [place, key] of ['a', 'b', 'c'].entries()) map.set(key, place)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => map.get(key)),
      [undefined, 1, 2],
    )
  })

  it('takes a key that is set again for new, and its value for the old one', () => {
    const map = new RecentMap<string, number>({ limit: 2 })
    for (const [place, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, place)
    assert.deepEqual([map.has('a'), map.has('b'), map.has('c')], [true, false, true])
    assert.deepEqual([...map.values()], [2, 3])
  })

  it('does not take reading for setting', () => {
    const map = new RecentMap<string, number>({ limit: 1 })
    map.set('a', 1)
    assert.equal(map.get('a'), 1)
    map.set('b', 2)
    assert.equal(map.has('a'), false)
  })
})
