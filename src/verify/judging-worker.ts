import { parentPort, workerData } from 'node:worker_threads'
import { loadSecp256k1 } from '../core/load-secp256k1.ts'
import type { RawRow } from '../core/raw-row.ts'
import { createRowFilter } from './row-judges.ts'
import { type JudgingOrder, expectedOf } from './judging-order.ts'

/** A thread that judges rows: it is handed pages, and answers each with its false rows, in order. */
const port = parentPort
if (port !== null) {
  const falseRows = createRowFilter(loadSecp256k1(), { expected: expectedOf(workerData as JudgingOrder) })
  port.on('message', (rows: readonly RawRow[]) => port.postMessage(falseRows(rows)))
}
