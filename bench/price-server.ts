import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../src/core/clock.ts'

/** A stretch of the wall clock, milliseconds since the Unix epoch; the end does not belong to it. */
export interface OpeningHours {
  readonly fromMs: number
  readonly untilMs: number
}

export const ALWAYS: OpeningHours = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }
export const NEVER: OpeningHours = { fromMs: 0, untilMs: 0 }

export interface PriceServer {
  /** As GP_PRICEURL takes it. */
  readonly url: string
  /** Outside these hours every request is answered with 503, so that nodes have nothing to propose. */
  setHours(hours: OpeningHours): void
  close(): Promise<void>
}

/** Serves one price for ever for each of `pairs`, in Coinbase's format. */
export async function startPriceServer(
  { clock }: { readonly clock: Clock },
  { pairs, hours }: { readonly pairs: readonly string[]; readonly hours: OpeningHours },
): Promise<PriceServer> {
  const quotes = pairs.map((pair) => pair.slice(pair.indexOf('-') + 1))
  const rates = Object.fromEntries(quotes.map((quote, index) => [quote, `${1_000 + index}.25`]))
  let open = hours
  const server = createServer((request, response) => {
    const { wallMs } = clock.now()
    const isOpen = wallMs >= open.fromMs && wallMs < open.untilMs
    const currency = URL.parse(request.url ?? '', 'http://localhost')?.searchParams.get('currency')
    response.writeHead(isOpen ? 200 : 503, { 'content-type': 'application/json' })
    response.end(isOpen ? JSON.stringify({ data: { currency, rates } }) : '{"errors":[{"message":"closed"}]}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setHours(hoursNow) {
      open = hoursNow
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
