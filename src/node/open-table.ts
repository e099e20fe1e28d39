import { join } from 'node:path'
import type { Config } from '../config.ts'
import { SecretValue } from '../core/secret-value.ts'
import { removeConnection, writeConnection } from '../store/connection-file.ts'
import { startEmbeddedPostgres } from '../store/embedded/embedded-postgres.ts'
import { PostgresPriceHistory } from '../store/postgres-price-history.ts'
import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import { PriceListener } from '../store/price-listener.ts'
import type { TablePort } from './ports.ts'
import type { Releases } from './releases.ts'
import { RowNews } from './row-news.ts'
import type { NodeComponents } from './running-node.ts'

/** It ends by itself when nobody uses it any more, whether that is waited for or not, milliseconds. */
const POSTGRES_RELEASE_MS = 4_000

/** A table in Postgres. */
export interface OpenTable extends TablePort {
  /** Of its database. */
  readonly url: SecretValue<string>
  readonly rows: Pick<RowNews, 'watch'>
}

/** The table that a node commits to, in the configured database or in a Postgres of the node's own. */
export async function openTable(
  components: NodeComponents,
  { config, releases }: { readonly config: Config; readonly releases: Releases },
): Promise<OpenTable> {
  const { clock, random, counters } = components
  const { network, intervalMs } = config.constants
  const logger = components.logger.child('postgres')

  const url = config.databaseUrl?.reveal() ?? (await ownPostgres({ clock, logger }, { config, releases }))
  const database = { url, network, intervalMs }
  const postgres = createPostgresPriceTable({ logger, counters }, database)
  releases.add('table', () => postgres.close())
  const alone = config.databaseUrl === undefined
  const history = new PostgresPriceHistory({ clock, counters, logger }, { ...database, alone })
  releases.add('history', () => history.close())
  const rows = new RowNews()
  const table = rows.keepUpWith(history.keepUpWith(postgres))
  const where = { url: new SecretValue(url), rows }
  const see: TablePort['see'] = (range) => history.see(range)
  if (alone) return { ...where, table, history, see }
  let listener: PriceListener | undefined
  return {
    ...where,
    table,
    history,
    see,
    marks: {
      get own() {
        return listener?.own
      },
      get isSettling() {
        return listener?.isSettling !== false
      },
      hasHeard: (mark) => listener?.hasHeard(mark) === true,
    },
    listen({ onHeard, onDisputed, onHearing, onAudit }) {
      listener = new PriceListener(
        {
          clock,
          random,
          counters,
          logger,
          onHeard(ids) {
            history.heard(ids)
            onHeard(ids)
            rows.tell(ids)
          },
          onDisputed(ids) {
            history.heard(ids)
            onDisputed?.(ids)
          },
          onHearing(hearing) {
            history.setHearing(hearing)
            onHearing(hearing)
          },
          onAudit,
        },
        { url, network },
      )
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
  releases.add('embedded Postgres', () => postgres.stop(), { atMostMs: POSTGRES_RELEASE_MS })
  await writeConnection(config.dataDir, new SecretValue(postgres.url))
  releases.add('note of the connection', () => removeConnection(config.dataDir))
  components.logger.info(
    `rows go to a Postgres of this node's own, on port ${postgres.port}: npm run prices shows them`,
  )
  return postgres.url
}
