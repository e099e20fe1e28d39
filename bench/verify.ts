import process from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import { type Measurement, median } from './measurement.ts'
import { createSigningNetwork } from './signing-network.ts'
import { type Trial, trialsOf } from './verify-trials.ts'
import type { Workbench } from './workbench.ts'

const RUNS = 3
/** With so many statements a trial is over in a fraction of a second. */
const STATEMENTS = { portable: 192, native: 2_048 }
/** As many slots as there are statements. */
const PLAN = { signers: 64, pairs: 32, intervalMs: 600_000, quietPeriodMs: 30_000 }
const LIMITS = 'senders are 64 peers of signers with full buckets, so nothing is dropped'

/** How fast one thread signs, verifies and hashes, and how fast it judges messages, by both curves. */
export async function measureVerify(workbench: Workbench): Promise<Measurement[]> {
  const { curve, fault } = loadSecp256k1()
  const slow = await timeCurve(workbench, { curve: nobleSecp256k1, count: STATEMENTS.portable })
  const portable = slow.map((timed, index) => measurementOf(timed, index === 0 ? LIMITS : ''))
  if (fault !== undefined) {
    return [...portable, { name: 'libsecp256k1', value: Number.NaN, unit: '1/s', note: `left out: ${fault.reason}` }]
  }
  const fast = await timeCurve(workbench, { curve, count: STATEMENTS.native })
  const native = fast.map((timed, index): Measurement => {
    const times = timed.ofCpu / (slow[index]?.ofCpu ?? Number.NaN)
    const { name, value, unit, note } = measurementOf(timed, `${times.toFixed(1)} × noble`)
    const { atLeast } = timed.trial
    return atLeast === undefined ? { name, value, unit, note } : { name, value, unit, atLeast, note }
  })
  return [...portable, ...native]
}

/** How often a second a trial is gone through. */
interface Timed {
  readonly trial: Trial
  readonly implementation: string
  /** A second that this process has a core: on a machine that others use, too, no other seconds can be compared. */
  readonly ofCpu: number
  readonly ofClock: number
}

async function timeCurve(
  workbench: Workbench,
  { curve, count }: { readonly curve: Secp256k1; readonly count: number },
): Promise<Timed[]> {
  const { clock, progress, signal } = workbench
  const { implementation } = curve
  const runs: Timed[][] = []
  for (let run = 0; run <= RUNS; run++) {
    const what = run === 0 ? 'warming up' : `run ${run} of ${RUNS}`
    progress.step(`verify: ${implementation}, ${what}`)
    const trials = trialsOf({ ...workbench, network: createSigningNetwork({ curve }, PLAN) }, { count })
    const timed: Timed[] = []
    for (const trial of trials) {
      const { cpuMs, clockMs } = await time(trial, { clock })
      const perSecond = 1_000 * trial.count
      timed.push({ trial, implementation, ofCpu: perSecond / cpuMs, ofClock: perSecond / clockMs })
      await nextTurn()
      signal.throwIfAborted()
    }
    if (run > 0) runs.push(timed)
  }
  const [first = []] = runs
  return first.map(({ trial }, index) => {
    const all = runs.flatMap((run) => run[index] ?? [])
    return {
      trial,
      implementation,
      ofCpu: median(all.map(({ ofCpu }) => ofCpu)),
      ofClock: median(all.map(({ ofClock }) => ofClock)),
    }
  })
}

/** What the parts of a trial take, milliseconds; CPU of all threads, those that collect garbage included. */
async function time(
  { parts }: Trial,
  { clock }: Pick<Workbench, 'clock'>,
): Promise<{ readonly cpuMs: number; readonly clockMs: number }> {
  let cpuMs = 0
  let clockMs = 0
  for (const prepare of parts) {
    const task = await prepare()
    const fromMs = clock.now().monoMs
    const cpuBefore = process.cpuUsage()
    await task()
    const { user, system } = process.cpuUsage(cpuBefore)
    clockMs += clock.now().monoMs - fromMs
    cpuMs += (user + system) / 1_000
  }
  return { cpuMs, clockMs }
}

function measurementOf(
  { trial, implementation, ofCpu, ofClock }: Timed,
  remark: string,
): Measurement & { readonly note: string } {
  const clock = `${Math.round(ofClock).toLocaleString('en')}/s by the clock`
  const note = [clock, remark].filter((text) => text !== '').join('; ')
  return { name: `${trial.name} (${implementation})`, value: ofCpu, unit: '1/s', note }
}
