import { join } from 'node:path'
import type { Config } from '../config.ts'
import { writeTurnDelayMs } from '../consensus/write-turn.ts'
import type { Address } from '../core/address.ts'
import type { WriteOutcome } from '../core/price-table.ts'
import { SecretValue } from '../core/secret-value.ts'
import type { StatementId } from '../core/statement.ts'
import { removeConnection, writeConnection } from '../store/connection-file.ts'
import { startEmbeddedPostgres } from '../store/embedded/embedded-postgres.ts'
import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import { PriceListener } from '../store/price-listener.ts'
import { type TableWriter, createTableWriter } from '../store/table-writer.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** The table that a node commits to, in the configured database or in a Postgres of the node's own. */
export async function openTable(
  components: NodeComponents,
  parts: {
    readonly config: Config
    readonly releases: Releases
    /** The address of the node's key. */
    readonly own: Address
    readonly onOutcome: (id: StatementId, outcome: WriteOutcome) => void
  },
): Promise<{ readonly writer: TableWriter }> {
  const { config, releases, own, onOutcome } = parts
  const { clock, random, counters, onFatal } = components
  const { network, intervalMs } = config.constants
  const logger = components.logger.child('postgres')

  const url = config.databaseUrl?.reveal() ?? (await ownPostgres({ clock, logger }, { config, releases }))
  const table = createPostgresPriceTable({ logger, counters }, { url, network, intervalMs })
  releases.add('table', () => table.close())
  const writerComponents = { table, clock, random, counters, logger, onOutcome, onFatal }
  if (config.databaseUrl === undefined) {
    // Nobody else writes to it: every turn is this node's.
    const writer = createTableWriter(writerComponents)
    releases.add('table writer', () => writer.stop())
    return { writer }
  }
  const writer = createTableWriter(writerComponents, { turnDelayMs: (row) => writeTurnDelayMs(row, own) })
  const listener = new PriceListener(
    {
      clock,
      random,
      counters,
      logger,
      onHeard: (ids) => writer.heard(ids),
      onHearing: (hearing) => writer.setHearing(hearing),
    },
    { url, network },
  )
  releases.add('price listener', () => listener.stop())
  releases.add('table writer', () => writer.stop())
  listener.start()
  return { writer }
}

async function ownPostgres(
  components: Pick<NodeComponents, 'clock' | 'logger'>,
  { config, releases }: { readonly config: Config; readonly releases: Releases },
): Promise<string> {
  const directory = join(config.dataDir, 'postgres')
  const postgres = await startEmbeddedPostgres(components, { directory, database: 'prices' })
  releases.add('embedded Postgres', () => postgres.stop())
  await writeConnection(config.dataDir, new SecretValue(postgres.url))
  releases.add('note of the connection', () => removeConnection(config.dataDir))
  components.logger.info(
    `rows go to a Postgres of this node's own, on port ${postgres.port}: npm run prices shows them`,
  )
  return postgres.url
}
