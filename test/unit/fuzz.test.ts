import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { type Finding, replay, runCampaign } from '../../fuzz/campaign.ts'
import { runCommand } from '../../fuzz/command.ts'
import { inputAt } from '../../fuzz/mutate.ts'
import { createProgress } from '../../fuzz/progress.ts'
import { formatFinding } from '../../fuzz/report.ts'
import { type Target, bytesOf, rule } from '../../fuzz/target.ts'
import { TARGETS } from '../../fuzz/targets.ts'
import { toHex } from '../../src/core/hex.ts'

const FIXED_SEED = 20_250_101
const INPUTS = 250

function sentenceOf(finding: Finding | undefined): string {
  return finding === undefined ? '' : formatFinding(finding, { colour: false })
}

const TEXTS = ['{"version":3}', '3021.455'].map(bytesOf)

/** A decoder of texts with a bug of the test's choice. */
function planted(open: Target['open']): Target {
  return { name: 'planted', about: 'a decoder with a bug', share: 1, form: 'text', seeds: () => TEXTS, open }
}

function firstInputs(target: Target): string[] {
  const stock = { ...target, seeds: target.seeds() }
  return Array.from({ length: 100 }, (_, index) => toHex(inputAt(stock, { seed: FIXED_SEED, index })))
}

async function command(args: readonly string[], targets: readonly Target[] = TARGETS) {
  const [written, complaints]: [string[], string[]] = [[], []]
  const write = (text: string): number => written.push(text)
  const exitCode = await runCommand(
    {
      targets,
      write,
      complain: (text) => complaints.push(text),
      progress: createProgress({ write: () => true }, { terminal: false, colour: false }),
      colour: false,
      makeSeed: () => FIXED_SEED,
    },
    args,
  )
  return { exitCode, written: written.join(''), complaints: complaints.join('') }
}

describe('whatever it is fed, no decoder throws, breaks a rule or takes long', () => {
  for (const target of TARGETS) {
    it(target.name, async (test) => {
      const anySeed = randomBytes(4).readUInt32BE()
      test.diagnostic(`seeds ${FIXED_SEED} and ${anySeed}`)
      for (const seed of [FIXED_SEED, anySeed]) {
        const { inputs, finding } = await runCampaign(target, { seed, inputs: INPUTS })
        assert.equal(finding, undefined, sentenceOf(finding))
        assert.equal(inputs, INPUTS)
      }
    })

    it(`${target.name}: the same seed makes the same inputs, and nearly all of them differ`, () => {
      const made = firstInputs(target)
      assert.deepEqual(firstInputs(target), made)
      assert.ok(new Set(made).size > 60, `${new Set(made).size} different ones`)
    })
  }

  it('no two decoders have the same name, by which their inputs are made', () => {
    assert.equal(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length)
  })
})

describe('a bug in a decoder', () => {
  const throwing = planted(() => (input) => {
    if (input.includes(0x2e) && input.length % 7 === 0) throw new TypeError('planted')
    return 'read'
  })

  it('is found, and printed with the seed, the input and the command that shows it again', async () => {
    const { finding } = await runCampaign(throwing, { seed: 7, inputs: 10_000 })
    assert.ok(finding !== undefined)
    const printed = sentenceOf(finding)
    assert.match(printed, /finding: planted does what it must not\nseed {4}7\n/)
    assert.match(printed, /TypeError: planted/)
    assert.ok(printed.includes(finding.hex))
    assert.ok(printed.endsWith(`npm run fuzz -- --seed 7 --target planted --at ${finding.index}\n`), printed)
  })

  it('is shown again by that command', async () => {
    const { exitCode, written } = await command(['--seed', '7'], [throwing])
    assert.equal(exitCode, 1)
    const again = /npm run fuzz -- (.*)\n/.exec(written)?.[1]
    assert.ok(again !== undefined, written)
    const shown = await command(again.split(' '), [throwing])
    assert.equal(shown.exitCode, 1)
    for (const line of [/^input .*$/m, /^error .*$/m, /^again .*$/m]) {
      assert.deepEqual(line.exec(shown.written)?.[0], line.exec(written)?.[0])
    }
  })

  it('that shows only after other inputs is shown again after the same ones', async () => {
    const forgetful = planted(() => {
      let points = 0
      return (input) => {
        if (input.includes(0x2e)) points += 1
        rule(points < 30, 'never thirty points')
        return 'read'
      }
    })
    const { finding } = await runCampaign(forgetful, { seed: 7, inputs: 10_000 })
    assert.ok(finding !== undefined)
    const again = await replay(forgetful, { seed: 7, index: finding.index })
    assert.ok('finding' in again)
    assert.deepEqual([again.finding.index, again.finding.hex], [finding.index, finding.hex])
  })

  it('that takes long is found', async () => {
    const slow = planted(() => () => {
      const untilMs = performance.now() + 20
      while (performance.now() < untilMs);
      return 'read'
    })
    const { finding } = await runCampaign(slow, { seed: 7, inputs: 10, longestMs: 10 })
    assert.deepEqual([finding?.kind, finding?.index], ['slow', 0])
  })

  it('that keeps memory is found', async () => {
    const kept: Uint8Array[] = []
    const hoarding = planted(() => () => {
      kept.push(new Uint8Array(16_384))
      return 'read'
    })
    const { finding } = await runCampaign(hoarding, { seed: 7, inputs: 7_000 })
    assert.equal(finding?.kind, 'memory')
    assert.match(sentenceOf(finding), /keeps what it should forget[^]*--seed 7 --target planted --inputs 7000\n/)
    assert.equal(kept.length, 7_000)
  })
})

describe('npm run fuzz', () => {
  it('says its seed first, shares the inputs out among all decoders, and ends with a table and status 0', async () => {
    const { exitCode, written } = await command(['--inputs', '600'])
    assert.equal(exitCode, 0, written)
    assert.match(written, new RegExp(`^seed ${FIXED_SEED}\n`))
    for (const { name } of TARGETS) assert.match(written, new RegExp(`^${name} +\\d+ inputs`, 'm'))
    assert.match(written, /^total +600 inputs/m)
  })

  it('takes one decoder, and shows one input of it', async () => {
    const { exitCode, written } = await command(['--target', 'price-text', '--seed', '3', '--at', '5'])
    assert.equal(exitCode, 0, written)
    const target = TARGETS.find(({ name }) => name === 'price-text')
    assert.ok(target !== undefined)
    const input = inputAt({ ...target, seeds: target.seeds() }, { seed: 3, index: 5 })
    assert.ok(written.includes(`input   ${toHex(input)}\noutcome `), written)
  })

  it('ends when its time is up', async () => {
    const slow = planted(() => async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'read'
    })
    const { exitCode, written } = await command(['--time', '0.1', '--inputs', '4000000000'], [slow])
    assert.equal(exitCode, 0)
    assert.match(written, /^total +[\d,]+ inputs/m)
  })

  const mistakes: readonly (readonly [args: string, sentence: RegExp])[] = [
    ['--target prices', /--target prices: the targets are price-message, /],
    ['--inputs many', /--inputs many: expected a whole number from 1 to/],
    ['--at 5', /--at needs --seed and --target/],
    ['--quick', /Unknown option '--quick'/],
  ]
  for (const [args, sentence] of mistakes) {
    it(`refuses ${args} with a sentence`, async () => {
      const { exitCode, written, complaints } = await command(args.split(' '))
      assert.deepEqual([exitCode, written], [1, ''])
      assert.match(complaints, sentence)
    })
  }

  it('explains itself', async () => {
    const { exitCode, written } = await command(['--help'])
    assert.equal(exitCode, 0)
    for (const { name } of TARGETS) assert.match(written, new RegExp(`^ {2}${name} `, 'm'))
  })
})
