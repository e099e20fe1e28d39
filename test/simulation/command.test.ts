import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type CommandComponents, runCommand } from '../../simulation/command.ts'
import { commandOf, readOptions, scenarioOf } from '../../simulation/options.ts'
import { MUTANTS } from '../../simulation/mutants.ts'
import { createProgress } from '../../simulation/progress.ts'
import type { RunSummary } from '../../simulation/run-summary.ts'
import { summarize } from '../../simulation/run-summary.ts'
import { shrink } from '../../simulation/campaign.ts'
import { ALL_FAULTS, FAULTS, type ScenarioOptions } from '../../simulation/scenario.ts'
import { INVARIANTS } from '../../simulation/violation.ts'

function atWork(written: string[], complaints: string[]): CommandComponents {
  return {
    write: (text) => written.push(text),
    complain: (text) => complaints.push(text),
    progress: createProgress({ write: () => true }, { terminal: false, colour: false }),
    colour: false,
    nowMs: () => performance.now(),
    makeSeed: () => 7,
    cores: 1,
    openThreads: () => ({ run: (options) => summarize(options), end: () => Promise.resolve() }),
    runThere: () => Promise.reject(new Error('there is no other copy')),
  }
}

async function command(...args: readonly string[]) {
  const [written, complaints]: [string[], string[]] = [[], []]
  const exitCode = await runCommand(atWork(written, complaints), args)
  return { exitCode, written: written.join(''), complaints: complaints.join('') }
}

describe('npm run simulate', () => {
  it('says what was run, and what each row cost', async () => {
    const { exitCode, written } = await command(
      '--nodes',
      '4',
      '--rounds',
      '4',
      '--seed',
      '3',
      '--faults',
      'loss,crash',
    )
    assert.equal(exitCode, 0, written)
    assert.match(written, /^seed 3: 4 nodes, 4 rounds of \d+ s, .* f = 0$/m)
    assert.match(written, /^rows +\d+ committed/m)
    assert.match(written, /^messages +[\d,]+, \S+ a row; \S+ bytes a row/m)
    assert.match(written, /^SQL +\S+ write and \S+ read statements a row$/m)
  })

  it('runs many seeds, or as many as there is time for', async () => {
    const few = await command('--seeds', '2', '--nodes', '3', '--rounds', '3')
    assert.equal(few.exitCode, 0, few.written)
    assert.match(few.written, /^seeds from 7\n2 seeds without a violation$/m)
    const timed = await command('--for', '1s', '--nodes', '3', '--rounds', '3')
    assert.match(timed.written, /^[\d,]+ seeds without a violation$/m)
  })

  it('prints a readable line for everything that happens when asked to', async () => {
    const { written } = await command('--nodes', '3', '--rounds', '3', '--seed', '1', '--faults', 'crash', '--trace')
    assert.match(written, /^01-01 23:48:0\d\.\d{3} n0 +starts, process 1$/m)
    assert.match(written, /^\S+ \S+ table +prices 0x[0-9a-f]{64} of n\d$/m)
  })

  it('names every fault and everything that is checked in its help', async () => {
    const { exitCode, written } = await command('--help')
    assert.equal(exitCode, 0)
    for (const name of [...ALL_FAULTS, ...Object.keys(INVARIANTS), ...MUTANTS.map((mutant) => mutant.name)])
      assert.match(written, new RegExp(`^  ${name} `, 'm'))
  })

  it('runs nodes that lack a guard in a copy of the project, by the rest of the command', async () => {
    const [components, ran] = [atWork([], []), [] as { root: string; args: readonly string[]; file: string }[]]
    const exitCode = await runCommand(
      {
        ...components,
        runThere: async (root, args) => {
          ran.push({ root, args, file: readFileSync(join(root, 'simulation', 'simulation.ts'), 'utf8') })
          return 1
        },
      },
      ['--mutant', 'no-fsync', '--seed', '2', '--trace'],
    )
    assert.equal(exitCode, 1)
    assert.deepEqual(ran[0]?.args, ['--seed', '2', '--trace'])
    assert.match(ran[0]?.file ?? '', /isSynced: false/)
    assert.equal(existsSync(ran[0]?.root ?? ''), false)
  })

  for (const { args, says } of [
    { args: ['--nodes', '0'], says: '--nodes 0: expected a whole number from 1 to 1600' },
    { args: ['--seed', 'x'], says: '--seed x: expected a whole number' },
    { args: ['--faults', 'rain'], says: `--faults rain: the faults are ${ALL_FAULTS.join(', ')}` },
    { args: ['--for', '10'], says: '--for 10: expected a time, as 90s, 10m or 2h' },
    { args: ['--tables', 'two'], says: '--tables two: expected shared or own' },
    { args: ['--trace', '--seeds', '2'], says: '--trace shows one seed' },
    { args: ['--mutant', 'rain'], says: '--mutant rain: the mutants are no-fsync, ' },
    { args: ['--record'], says: '--record writes what --mutants finds' },
    { args: ['--rain'], says: "Unknown option '--rain'" },
  ]) {
    it(`refuses ${args.join(' ')} with a sentence`, async () => {
      const { exitCode, complaints, written } = await command(...args)
      assert.equal(exitCode, 1)
      assert.ok(complaints.startsWith(says), complaints)
      assert.ok(complaints.endsWith('(--help shows what there is)\n'))
      assert.equal(written, '')
    })
  }

  it('prints a command that runs the same scenario again', () => {
    const scenario = scenarioOf(9, { ...readOptions(['--faults', 'crash,loss']), nodes: 5 })
    const again = readOptions(commandOf(scenario).split(' ').slice(4))
    assert.deepEqual(scenarioOf(again.seed ?? -1, again), scenario)
  })
})

/** Fails as long as there are crashes, four nodes and five rounds. */
async function run(options: ScenarioOptions): Promise<RunSummary> {
  const isBroken = options.faults.includes('crash') && options.nodes >= 4 && options.rounds >= 5
  const violation = isBroken ? { invariant: 'nothing-lost', message: 'planted', cause: undefined } : undefined
  return { options, tables: 'own', violation } as unknown as RunSummary
}

describe('a violation', () => {
  it('is made as small as shows it: faults, rounds, nodes', async () => {
    const failed = await run({ seed: 1, nodes: 9, rounds: 14, faults: ALL_FAULTS })
    const { options } = await shrink(failed, { run, isOver: () => false })
    assert.deepEqual(options, { seed: 1, nodes: 4, rounds: 5, faults: ['crash'], tables: 'own' })
  })

  it('stays as it is when there is no time', async () => {
    const failed = await run({ seed: 1, nodes: 9, rounds: 14, faults: Object.keys(FAULTS) as typeof ALL_FAULTS })
    assert.equal(await shrink(failed, { run, isOver: () => true }), failed)
  })
})
