import { Client } from 'pg'
import { type TableRow, tableRows } from './row-proof.ts'

const PATIENCE_MS = 240_000

/** Looks at a table of prices whenever it says that rows have come. */
export interface TableWatch {
  /**
   * Resolves with all rows once `isDone` says true of them; looks at once and with each notification.
   *
   * @param isDone - otherwise says in a sentence why not
   */
  until(isDone: (rows: readonly TableRow[]) => true | string): Promise<readonly TableRow[]>
  close(): Promise<void>
}

/** Connects to the database at `url`, which must run until the watch is closed. */
export async function watchTable(url: string): Promise<TableWatch> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  let wake: (() => void) | undefined
  client.on('notification', () => wake?.())
  await client.connect()
  await client.query('LISTEN price_committed')
  return {
    async until(isDone) {
      const deadline = performance.now() + PATIENCE_MS
      for (;;) {
        const { promise: notified, resolve } = Promise.withResolvers<void>()
        wake = resolve
        const rows = await tableRows(url)
        const answer = isDone(rows)
        if (answer === true) return rows
        const timer = setTimeout(resolve, deadline - performance.now())
        await notified
        clearTimeout(timer)
        if (performance.now() > deadline) throw new Error(answer)
      }
    },
    close: () => client.end(),
  }
}
