import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defer } from '../helpers/defer.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const PROGRAM = fileURLToPath(new URL('../helpers/owe-until-killed.ts', import.meta.url))
const KILLS = 8
const LINES_BEFORE_A_KILL = 400
const MINIMUM = 3

/** Numbers in [0, 1) that follow from a seed. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What a node has said over all its lives, and the table that it writes to: it is away now and then. */
class World {
  readonly table = new Set<string>()
  /** What was on its disk at some time. */
  readonly kept = new Set<string>()
  /** What is on its disk, as it said when it started and since. */
  owed = new Set<string>()
  /** Slots that its key has signed, and which statement. */
  readonly signed = new Map<string, string>()
  answered = 0
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** @returns what the table answers */
  hear(line: string, { isAway }: { readonly isAway: boolean }): string | undefined {
    const [word = '', id = '', count = '', slot = '-'] = line.split(' ')
    switch (word) {
      case 'owes':
        this.owed = new Set(line.split(' ').slice(1).filter(Boolean))
        for (const known of this.kept) assert.ok(this.owed.has(known) || this.table.has(known), `${known} is lost`)
        // It may have been killed between the write and the word.
        for (const known of this.owed) this.kept.add(known)
        return undefined
      case 'kept':
        this.kept.add(id)
        this.owed.add(id)
        return undefined
      case 'left':
        assert.ok(this.table.has(id), `${id} left the disk before the table had it`)
        this.owed.delete(id)
        return undefined
      case 'sent':
        assert.ok(Number(count) < MINIMUM || this.kept.has(id), `${id} was sent at quorum before it was on the disk`)
        if (slot !== '-') {
          assert.equal(this.signed.get(slot) ?? id, id, `${slot} is signed twice`)
          this.signed.set(slot, id)
        }
        return undefined
      case 'write':
        assert.ok(Number(count) >= MINIMUM && this.kept.has(id), `${id} was written before it was on the disk`)
        return this.#write(id, isAway)
      default:
        return undefined
    }
  }

  #write(id: string, isAway: boolean): string | undefined {
    const isLost = isAway && this.#random() < 0.5
    if (isLost) return undefined
    const kind = this.table.has(id) ? 'present' : 'written'
    this.table.add(id)
    // It may also have committed what it cannot tell any more.
    if (isAway) return undefined
    this.answered += 1
    return `${id} ${kind}`
  }
}

/** One life of the node, from its start until the test has heard enough of it. */
async function live(
  t: TestContext,
  world: World,
  options: { readonly args: readonly string[]; readonly isAway: boolean; readonly enough: () => boolean },
): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...options.args], { stdio: ['pipe', 'pipe', 'inherit'] })
  defer(t, () => void child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined)
  const closed = once(child, 'close')
  let killed = false
  // What it said before it was killed is heard to the end: no more of it than what is on its disk is relied on.
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = world.hear(line, options)
    if (killed) continue
    if (answer !== undefined) child.stdin.write(`${answer}\n`)
    if (options.enough()) killed = child.kill('SIGKILL')
  }
  await closed
  assert.ok(killed, 'the node ended by itself')
}

describe('a node that is killed at any moment', { timeout: 300_000 }, () => {
  it('loses nothing that had quorum, sends none before it is on its disk, and signs no slot twice', async (t) => {
    const seed = Date.now() % 1_000_000
    t.diagnostic(`seed ${seed}`)
    const random = randomFrom(seed)
    const directory = await temporaryDirectory(t)
    const startedAt = `${Date.now()}`
    const world = new World(random)
    for (let run = 0; run < KILLS; run++) {
      let left = Math.ceil(random() * LINES_BEFORE_A_KILL)
      const args = [directory, `${run}`, startedAt]
      await live(t, world, { args, isAway: random() < 0.5, enough: () => --left <= 0 })
    }
    assert.ok(world.kept.size > KILLS, `${world.kept.size} statements at quorum`)

    const args = [directory, '-1', startedAt]
    await live(t, world, { args, isAway: false, enough: () => world.owed.size === 0 })
    assert.deepEqual(
      [...world.kept].filter((id) => !world.table.has(id)),
      [],
    )
    t.diagnostic(`${world.kept.size} at quorum, ${world.signed.size} signed, ${world.answered} answered`)
  })
})
