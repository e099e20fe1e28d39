import type { PoolView } from '../consensus/holdings.ts'
import { writeTurnDelayMs } from '../consensus/write-turn.ts'
import type { Address } from '../core/address.ts'
import {
  STOP_PATIENCE_MS,
  type TableWriter,
  type TableWriterComponents,
  createTableWriter,
} from '../store/table-writer.ts'
import type { HistoryRoot } from './history-root.ts'
import type { TablePort, TableWatch } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** Writes that are due when a node ends have {@link STOP_PATIENCE_MS}, and a moment to say what is left. */
const WRITER_RELEASE_MS = STOP_PATIENCE_MS + 500

export interface WriterParts extends Pick<TableWriterComponents, 'onOutcome'> {
  readonly port: TablePort
  readonly pool: Pick<PoolView, 'phaseOf'>
  /** This node's signer: whose turn it is depends on it. */
  readonly own: Address
  readonly tableWatch: TableWatch | undefined
  readonly root: Pick<HistoryRoot, 'heard' | 'heardDisputes' | 'setHearing'> | undefined
  readonly releases: Releases
}

/** What brings rows into the table; it hears of what others write there, where others do. */
export function openWriter(components: NodeComponents, parts: WriterParts): TableWriter {
  const { pool, own, tableWatch, root, releases, onOutcome } = parts
  const { table, listen } = parts.port
  const writer = createTableWriter(
    {
      ...components,
      logger: components.logger.child('postgres'),
      table,
      onOutcome,
      onAnswered: () => tableWatch?.onTable(),
    },
    // Nobody else writes to a table of one's own: every turn is this node's.
    listen === undefined ? {} : { turnDelayMs: (row) => writeTurnDelayMs(row, own) },
  )
  const listener = listen?.({
    onHeard(ids) {
      if (ids.some((id) => pool.phaseOf(id) === undefined)) tableWatch?.onUnknown()
      // The engine holds what is heard of until the writer knows.
      root?.heard(ids)
      writer.heard(ids)
    },
    onDisputed: (ids) => root?.heardDisputes(ids),
    onHearing(hearing) {
      root?.setHearing(hearing)
      writer.setHearing(hearing)
    },
    onAudit: (notice) => tableWatch?.onAudit(notice),
  })
  releases.add('price listener', () => listener?.stop())
  releases.add('table writer', () => writer.stop(), { atMostMs: WRITER_RELEASE_MS })
  return writer
}
