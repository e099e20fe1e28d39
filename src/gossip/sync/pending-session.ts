import type { StatementId } from '../../core/statement.ts'
import { type Verdict, isUnjudged } from '../../core/verdict.ts'
import type { Asker } from './asker.ts'
import { type PendingSource, isWanted } from './pending-set.ts'
import { SyncFailure } from './sync-failure.ts'
import { IDS_LIMIT } from './sync-fields.ts'

/** A peer lists no more than this in one session: pages of PENDING_LIMIT statements. */
export const PENDING_PAGES_LIMIT = 64

export interface PendingSyncComponents {
  readonly asker: Asker
  readonly pending: PendingSource
  /** The inbox of prices: what a peer gives when asked is judged as if it had said it by itself. */
  readonly receive: (data: Uint8Array, peerId: string) => Promise<Verdict>
}

export interface PendingSyncOptions {
  readonly peerId: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes from a peer what it holds of the rounds that are still being collected, and this node does not.
 *
 * @returns how many statements it was asked for
 * @throws {SyncFailure}
 */
export async function syncPending(components: PendingSyncComponents, options: PendingSyncOptions): Promise<number> {
  const { asker, pending } = components
  const { peerId } = options
  let after: StatementId | undefined
  let asked = 0
  for (let page = 0; page < PENDING_PAGES_LIMIT; page++) {
    const { entries, more } = await asker.ask({ kind: 'pending', after }, options)
    const wanted: StatementId[] = []
    for (const entry of entries) {
      if (after !== undefined && entry.id <= after) throw asker.fault(peerId, 'bad-order')
      after = entry.id
      if (isWanted(pending, entry)) wanted.push(entry.id)
    }
    for (let from = 0; from < wanted.length; from += IDS_LIMIT) {
      const ids = wanted.slice(from, from + IDS_LIMIT)
      asked += ids.length
      await takeContent(components, { ...options, ids })
    }
    if (!more) return asked
    if (entries.length === 0) throw asker.fault(peerId, 'bad-order')
  }
  return asked
}

async function takeContent(
  { asker, receive }: PendingSyncComponents,
  { ids, ...options }: PendingSyncOptions & { readonly ids: readonly StatementId[] },
): Promise<void> {
  const { messages } = await asker.ask({ kind: 'content', ids }, options)
  // All of them forgotten since they were listed is as good as never.
  if (messages.length === 0) throw new SyncFailure('refused', { reason: 'withheld' })
  for (const message of messages) {
    options.signal?.throwIfAborted()
    const verdict = await receive(message, options.peerId)
    if (verdict.kind === 'reject') throw new SyncFailure('false', { reason: verdict.code })
    if (verdict.kind === 'ignore' && isUnjudged(verdict)) throw new SyncFailure('refused', { reason: verdict.code })
  }
}
