import { join } from 'node:path'
import type { Config } from '../config.ts'
import { SecretValue } from '../core/secret-value.ts'
import { removeConnection, writeConnection } from '../store/connection-file.ts'
import { startEmbeddedPostgres } from '../store/embedded/embedded-postgres.ts'
import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import { PriceListener } from '../store/price-listener.ts'
import type { TablePort } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** The table that a node commits to, in the configured database or in a Postgres of the node's own. */
export async function openTable(
  components: NodeComponents,
  { config, releases }: { readonly config: Config; readonly releases: Releases },
): Promise<TablePort> {
  const { clock, random, counters } = components
  const { network, intervalMs } = config.constants
  const logger = components.logger.child('postgres')

  const url = config.databaseUrl?.reveal() ?? (await ownPostgres({ clock, logger }, { config, releases }))
  const table = createPostgresPriceTable({ logger, counters }, { url, network, intervalMs })
  releases.add('table', () => table.close())
  if (config.databaseUrl === undefined) return { table }
  return {
    table,
    listen(handlers) {
      const listener = new PriceListener({ clock, random, counters, logger, ...handlers }, { url, network })
      listener.start()
      return listener
    },
  }
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
