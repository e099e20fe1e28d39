import { judgeRow } from '../core/judge-row.ts'
import { loadSecp256k1 } from '../core/load-secp256k1.ts'
import type { RawRow } from '../core/raw-row.ts'
import { attestationOfRow } from '../core/read-row.ts'
import type { StatementId } from '../core/statement.ts'
import { createDigest } from '../core/typed-data.ts'
import { systemClock } from '../node/system-clock.ts'
import { createRowReader } from '../store/row-reader.ts'
import { createPriceProof } from '../verify/price-proof.ts'
import { createCommandLogger } from './command-logger.ts'
import type { DatabaseFlags } from './database-flags.ts'
import { CommandError } from './failure.ts'
import { askDatabase } from './find-database.ts'

/** Prints the proof of the row with this id. What does not prove itself is not given out. */
export async function proveRow(id: StatementId, flags: DatabaseFlags): Promise<void> {
  const [row] = await askDatabase(flags, (url) => rowsOf(url, id))
  if (row === undefined) throw new CommandError(`no row has the id ${id}: gossip-price prices --json lists ids`)
  const faults = judgeRow(row, { curve: loadSecp256k1().curve, digest: createDigest() })
  if (faults.length > 0) {
    const found = faults.map(({ message }) => message).join('; ')
    throw new CommandError(`the row ${id} of ${row.table} proves nothing: ${found}`)
  }
  process.stdout.write(`${JSON.stringify(createPriceProof(attestationOfRow(row), row.table), undefined, 2)}\n`)
}

async function rowsOf(url: string, id: StatementId): Promise<readonly RawRow[]> {
  const reader = createRowReader({ clock: systemClock, logger: createCommandLogger() }, { url })
  try {
    return await reader.byId(id)
  } finally {
    await reader.close()
  }
}
