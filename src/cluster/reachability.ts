import { requireVariables } from '../config.ts'
import type { Surroundings } from '../config/read-variables.ts'
import type { Clock } from '../core/clock.ts'
import { FeedError } from '../core/price-feed.ts'
import { createCoinbaseFeed } from '../price/coinbase-feed.ts'

const PATIENCE_MS = 5_000

/**
 * Why the price source gives no answer now; undefined when it does.
 *
 * @throws {ConfigError} when the variables that name the source are wrong
 */
export async function whyUnreachable(
  { clock }: { readonly clock: Clock },
  surroundings: Surroundings,
): Promise<string | undefined> {
  const { priceUrl, source, pairs } = requireVariables(surroundings, ['priceUrl', 'source', 'pairs'])
  const [base = '', quote = ''] = pairs[0]?.split('-') ?? []
  const feed = createCoinbaseFeed({ clock }, { url: priceUrl.href, source, timeoutMs: PATIENCE_MS })
  try {
    const { faults } = await feed.fetch(base, [quote], new AbortController().signal)
    return faults[0]?.reason
  } catch (error) {
    if (error instanceof FeedError) return error.message
    throw error
  }
}
