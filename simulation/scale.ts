import process from 'node:process'
import { createSignerSet } from '../src/core/signer-set.ts'
import { roundAt } from '../src/core/statement.ts'
import { topicNames } from '../src/gossip/topic-name.ts'
import { Database } from './database.ts'
import { BESIDE, type MemberTraffic } from './gossip-member.ts'
import { Machine } from './machine.ts'
import { EPOCH_MS } from './process-clock.ts'
import { ScaleRecord } from './scale-record.ts'
import { type Scenario, simulatedKeys } from './scenario.ts'
import { type World, createWorld } from './world.ts'

export interface ScaleOptions {
  readonly seed: number
  /** All of them may sign. */
  readonly nodes: number
  /** The first of them make statements of their own, so many at most; all others co-sign alone. */
  readonly proposers: number
  /** Rounds that count, after one that does not. */
  readonly rounds: number
  /** Between any two nodes one way, milliseconds in the mean. */
  readonly latencyMs: number
  /** Whether statuses reach everybody, not peers of their maker alone. @default false */
  readonly spreadsStatuses?: boolean
}

/** What all nodes together were sent and looked at. */
export type Traffic = MemberTraffic & {
  /** Messages as their makers sent them, each once. */
  readonly published: number
}

/** What one size came to, in the rounds that count. */
export interface ScaleMeasurement {
  readonly nodes: number
  readonly proposers: number
  readonly seconds: number
  readonly rows: number
  readonly statements: number
  /** Of other signers than the proposer, those included that no set takes. */
  readonly coSignatures: number
  /** In the rows. */
  readonly signatures: number
  /** Signatures of others that nodes took, all together. */
  readonly taken: number
  readonly refusals: number
  readonly hungUp: number
  /** Of a node, in the mean. */
  readonly connections: number
  readonly traffic: {
    readonly prices: Traffic
    readonly refusals: Traffic
    readonly status: Traffic
    readonly sync: Traffic
  }
  /** Milliseconds from the proposal on, in ascending order. */
  readonly quorum: { readonly first: readonly number[]; readonly everywhere: readonly number[] }
  readonly writes: number
  /** Of the history, too. */
  readonly reads: number
  /** Of the simulation itself. */
  readonly events: number
  readonly wallSeconds: number
  readonly peakBytes: number
}

/** A round holds the whole life of a row, with the quiet period of the defaults. */
const INTERVAL_MS = 60_000
const QUIET_PERIOD_MS = 30_000
const MINIMUM_SIGNERS = 3
export const MAXIMUM_SIGNERS = 16
/** How long nodes take to start one after the other, microseconds. */
const STARTS_US = 3_000_000
const STEP_US = 500_000

/** Runs the real nodes of one network without faults, and counts what a row costs. */
export async function measureScale(
  options: ScaleOptions,
  { onProgress }: { readonly onProgress?: ((done: number) => void) | undefined } = {},
): Promise<ScaleMeasurement> {
  const startMs = performance.now()
  const scenario = scenarioOf(options)
  const world = createWorld(scenario)
  const { scheduler, network, streams } = world
  network.weather.latencyMs = options.latencyMs
  if (options.spreadsStatuses !== true) network.unforwarded.add(topicNames(scenario.constants.network).status)
  const record = new ScaleRecord({
    nowUs: () => scheduler.nowUs,
    nodes: options.nodes,
    fromRound: roundAt(EPOCH_MS + INTERVAL_MS, INTERVAL_MS),
  })
  const database = new Database((row, where) => {
    if (where === 'prices') record.onRow(row)
  })
  const historyReads = countReads(database)
  const starts = streams('starts')
  const memory = { peakBytes: 0 }
  for (const [index, key] of scenario.keys.entries()) {
    const proposes = index < options.proposers
    const machine = new Machine(
      { world, watcher: record },
      { index, key, database, proposes, aheadMs: 0, rate: 1, isSynced: true, isForgetful: false },
    )
    scheduler.after(starts() * STARTS_US, () => machine.start())
  }

  const endUs = (options.rounds + 1) * INTERVAL_MS * 1_000
  const runUntil = async (untilUs: number): Promise<void> => {
    while (scheduler.nowUs < untilUs) {
      await scheduler.run(Math.min(untilUs, scheduler.nowUs + STEP_US))
      memory.peakBytes = Math.max(memory.peakBytes, process.memoryUsage.rss())
      onProgress?.(scheduler.nowUs / endUs)
    }
  }
  await runUntil(INTERVAL_MS * 1_000)
  const before = countsOf(world, { database, record, historyReads })
  await runUntil(endUs)
  const after = countsOf(world, { database, record, historyReads })
  const { first, everywhere } = record.quorumTimes()
  return {
    nodes: options.nodes,
    proposers: Math.min(options.nodes, options.proposers),
    seconds: (options.rounds * INTERVAL_MS) / 1_000,
    rows: record.rows.length,
    statements: record.proposals,
    coSignatures: record.coSignatures,
    signatures: record.rows.reduce((sum, { attestation }) => sum + attestation.signatures.size, 0),
    taken: record.taken,
    refusals: record.refusals,
    hungUp: record.hungUp,
    connections: meanOf([...network.members()].map((member) => member.connectedPeers().length)),
    traffic: {
      prices: difference(before.prices, after.prices),
      refusals: difference(before.refusals, after.refusals),
      status: difference(before.status, after.status),
      sync: difference(before.sync, after.sync),
    },
    quorum: { first: first.toSorted((a, b) => a - b), everywhere: everywhere.toSorted((a, b) => a - b) },
    writes: after.writes - before.writes,
    reads: after.reads - before.reads,
    events: scheduler.steps,
    wallSeconds: (performance.now() - startMs) / 1_000,
    peakBytes: memory.peakBytes,
  }
}

function scenarioOf({ seed, nodes, rounds }: ScaleOptions): Scenario {
  const keys = simulatedKeys(nodes)
  return {
    seed,
    nodes,
    rounds: rounds + 1,
    faults: [],
    realKeys: false,
    keys,
    dishonest: 0,
    tables: 'shared',
    isDisputable: false,
    constants: {
      network: 'simulation',
      pairs: ['ETH-USD'],
      source: 'made-up',
      intervalMs: INTERVAL_MS,
      quietPeriodMs: QUIET_PERIOD_MS,
      minimumSigners: MINIMUM_SIGNERS,
      maximumSigners: MAXIMUM_SIGNERS,
      maxDeviation: 10_000_000n,
      signers: createSignerSet(keys.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
    },
  }
}

/** The history is read from the database, too. */
function countReads({ history }: Database): { count: number } {
  const reads = { count: 0 }
  for (const name of ['root', 'days', 'leaves', 'attestations'] as const) {
    const read = history[name].bind(history) as (...args: readonly unknown[]) => Promise<never>
    history[name] = (...args: readonly unknown[]) => {
      reads.count += 1
      return read(...args)
    }
  }
  return reads
}

function countsOf(
  { network, scenario }: World,
  {
    database,
    record,
    historyReads,
  }: { readonly database: Database; readonly record: ScaleRecord; readonly historyReads: { readonly count: number } },
) {
  const names = topicNames(scenario.constants.network)
  const on = (topic: string): Traffic => ({
    ...network.trafficOn(topic),
    published: record.published.get(topic) ?? 0,
  })
  const { statements } = database
  return {
    prices: on(names.prices),
    refusals: on(names.refusals),
    status: on(names.status),
    sync: on(BESIDE),
    writes: statements.insert + statements['find-holders'] + statements['insert-equivocations'],
    reads: statements['find-present'] + historyReads.count,
  }
}

function difference(before: Traffic, after: Traffic): Traffic {
  return {
    sent: after.sent - before.sent,
    sentBytes: after.sentBytes - before.sentBytes,
    judged: after.judged - before.judged,
    judgedBytes: after.judgedBytes - before.judgedBytes,
    published: after.published - before.published,
  }
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
