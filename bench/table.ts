import { availableParallelism } from 'node:os'
import { Client } from 'pg'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { RowSource } from '../src/core/raw-row.ts'
import { migrate } from '../src/store/migrations.ts'
import { createPostgresPriceTable } from '../src/store/postgres-price-table.ts'
import { createRowReader } from '../src/store/row-reader.ts'
import { createCounters } from '../src/telemetry/counters.ts'
import { JudgingPool } from '../src/verify/judging-pool.ts'
import { threadsFor } from '../src/verify/row-judges.ts'
import { verifyTables } from '../src/verify/verification.ts'
import type { Measurement } from './measurement.ts'
import { attest, createSigningNetwork, statementOf } from './signing-network.ts'
import type { Workbench } from './workbench.ts'

const ROWS = 100_000
const ROWS_AT_ONCE = 1_000
const SIGNATURES = [3, 5]
const PAIRS = 8
const INTERVAL_MS = 600_000
const FIRST_ROUND_AT = Date.UTC(2025, 0, 1)
const TARGET = 5_000

/** How many rows a second `gossip-price verify` judges, reading included. */
export async function measureTable(workbench: Workbench): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const signatures of SIGNATURES) {
    const url = await fill(workbench, signatures)
    workbench.progress.step(`table: verifying ${ROWS} rows with ${signatures} signatures`)
    const { seconds, threads } = await verify(workbench, url)
    const { implementation } = loadSecp256k1().curve
    const note = `${ROWS} rows, ${threads} threads, ${availableParallelism()} cores, ${implementation}`
    const name = `rows with ${signatures} signatures verified`
    measurements.push({ name, value: ROWS / seconds, unit: '1/s', atLeast: TARGET, note })
  }
  return measurements
}

async function verify({ clock, logger }: Workbench, url: string): Promise<{ seconds: number; threads: number }> {
  const source = createRowReader({ clock, logger }, { url })
  const threads = threadsFor(await blocksOf(source))
  const fromMs = clock.now().monoMs
  const judges = new JudgingPool({ threads })
  try {
    const { rows, falseRows } = await verifyTables({ source, judges, onFalse: () => undefined }, { ahead: 2 * threads })
    if (rows.prices !== ROWS || falseRows !== 0) throw new Error(`${rows.prices} rows, ${falseRows} of them false`)
    return { seconds: (clock.now().monoMs - fromMs) / 1_000, threads }
  } finally {
    await judges.close()
    await source.close()
  }
}

async function blocksOf(source: RowSource): Promise<number> {
  return (await source.blocks('prices')) + (await source.blocks('equivocations'))
}

/** A database of its own with so many rows, each with so many signatures. */
async function fill(workbench: Workbench, signatures: number): Promise<string> {
  const { logger, progress, signal } = workbench
  const url = new URL(await workbench.databaseUrl())
  const client = new Client({ connectionString: url.href })
  await client.connect()
  await client.query(`CREATE DATABASE table${signatures}`)
  await client.end()
  url.pathname = `/table${signatures}`
  await migrate({ logger }, { url: url.href })
  const { curve } = loadSecp256k1()
  const plan = { signers: signatures, pairs: PAIRS, intervalMs: INTERVAL_MS, quietPeriodMs: 30_000 }
  const network = createSigningNetwork({ curve }, plan)
  const { constants, signers } = network
  const keys = signers.map(({ key }) => key)
  const table = createPostgresPriceTable(
    { logger, counters: createCounters() },
    { url: url.href, network: constants.network, intervalMs: INTERVAL_MS },
  )
  const rowAt = (index: number): PriceRow => {
    const proposer = keys[index % signatures]
    const pair = constants.pairs[Math.floor(index / signatures) % PAIRS]
    if (proposer === undefined || pair === undefined) throw new RangeError('no signer or pair')
    const round = Math.floor(index / signatures / PAIRS)
    const observedAt = FIRST_ROUND_AT + round * INTERVAL_MS + 1_234
    const attestation = attest(network, { statement: statementOf(network, { proposer, pair, observedAt }), keys })
    return { attestation, lastSignedAtMs: observedAt + 5_678 }
  }
  try {
    for (let from = 0; from < ROWS; from += ROWS_AT_ONCE) {
      signal.throwIfAborted()
      progress.step(`table: ${from} of ${ROWS} rows with ${signatures} signatures`)
      await table.write(Array.from({ length: ROWS_AT_ONCE }, (_, index) => rowAt(from + index)))
    }
  } finally {
    await table.close()
  }
  return url.href
}
