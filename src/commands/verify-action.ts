import { parseSigners } from '../config/parse-signers.ts'
import { ConfigError, createProblem } from '../config/problem.ts'
import { systemFiles } from '../config/surroundings.ts'
import { loadSecp256k1 } from '../core/load-secp256k1.ts'
import type { RowRange } from '../core/raw-row.ts'
import type { FalseRow } from '../core/row-fault.ts'
import type { SignerSet } from '../core/signer-set.ts'
import { EXIT } from '../node/exit-code.ts'
import { systemClock } from '../node/system-clock.ts'
import { createRowReader } from '../store/row-reader.ts'
import type { LastingSigners } from '../verify/judging-order.ts'
import { JudgingPool } from '../verify/judging-pool.ts'
import { threadsFor } from '../verify/row-judges.ts'
import { type VerificationResult, verifyTables } from '../verify/verification.ts'
import { createCommandLogger } from './command-logger.ts'
import { UnjudgedError } from './failure.ts'
import { askDatabase } from './find-database.ts'
import { createProgressLine } from './progress-line.ts'
import { widthOf } from './text-width.ts'
import { requireRange } from './time-flags.ts'
import {
  type Verified,
  falseRowJson,
  falseRowLines,
  falseRowsHeading,
  summaryJson,
  summaryText,
} from './verify-listing.ts'
import type { VerifyFlags } from './verify.ts'

/** Pages that wait for each thread, so that none waits for the database. */
const PAGES_A_THREAD = 2

/**
 * Judges all rows, prints the false ones, and sets the exit code.
 *
 * @throws {ConfigError | UnjudgedError}
 */
export async function verifyDatabase(flags: VerifyFlags): Promise<void> {
  try {
    await verifyRows(flags)
  } catch (error) {
    throw error instanceof ConfigError ? error : new UnjudgedError(error)
  }
}

async function verifyRows(flags: VerifyFlags): Promise<void> {
  const { from, to, network, threshold } = flags
  requireRange(flags)
  const signers = flags.signers === undefined ? undefined : readSigners(flags.signers)
  const verified = await askDatabase(flags, (url) =>
    verify(url, { flags, range: { fromMs: from, toMs: to, network }, expected: { signers, threshold } }),
  )
  if (verified.result.falseRows > 0) process.exitCode = EXIT.failed
  const text = flags.json === true ? summaryJson(verified) : summaryText(verified, { width: widthOf(process.stdout) })
  process.stdout.write(text)
}

async function verify(
  url: string,
  {
    flags,
    range,
    expected,
  }: { readonly flags: VerifyFlags; readonly range: RowRange; readonly expected: LastingSigners },
): Promise<Verified> {
  const clock = systemClock
  const fromMs = clock.now().monoMs
  const source = createRowReader({ clock, logger: createCommandLogger() }, { url })
  const line = createProgressLine({ stream: process.stderr, clock })
  let judges: JudgingPool | undefined
  try {
    const threads = threadsFor((await source.blocks('prices')) + (await source.blocks('equivocations')))
    warnOfSlowness()
    judges = new JudgingPool({ threads, expected })
    const print = createPrinter(flags)
    const result: VerificationResult = await verifyTables(
      {
        source,
        judges,
        onFalse(found) {
          line.clear()
          print(found)
        },
        onProgress({ rows, blocks, blocksInAll }) {
          if (blocks < blocksInAll) line.show({ share: blocks / blocksInAll, count: rows, unit: 'rows' })
          else line.say('looking for rows that clash with others')
        },
      },
      { range, ahead: PAGES_A_THREAD * threads },
    )
    return { result, expected, range, seconds: (clock.now().monoMs - fromMs) / 1_000 }
  } finally {
    line.clear()
    await judges?.close()
    await source.close()
  }
}

function createPrinter({ json }: VerifyFlags): (found: FalseRow) => void {
  let isFirst = true
  return (found) => {
    const width = widthOf(process.stdout)
    if (json !== true && isFirst) process.stdout.write(falseRowsHeading({ width }))
    isFirst = false
    process.stdout.write(json === true ? falseRowJson(found) : falseRowLines(found, { width }))
  }
}

function warnOfSlowness(): void {
  const { fault } = loadSecp256k1()
  if (fault === undefined) return
  process.stderr.write(`signatures are verified without libsecp256k1, some thirty times slower: ${fault.reason}\n`)
}

/** @throws {ConfigError} */
function readSigners(text: string): SignerSet {
  const parsed = parseSigners(text.trim(), systemFiles)
  if ('value' in parsed) return parsed.value
  throw new ConfigError(
    parsed.faults.map(({ item, expected, suggestion }) =>
      createProblem({ variable: '--signers', value: item ?? text, expected, suggestion }),
    ),
  )
}
