import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRepeatFilter } from '../../src/commands/repeat-filter.ts'

function line(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    level: 'warn',
    time: '2025-01-01T00:00:00.000Z',
    part: 'node',
    msg: 'it rains',
    ...overrides,
  })
}

describe('lines of the nodes of a starting cluster', () => {
  it('are repetitions when another node has said the same, whenever that was', () => {
    const isRepeat = createRepeatFilter()
    assert.equal(isRepeat('node1', line()), false)
    assert.equal(isRepeat('node2', line({ time: '2025-01-01T00:00:01.000Z' })), true)
    assert.equal(isRepeat('node3', line()), true)
  })

  it('are none when a node says it again, says something else, fails, or speaks of what is its own', () => {
    const isRepeat = createRepeatFilter()
    const cases = [
      ['node1', line()],
      ['node1', line()],
      ['node2', line({ msg: 'it pours' })],
      ['node2', line({ round: 7 })],
      ['node2', line({ level: 'error' })],
      ['node3', line({ level: 'error' })],
      ['node2', line({ part: 'peers' })],
      ['node3', line({ part: 'peers' })],
      ['node2', 'no record'],
      ['node3', 'no record'],
    ] as const
    for (const [name, text] of cases) assert.equal(isRepeat(name, text), false, `${name}: ${text}`)
  })
})
