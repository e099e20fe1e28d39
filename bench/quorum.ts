import type { LogRecord } from '../src/telemetry/log-format.ts'
import { type Measurement, percentile } from './measurement.ts'
import { NODES, nextRoundAt, prepareNetwork } from './network-plan.ts'
import { NEVER } from './price-server.ts'
import { startProcessNetwork } from './process-network.ts'
import { type Workbench, waitUntil } from './workbench.ts'

const INTERVAL_SECONDS = 2
const ROUNDS = 21
const TARGET_P99_MS = 500
/** Between the nodes being ready and the first round that is measured. */
const SETTLE_MS = 2_000
const PATIENCE_MS = 10_000

/** How long it takes from a proposal until all nodes hold a quorum over it, at a pace that leaves them idle in between. */
export async function measureQuorum(workbench: Workbench): Promise<Measurement[]> {
  const { clock, progress } = workbench
  const courses = new Courses()
  progress.step(`quorum: starting ${NODES} nodes`)
  const prepared = await prepareNetwork(workbench, {
    pairs: ['ETH-USD'],
    intervalSeconds: INTERVAL_SECONDS,
    quietPeriodSeconds: 0.3,
    minimumSigners: 3,
    hours: NEVER,
  })
  const network = await startProcessNetwork(workbench, { prepared, onRecord: (record) => courses.note(record) })
  await network.untilReady()

  const fromMs = nextRoundAt(workbench, { intervalSeconds: INTERVAL_SECONDS, marginMs: SETTLE_MS })
  const untilMs = fromMs + ROUNDS * INTERVAL_SECONDS * 1_000
  prepared.prices.setHours({ fromMs, untilMs })
  progress.step(`quorum: ${ROUNDS} rounds of ${NODES} proposals, one round every ${INTERVAL_SECONDS} s`)
  await clock.sleep(untilMs - clock.now().wallMs, workbench.signal)
  await waitUntil(workbench, () => courses.durationsMs().length === courses.proposed, { timeoutMs: PATIENCE_MS })
  await network.stop()

  const durationsMs = courses.durationsMs()
  const note = `${durationsMs.length} of ${courses.proposed} statements, ${NODES} proposed together every ${INTERVAL_SECONDS} s`
  return [
    { name: 'proposal to quorum on all nodes, p50', value: percentile(durationsMs, 0.5), unit: 'ms', note },
    {
      name: 'proposal to quorum on all nodes, p99',
      value: percentile(durationsMs, 0.99),
      unit: 'ms',
      target: TARGET_P99_MS,
    },
  ]
}

/**
 * When statements were proposed and when each node held a quorum, by id; in milliseconds on the wall clock that all
 * nodes share, as they wrote it into their logs.
 */
class Courses {
  readonly #proposedAtMs = new Map<unknown, number>()
  readonly #quorumAtMs = new Map<unknown, number[]>()

  note({ msg, time, id }: LogRecord): void {
    const atMs = Date.parse(time)
    if (msg.startsWith('proposed ')) this.#proposedAtMs.set(id, atMs)
    else if (msg.startsWith('quorum: ')) this.#quorumAtMs.set(id, [...(this.#quorumAtMs.get(id) ?? []), atMs])
  }

  get proposed(): number {
    return this.#proposedAtMs.size
  }

  /** Of the statements over which all nodes hold a quorum. */
  durationsMs(): number[] {
    return [...this.#proposedAtMs].flatMap(([id, proposedAtMs]) => {
      const quorumAtMs = this.#quorumAtMs.get(id) ?? []
      return quorumAtMs.length < NODES ? [] : [Math.max(...quorumAtMs) - proposedAtMs]
    })
  }
}
