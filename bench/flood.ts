import { setImmediate as nextTurn } from 'node:timers/promises'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import type { Verdict } from '../src/core/verdict.ts'
import { expectedTraffic } from '../src/gossip/expected-traffic.ts'
import type { TrafficLimits } from '../src/gossip/peer-standing.ts'
import { createBenchLogger } from './bench-logger.ts'
import { FloodTally } from './flood-tally.ts'
import { type FloodPlan, FloodScene, type Sent, createFloodClock } from './flood-scene.ts'
import { openInboxes } from './inboxes.ts'
import type { Measurement } from './measurement.ts'
import { type MemoryUsage, readMemory } from './memory.ts'
import { createSigningNetwork } from './signing-network.ts'
import type { Workbench } from './workbench.ts'

const MESSAGES = 1_000_000
/** Before the first reading: by then code is compiled, and what is kept up to a limit has mostly reached it. */
const WARM_UP_MESSAGES = 20_000
/** So many arrive in a second, and so many of them before the first is judged. */
const MESSAGES_PER_SECOND = 2_000
const AT_ONCE = 50
/** Eight rounds begin and end while the flood lasts. */
const PLAN = { signers: 5, pairs: 3, intervalMs: 60_000, quietPeriodMs: 20_000 }
/** All that is held of statements and signers is due to be forgotten by then. */
const AFTERWARDS_MS = 4 * PLAN.intervalMs
const PROGRESS_EVERY = 100_000
/** Others have their turn, and Ctrl-C is heard, after so many. */
const TURN_EVERY = 2_000
const TARGET_GROWTH_PERCENT = 10
const PLENTY = { capacity: 1_000_000_000, refillPerSecond: 1 }

interface Mode extends FloodPlan {
  readonly name: string
  readonly about: string
  readonly limits: (ofNetwork: TrafficLimits) => TrafficLimits
  /** Whether verifying uses up the time that peers have for it. */
  readonly isTimed: boolean
}

const MODES: readonly Mode[] = [
  {
    name: 'as in life',
    about: 'most are dropped unread, since their peers are expelled or use up what unknown peers share',
    limits: (ofNetwork) => ofNetwork,
    isTimed: true,
    knownPeers: 0.4,
    messagesOfAPeer: 2,
  },
  {
    name: 'every one judged',
    about: 'buckets hold everything, time for verifying is endless, no peer lies often enough to be expelled',
    limits: () => ({ messageBucket: PLENTY, byteBucket: PLENTY, signatureBucket: PLENTY, wasteBucket: PLENTY }),
    isTimed: false,
    knownPeers: 0,
    messagesOfAPeer: 4,
  },
]

/** What a million hostile messages leave behind in the inboxes of a node and in all that they fill. */
export async function measureFlood(workbench: Workbench): Promise<Measurement[]> {
  const { curve, fault } = loadSecp256k1()
  if (fault !== undefined)
    workbench.progress.note(`flood: takes ten minutes, with ${curve.implementation} (${fault.reason})`)
  const measurements: Measurement[] = []
  for (const mode of MODES) measurements.push(...(await flood(workbench, { curve, mode })))
  return measurements
}

async function flood(
  workbench: Workbench,
  { curve, mode }: { readonly curve: Secp256k1; readonly mode: Mode },
): Promise<Measurement[]> {
  const { progress, signal } = workbench
  // Warnings are left out: that peers are expelled is the purpose.
  const logger = createBenchLogger(({ level, message, facts }) => {
    if (level === 'error') workbench.logger.error(message, facts)
  })
  const network = createSigningNetwork({ curve }, PLAN)
  const clock = createFloodClock(workbench, mode)
  const { constants } = network
  const node = openInboxes(
    { curve, clock, logger, nextTurn: () => nextTurn() },
    { constants, limits: mode.limits(expectedTraffic(constants)) },
  )
  const scene = new FloodScene({ network, clock }, mode)
  const receive = ({ topic, data, from }: Sent): Promise<Verdict> => node.inboxes[topic].receive(data, from)

  const send = async (messages: number): Promise<FloodTally> => {
    const tally = new FloodTally()
    for (let sent = 0; sent < messages; sent += AT_ONCE) {
      if (sent % PROGRESS_EVERY === 0) {
        progress.step(`flood, ${mode.name}: ${sent.toLocaleString('en')} of ${messages.toLocaleString('en')} messages`)
      }
      if (sent % TURN_EVERY === 0) {
        await nextTurn()
        signal.throwIfAborted()
      }
      for (const message of scene.honestMessages()) tally.addHonest(await receive(message))
      const hostile = scene.hostileMessages(AT_ONCE)
      const fromMs = workbench.clock.now().monoMs
      const verdicts = await Promise.all(hostile.map(receive))
      tally.addHostile(verdicts, { tookMs: workbench.clock.now().monoMs - fromMs })
      clock.advance((1_000 * AT_ONCE) / MESSAGES_PER_SECOND)
      node.tick()
    }
    return tally
  }

  const start = await readMemory()
  await send(WARM_UP_MESSAGES)
  const before = await readMemory()
  const tally = await send(MESSAGES)
  const after = await readMemory()
  clock.advance(AFTERWARDS_MS)
  node.tick()
  const known = node.directory.nodes().length
  const afterwards = await readMemory()
  const held = Object.values(node.engine.pool.census()).reduce((sum, count) => sum + count, 0)
  return describe(mode, {
    curve,
    tally,
    memory: { start, before, after, afterwards },
    left: `${held} statements and ${known} statuses are held`,
  })
}

function describe(
  { name, about }: Mode,
  found: {
    readonly curve: Secp256k1
    readonly tally: FloodTally
    readonly memory: Readonly<Record<'start' | 'before' | 'after' | 'afterwards', MemoryUsage>>
    readonly left: string
  },
): Measurement[] {
  const { tally, curve } = found
  const { start, before, after, afterwards } = found.memory
  const grown = (to: MemoryUsage): number => 100 * (to.heapBytes / before.heapBytes - 1)
  const warm = `${megabytes(before.heapBytes)} after a warm-up of ${WARM_UP_MESSAGES.toLocaleString('en')} messages`
  const from = `${megabytes(start.heapBytes)} at the start, ${warm}`
  return [
    {
      name: `heap growth by a million hostile messages, ${name}`,
      value: grown(after),
      unit: '%',
      target: TARGET_GROWTH_PERCENT,
      note: `${from}, ${megabytes(after.heapBytes)} after a million more; ${about}`,
    },
    {
      name: `heap growth when their collect windows are over, ${name}`,
      value: grown(afterwards),
      unit: '%',
      target: TARGET_GROWTH_PERCENT,
      note: `${megabytes(afterwards.heapBytes)}; ${found.left}`,
    },
    {
      name: `resident memory, ${name}`,
      value: after.residentBytes / 1_000_000,
      unit: 'MB',
      note: `${megabytes(before.residentBytes)} before; of this whole process, which makes the messages, too`,
    },
    {
      name: `hostile messages taken in, ${name}`,
      value: tally.ratePerSecond,
      unit: '1/s',
      note: `by the clock, making them left out; ${curve.implementation}`,
    },
    { name: `hostile messages judged, ${name}`, value: tally.judged, unit: 'count', note: tally.codes },
    { name: `honest messages taken meanwhile, ${name}`, value: tally.honestTakenPercent, unit: '%' },
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
