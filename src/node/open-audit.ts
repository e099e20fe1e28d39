import { randomUUID } from 'node:crypto'
import type { ExpectedSigners } from '../core/judge-row.ts'
import type { WatchedRows } from '../core/raw-row.ts'
import type { SecretValue } from '../core/secret-value.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { renderAudit } from '../store/committed-notice.ts'
import { createRowReader } from '../store/row-reader.ts'
import { TableAudit } from '../verify/audit.ts'
import type { TableWatch } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

export interface AuditParts {
  readonly curve: Secp256k1
  /** Of the database that the node writes to. */
  readonly url: SecretValue<string>
  /** The network of the node. */
  readonly network: string
  /** Whom the node trusts. */
  readonly expected: ExpectedSigners
  readonly releases: Releases
}

/** An answer that is longer in coming is not waited for, milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000

/** Looks slowly through the whole table for rows that are false, as long as the node runs. */
export function openAudit(
  components: NodeComponents,
  { curve, url, network, expected, releases }: AuditParts,
): TableWatch {
  const { clock, counters } = components
  const logger = components.logger.child('audit')
  const reader = createRowReader({ clock, logger }, { url: url.reveal(), answerTimeoutMs: ANSWER_TIMEOUT_MS })
  releases.add('connection of the audit', () => reader.close())
  const by = randomUUID()
  const audit = new TableAudit(
    {
      ...components,
      logger,
      curve,
      source: counted(reader, (statement) => counters.add('gp_sql_statements_total', { statement })),
      onFalse({ faults }) {
        for (const code of new Set(faults.map((fault) => fault.code))) counters.add('gp_false_rows_total', { code })
      },
      announce: (options) => renderAudit(network, { by, ...options }),
    },
    { expected },
  )
  components.gauges.watch('gp_audited_rows', () => audit.judged)
  releases.add('audit', () => audit.stop())
  return {
    // Before that there may be no tables to look through.
    onTable: () => audit.start(),
    onUnknown: () => audit.ask(),
    onAudit(notice) {
      if (notice.by !== by) audit.othersLooked(notice)
    },
  }
}

function counted(source: WatchedRows, count: (statement: string) => void): WatchedRows {
  return {
    blocks: (table) => source.blocks(table),
    read(table, blocks, range) {
      count('audit_read')
      return source.read(table, blocks, range)
    },
    clashes(limit, range) {
      count('audit_clashes')
      return source.clashes(limit, range)
    },
    changes(look) {
      count('audit_look')
      return source.changes(look)
    },
  }
}
