import type { HistoryRange } from '../../core/history.ts'

/** What a node is told while it takes over the history of a peer. */
export type SyncProgressEvent =
  /** The histories differ in this stretch, of so many days there; first of all, and not at all when nothing differs. */
  | { readonly kind: 'range'; readonly peerId: string; readonly range: HistoryRange; readonly days: number }
  /** So many more rows are there and not here. */
  | { readonly kind: 'wanted'; readonly rows: number }
  /** So many more of them are in the table now. */
  | { readonly kind: 'taken'; readonly rows: number }
  /** So many more of the days have been gone through; those that do not differ count, too. */
  | { readonly kind: 'compared'; readonly days: number }
  /** The session is over; comes once after `range`. */
  | { readonly kind: 'done'; readonly complete: boolean }

/** Follows what is taken over: a bar on a terminal, lines in a log. */
export interface SyncProgress {
  report(event: SyncProgressEvent): void
}
