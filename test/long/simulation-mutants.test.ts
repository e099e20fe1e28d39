import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRecord, scenarioOfFinding } from '../../simulation/mutant-record.ts'
import { MUTANTS } from '../../simulation/mutants.ts'
import { summarize } from '../../simulation/run-summary.ts'
import { violationWithout } from '../helpers/mutants-at-work.ts'

const AGAIN = 'npm run simulate -- --mutants --record finds other seeds'

describe('the simulator notices nodes in which', () => {
  for (const { name, breaks } of MUTANTS) {
    it(`${breaks} (${name})`, async () => {
      const finding = readRecord()[name]
      assert.ok(finding !== undefined, AGAIN)
      assert.equal(await violationWithout(name), finding.invariant, AGAIN)
      const { violation } = await summarize(scenarioOfFinding(finding))
      assert.equal(violation?.message, undefined, 'the same scenario violates something with the guard, too')
    })
  }
})
