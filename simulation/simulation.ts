import process from 'node:process'
import { Checks, type Tally, describeRow } from './checks.ts'
import { Database } from './database.ts'
import { DishonestSigner } from './dishonest-signer.ts'
import { type Stage, planFaults } from './fault-plan.ts'
import { Machine, SYNC_INTERVAL_MS, peerIdOf } from './machine.ts'
import { type Scenario, type ScenarioOptions, createScenario } from './scenario.ts'
import { checkHistory, checkPending, checkTheEnd } from './the-end.ts'
import { Violation } from './violation.ts'
import { createWorld } from './world.ts'

/** Faults begin when nodes have found each other, and end so many rounds, and so long, before the last. */
const FIRST_FAULT_MS = 20_000
const LAST_ROUNDS = 2
const LAST_MS = 120_000

/** Guards of the simulated machines that can be left out, to see that it is noticed. */
export type Guard = 'sync' | 'sign-once'

export interface SimulationOptions {
  /** @default none */
  readonly without?: readonly Guard[] | undefined
  /** Takes a readable line for everything that happens. */
  readonly trace?: ((line: string) => void) | undefined
  /** Told how far it is, parts of 1, now and then. */
  readonly onProgress?: ((done: number) => void) | undefined
}

/** What one run came to. */
export interface SimulationResult {
  readonly scenario: Scenario
  readonly violation: Violation | undefined
  readonly tally: Tally
  readonly crashes: number
  /** Sent by all nodes. */
  readonly messages: number
  readonly bytes: number
  readonly questions: number
  readonly statements: Database['statements']
  readonly steps: number
  readonly elapsedMs: number
  /** One number for everything that happened. */
  readonly digest: string
}

/** Runs a network from its first round to its last and some time after it, and checks it all the way. */
export async function simulate(
  options: ScenarioOptions,
  { trace, onProgress, without = [] }: SimulationOptions = {},
): Promise<SimulationResult> {
  const startMs = performance.now()
  const scenario = createScenario(options)
  const world = createWorld(scenario, { write: trace })
  const { scheduler, streams } = world
  let violation: Violation | undefined
  const fail = (found: Violation): void => {
    if (violation === undefined) world.trace.note('checks', `${found.invariant}: ${found.message}`)
    violation ??= found
  }
  const honest = scenario.keys.slice(0, scenario.nodes - scenario.dishonest)
  const checks = new Checks(world, {
    honestPeers: new Set(honest.map((_, index) => peerIdOf(index))),
    honestSigners: new Set(honest.map(({ address }) => address)),
    fail,
  })
  const stage = setStage({ world, checks, honest, without })
  const onRejection = (error: unknown): void => {
    fail(new Violation('no-mistake', `a promise was rejected and nobody looked: ${String(error)}`, { cause: error }))
  }
  process.on('unhandledRejection', onRejection)
  try {
    const roundUs = scenario.constants.intervalMs * 1_000
    const lastRounds = Math.max(LAST_ROUNDS, Math.ceil(LAST_MS / scenario.constants.intervalMs))
    const faultsOverUs = Math.max(1, scenario.rounds - lastRounds) * roundUs
    const starts = streams('starts')
    for (const machine of stage.machines) scheduler.after(starts() * 3_000_000, () => machine.start())
    for (let index = honest.length; index < scenario.nodes; index++) {
      const key = scenario.keys[index]
      if (key !== undefined) new DishonestSigner(world, { index, key }).start({ untilUs: faultsOverUs })
    }
    planFaults(stage, { fromUs: FIRST_FAULT_MS * 1_000, untilUs: faultsOverUs })
    const healedUs = faultsOverUs + HEALING_MS * 1_000
    // Only then is anything pending by now that was proposed while there were faults.
    if (scenario.constants.intervalMs > HEALING_MS) {
      scheduler.after(healedUs - scheduler.nowUs, () => checkPending(stage, { checks, fail }))
    }
    const goesOn = (): boolean => violation === undefined
    for (let round = 1; round <= scenario.rounds && goesOn(); round++) {
      await scheduler.run(round * roundUs, goesOn)
      onProgress?.(round / scenario.rounds)
    }
    if (goesOn()) await settle(stage, { checks, goesOn })
  } catch (error) {
    fail(error instanceof Violation ? error : new Violation('no-mistake', String(error), { cause: error }))
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  return {
    ...sumUp(stage),
    scenario,
    violation,
    tally: checks.tally,
    elapsedMs: performance.now() - startMs,
    digest: world.trace.digest,
  }

  /** No more prices; what is under way comes to its end. */
  async function settle(
    { machines }: Stage,
    { goesOn }: { readonly checks: Checks; readonly goesOn: () => boolean },
  ): Promise<void> {
    const { intervalMs, quietPeriodMs } = scenario.constants
    for (const { mood } of machines) mood.isDown = true
    // Well before the last collect window ends, long after everybody has asked everybody.
    await scheduler.run(scheduler.nowUs + Math.min(intervalMs * PART_OF_WINDOW, HEALING_MS) * 1_000, goesOn)
    if (!goesOn()) return
    checkPending(stage, { checks, fail })
    await scheduler.run(scheduler.nowUs + (2 * intervalMs + 4 * quietPeriodMs + HEALING_MS) * 1_000, goesOn)
    if (goesOn()) checkTheEnd(stage, { checks, fail, describeRow })
    if (goesOn()) await checkHistory(stage, { fail })
  }
}

/** What is pending is compared this part of a round after the last one: no clock is so far ahead that it ends earlier. */
const PART_OF_WINDOW = 0.7
/** After ten sync intervals without faults everybody has caught up, milliseconds. */
const HEALING_MS = 10 * SYNC_INTERVAL_MS

function setStage({
  world,
  checks,
  honest,
  without,
}: {
  readonly world: Stage['world']
  readonly checks: Checks
  readonly honest: Scenario['keys']
  readonly without: readonly Guard[]
}): Stage {
  const { scenario, streams } = world
  const open = (): Database => new Database((row, where, writer) => checks.onRow(row, where, writer))
  const shared = open()
  const databases = scenario.tables === 'shared' ? [shared] : honest.map(open)
  const isSkewed = scenario.faults.includes('skew')
  const random = streams('skew')
  const machines = honest.map((key, index) => {
    const [ahead, fast] = [random(), random()]
    return new Machine(
      { world, watcher: checks },
      {
        index,
        key,
        database: databases[index] ?? shared,
        aheadMs: isSkewed ? Math.round((2 * ahead - 1) * 4_000) : 0,
        rate: isSkewed ? 1 + (2 * fast - 1) * 0.000_1 : 1,
        isSynced: !without.includes('sync'),
        isForgetful: without.includes('sign-once'),
      },
    )
  })
  return { world, machines, databases }
}

function sumUp({ world, machines, databases }: Stage) {
  const { network, desk, scheduler } = world
  const statements: Database['statements'] = {
    insert: 0,
    'find-holders': 0,
    'insert-equivocations': 0,
    'find-present': 0,
  }
  for (const database of databases) {
    for (const [name, count] of Object.entries(database.statements))
      statements[name as keyof typeof statements] += count
  }
  return {
    crashes: machines.reduce((sum, { lives }) => sum + lives - 1, 0),
    messages: network.traffic.sent,
    bytes: network.traffic.sentBytes,
    questions: desk.traffic.questions,
    statements,
    steps: scheduler.steps,
  }
}
