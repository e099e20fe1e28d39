import type { ProvedPrice } from './api-shapes.ts'
import { type RowRules, verifyRow } from './verify-row.ts'

/** Checks rows beside the page, whose thread stays free: a signature costs milliseconds, on a phone tens of them. */
self.addEventListener(
  'message',
  ({ data }: MessageEvent<{ readonly row: ProvedPrice; readonly rules: RowRules | null }>) => {
    self.postMessage(verifyRow(data.row, data.rules))
  },
)
