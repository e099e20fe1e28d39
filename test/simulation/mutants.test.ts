import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { type Runner, huntMutant } from '../../simulation/mutant-hunt.ts'
import { formatRecord, readRecord } from '../../simulation/mutant-record.ts'
import { MUTANTS, type Mutant } from '../../simulation/mutants.ts'
import { createProgress } from '../../simulation/progress.ts'
import type { RunSummary } from '../../simulation/run-summary.ts'
import type { ScenarioOptions } from '../../simulation/scenario.ts'
import { INVARIANTS, type Invariant } from '../../simulation/violation.ts'
import { violationWithout } from '../helpers/mutants-at-work.ts'

const AGAIN = 'npm run simulate -- --mutants --record finds other seeds'
/** Found within a second, however the network comes out; test/long/ has all of them. */
const SAMPLE = ['proposer-counted-twice', 'restart-skips-quiet-period']

describe('the mutants', () => {
  for (const { name, file, search, replacement } of MUTANTS) {
    it(`${name} fits its file`, () => {
      const occurrences = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split(search).length - 1
      assert.equal(occurrences, 1, `its text is in ${file} ${occurrences} times`)
      assert.notEqual(replacement, search)
    })
  }

  it('have names of their own', () => {
    assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length)
  })

  it('are all on record, each with what it violates', () => {
    const record = readRecord()
    assert.deepEqual(
      Object.keys(record),
      MUTANTS.map(({ name }) => name),
      AGAIN,
    )
    for (const { invariant } of Object.values(record)) assert.ok(invariant in INVARIANTS, invariant)
  })

  it('are in the decision record as they are on record', () => {
    const document = readFileSync(new URL('../../docs/decisions/0032-mutants.md', import.meta.url), 'utf8')
    assert.ok(
      document.includes(`\n${formatRecord(readRecord())}\n`),
      `the table should read:\n${formatRecord(readRecord())}`,
    )
  })

  for (const name of SAMPLE) {
    it(`are found, as ${name} is`, async () => {
      const found = await violationWithout(name)
      assert.equal(found, readRecord()[name]?.invariant, AGAIN)
    })
  }
})

const [MUTANT] = MUTANTS as [Mutant]

/** Violates an invariant from a seed on, and in every scenario of `always`. */
function runner(from: number, always: readonly number[] = []): Runner {
  const summarize = (options: ScenarioOptions): RunSummary => {
    const isBroken = options.seed >= from || always.includes(options.seed)
    const violation = isBroken
      ? { invariant: 'sound-row' as Invariant, message: 'planted', cause: undefined }
      : undefined
    return { options, tables: 'own', violation } as unknown as RunSummary
  }
  return { run: async (options) => summarize(options), end: () => Promise.resolve() }
}

describe('a hunt', () => {
  const never = Number.POSITIVE_INFINITY
  const components = {
    progress: createProgress({ write: () => true }, { terminal: false, colour: false }),
    nowMs: () => 0,
  }
  const options = { mutant: MUTANT, seed: 1, seeds: 20, forMs: 1_000, atOnce: 1 }

  it('ends with the first seed that notices, and the smallest scenario of it', async () => {
    const { finding, unsound } = await huntMutant({ ...components, sound: runner(never), mutated: runner(7) }, options)
    assert.deepEqual(finding, {
      seed: 7,
      invariant: 'sound-row',
      options: '--nodes 2 --rounds 3 --seed 7 --faults none --tables own',
    })
    assert.deepEqual(unsound, [])
  })

  it('finds nothing by a seed that violates something with the guard, too', async () => {
    const sound = runner(never, [3])
    const { finding, unsound } = await huntMutant({ ...components, sound, mutated: runner(7, [3]) }, options)
    assert.equal(finding?.seed, 7)
    assert.deepEqual(
      unsound.map((run) => run.options.seed),
      [3],
    )
  })

  it('finds nothing when nobody notices', async () => {
    const hunt = await huntMutant({ ...components, sound: runner(never), mutated: runner(never) }, options)
    assert.equal(hunt.finding, undefined)
    assert.equal(hunt.seeds, 20)
  })
})
