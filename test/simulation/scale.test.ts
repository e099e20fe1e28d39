import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { drawLots } from '../../src/consensus/co-sign-turn.ts'
import { createProgress } from '../../simulation/progress.ts'
import { runScale } from '../../simulation/scale-command.ts'
import { type ScaleFigures, figuresOf, statusesASecond } from '../../simulation/scale-figures.ts'
import { MAXIMUM_SIGNERS, measureScale } from '../../simulation/scale.ts'
import { createScenario } from '../../simulation/scenario.ts'
import { createWorld } from '../../simulation/world.ts'
import { alice, bob, digest, price, statement } from '../helpers/statements.ts'

const SCALE = { seed: 1, proposers: 20, rounds: 2, latencyMs: 80 }
const [ID, OTHER_ID] = [digest(statement()), digest(statement({ price: price('1') }))]
/** The last copies of signatures that were on their way when the set was full. */
const SLACK = 1

async function command(...args: readonly string[]) {
  const [written, complaints]: [string[], string[]] = [[], []]
  const exitCode = await runScale(
    {
      write: (text) => written.push(text),
      complain: (text) => complaints.push(text),
      progress: createProgress({ write: () => true }, { terminal: false, colour: false }),
      colour: false,
      nowMs: () => performance.now(),
    },
    ['--scale', ...args],
  )
  return { exitCode, written: written.join(''), complaints: complaints.join('') }
}

describe('a row', () => {
  for (const { nodes, rows } of [
    { nodes: 5, rows: 10 },
    { nodes: 25, rows: 40 },
  ]) {
    describe(`of ${nodes} nodes`, () => {
      let figures: ScaleFigures
      before(async () => {
        const measured = await measureScale({ ...SCALE, nodes })
        assert.deepEqual([measured.statements, measured.rows, measured.hungUp], [rows, rows, 0])
        assert.equal(measured.quorum.everywhere.length, rows)
        figures = figuresOf(measured)
      })

      it('is written and read with no more SQL statements than the design allows', () => {
        assert.ok(figures.perRow.writes <= 1.2, `${figures.perRow.writes} writes`)
        assert.ok(figures.perRow.reads <= 0.05, `${figures.perRow.reads} reads`)
      })

      it('is signed by as many as its set takes, and by hardly anybody in vain', () => {
        const set = Math.min(nodes, MAXIMUM_SIGNERS)
        assert.equal(figures.perRow.signers, set)
        assert.ok(figures.perRow.coSignatures >= set - 1, `${figures.perRow.coSignatures}`)
        assert.ok(figures.perRow.coSignatures <= set - 1 + SLACK, `${figures.perRow.coSignatures}`)
      })

      it('costs a node no more messages than one for each signature', () => {
        const { messages, copies, signatures } = figures.perNodeAndRow
        const set = Math.min(nodes, MAXIMUM_SIGNERS)
        assert.ok(messages > 0 && messages <= set, `${messages} messages`)
        assert.ok(copies >= messages, `${copies} copies`)
        assert.ok(signatures >= set - 2 && signatures <= set + SLACK, `${signatures} signatures`)
      })

      it('is at quorum everywhere after what the way takes, several times over at most', () => {
        const { first, everywhere } = figures.quorumMs
        assert.ok(first.p50 >= SCALE.latencyMs, `${first.p50} ms`)
        assert.ok(first.p50 <= everywhere.p50 && everywhere.p99 <= 6 * SCALE.latencyMs, `${everywhere.p99} ms`)
      })
    })
  }

  it('is proposed by as many nodes as are to propose, of which all others co-sign', async () => {
    const { statements, coSignatures } = await measureScale({ ...SCALE, nodes: 12, proposers: 3, rounds: 1 })
    assert.deepEqual({ statements, coSignatures }, { statements: 3, coSignatures: 3 * 11 })
  })

  it('takes longer to come to quorum where the ways are longer', async () => {
    assert.ok((await quorumAt(400)) > 2 * (await quorumAt(80)))
  })
})

async function quorumAt(latencyMs: number): Promise<number> {
  return figuresOf(await measureScale({ ...SCALE, nodes: 5, rounds: 1, latencyMs })).quorumMs.everywhere.p50
}

describe('what the nodes of one process share', () => {
  it('ranks signers as each of them would', () => {
    const world = createWorld(createScenario({ seed: 1, nodes: 3, rounds: 1, faults: [] }))
    for (const [id, signer] of [
      [ID, alice],
      [OTHER_ID, alice],
      [OTHER_ID, bob],
      [ID, bob],
      [ID, alice],
    ] as const) {
      assert.deepEqual(world.lots(id)(signer.address), drawLots(id)(signer.address))
    }
  })
})

describe('statuses', () => {
  it('are as many as calculated where they are passed on', async () => {
    const nodes = 25
    const { traffic, seconds } = await measureScale({ ...SCALE, nodes, spreadsStatuses: true })
    const measured = traffic.status.judged / nodes / seconds
    const calculated = statusesASecond(nodes)
    assert.ok(Math.abs(measured / calculated - 1) < 0.1, `${measured} a second, not ${calculated}`)
  })
})

describe('npm run simulate -- --scale', () => {
  it('prints a line for each size, and how it was measured', async () => {
    const { exitCode, written } = await command('--sizes', '5,3', '--rounds', '1', '--latency', '20')
    assert.equal(exitCode, 0, written)
    assert.match(written, /^seed 1: all nodes may sign .*; 20 of them propose/m)
    assert.match(written, /20 ms one way/)
    assert.match(written, /^ *nodes +rows +messages +copies .* quorum +everywhere /m)
    assert.match(written, /^ +3 +3 [\s\S]*^ +5 +5 /m)
  })

  it('prints JSON for machines', async () => {
    const { written } = await command('--sizes', '3', '--rounds', '1', '--json', '--seed', '4')
    const { options, sizes } = JSON.parse(written) as { options: unknown; sizes: readonly ScaleFigures[] }
    assert.deepEqual(options, { help: false, ...SCALE, seed: 4, sizes: [3], rounds: 1, json: true })
    assert.deepEqual(
      sizes.map(({ nodes, rows, perRow }) => [nodes, rows, perRow.signers]),
      [[3, 3, 3]],
    )
  })

  it('says what there is when asked', async () => {
    const { exitCode, written } = await command('--help')
    assert.equal(exitCode, 0)
    for (const option of ['--sizes', '--proposers', '--rounds', '--latency', '--seed', '--json'])
      assert.match(written, new RegExp(`^  ${option} `, 'm'))
  })

  for (const { args, says } of [
    { args: ['--sizes', '5,0'], says: '--sizes 0: expected a whole number from 1 to 1600' },
    { args: ['--latency', 'x'], says: '--latency x: expected a whole number from 1 to 5000' },
    { args: ['--faults', 'all'], says: "Unknown option '--faults'" },
  ]) {
    it(`refuses ${args.join(' ')} with a sentence`, async () => {
      const { exitCode, complaints } = await command(...args)
      assert.equal(exitCode, 1)
      assert.ok(complaints.startsWith(says), complaints)
    })
  }
})
