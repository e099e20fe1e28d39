import type { Client } from 'pg'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'

/** Ends a connection. A server that does not answer holds this up for `atMostMs`, and no longer. */
export async function closeClient(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  { client, atMostMs }: { readonly client: Pick<Client, 'end'>; readonly atMostMs: number },
): Promise<void> {
  const closed = new AbortController()
  const tooLate = clock.sleep(atMostMs, closed.signal).catch(() => undefined)
  const ending = client.end().catch((error: unknown) => logger.debug('a connection did not close well', { error }))
  await Promise.race([ending, tooLate])
  closed.abort()
}
