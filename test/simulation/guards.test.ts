import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { summarize } from '../../simulation/run-summary.ts'
import type { Guard } from '../../simulation/simulation.ts'
import type { Invariant } from '../../simulation/violation.ts'

const CASES: readonly { readonly guard: Guard; readonly what: string; readonly finds: Invariant }[] = [
  { guard: 'sync', what: 'does not wait until a write is on the disk', finds: 'signed-once' },
  { guard: 'sign-once', what: 'forgets what it has signed when it starts again', finds: 'signed-once' },
]

describe('the simulator notices a machine that', () => {
  for (const { guard, what, finds } of CASES) {
    it(what, async (test) => {
      const found = new Set<Invariant | undefined>()
      for (let seed = 1; seed <= 10 && !found.has(finds); seed++) {
        const { violation } = await summarize({ seed, nodes: 5, rounds: 12, faults: ['crash'] }, { without: [guard] })
        found.add(violation?.invariant)
        if (violation !== undefined) test.diagnostic(`seed ${seed}: ${violation.invariant}: ${violation.message}`)
      }
      assert.ok(found.has(finds), [...found].join(', '))
    })
  }
})
