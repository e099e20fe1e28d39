import type { ScenarioOptions } from './scenario.ts'
import { simulate, type SimulationOptions, type SimulationResult } from './simulation.ts'
import type { Invariant } from './violation.ts'

/** What one run came to, as plain data that other threads can be told. */
export interface RunSummary extends Omit<SimulationResult, 'scenario' | 'violation'> {
  readonly options: ScenarioOptions
  readonly violation:
    | { readonly invariant: Invariant; readonly message: string; readonly cause: string | undefined }
    | undefined
  readonly tables: 'shared' | 'own'
  /** How many signers were dishonest. */
  readonly dishonest: number
  readonly isDisputable: boolean
  readonly minimumSigners: number
  readonly maximumSigners: number
  readonly intervalMs: number
  readonly quietPeriodMs: number
  readonly pairs: number
}

/** Runs one scenario. */
export async function summarize(options: ScenarioOptions, how: SimulationOptions = {}): Promise<RunSummary> {
  const { scenario, violation, ...rest } = await simulate(options, how)
  const { constants, tables, dishonest, isDisputable } = scenario
  const { minimumSigners, maximumSigners, intervalMs, quietPeriodMs } = constants
  return {
    ...rest,
    options,
    tables,
    dishonest,
    isDisputable,
    minimumSigners,
    maximumSigners,
    intervalMs,
    quietPeriodMs,
    pairs: constants.pairs.length,
    violation: violation && {
      invariant: violation.invariant,
      message: violation.message,
      cause: violation.cause instanceof Error ? violation.cause.stack : undefined,
    },
  }
}
