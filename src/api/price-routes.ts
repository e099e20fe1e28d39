import { parseAddress, type Address } from '../core/address.ts'
import { isSimulatedNetwork } from '../core/network.ts'
import type { PriceReader } from '../core/price-reader.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'
import { priceCursor, readPriceCursor, readRoundCursor, roundCursor } from './cursor.ts'
import { DEAR } from './limits.ts'
import { readMoment } from './moment.ts'
import type { NodeView } from './node-view.ts'
import { PARAMETERS } from './parameters.ts'
import { latestJson, priceJson, proofJson, roundJson } from './presentation.ts'
import { badParameter, Problem } from './problem.ts'
import { json, type ApiRequest, type Route } from './route.ts'

type Parameters = ApiRequest['parameters']

/** The prices of the table. Without a reader every one of them says why there are none. */
export function priceRoutes({
  prices,
  view,
}: {
  readonly prices: PriceReader | undefined
  readonly view: NodeView | undefined
}): readonly Route[] {
  const common = { problems: [404, 503], cost: DEAR, shared: true } as const
  return [
    {
      ...common,
      path: '/v1/prices',
      summary: 'Committed prices, newest observed first',
      query: ['pair', 'from', 'to', 'proposer', 'limit', 'cursor'],
      answers: { schema: 'PricePage' },
      async handle({ parameters }) {
        const { pair, cursor } = texts(parameters)
        const found = await ask(prices, (reader) =>
          reader.prices({
            pair,
            ...readRange(parameters),
            proposer: readProposer(parameters),
            after: cursor === undefined ? undefined : readPriceCursor(cursor),
            limit: Number(parameters.limit ?? PARAMETERS.limit.default),
          }),
        )
        return json({
          prices: found.prices.map(priceJson),
          next: found.next === undefined ? null : priceCursor(found.next),
        })
      },
    },
    {
      ...common,
      path: '/v1/prices/latest',
      summary: 'The newest undisputed round of each pair',
      query: ['pair'],
      answers: { schema: 'Latest' },
      async handle({ parameters }) {
        const latest = await ask(prices, (reader) => reader.latest({ pair: texts(parameters).pair }))
        const { network } = selfOf(view)
        return json({ network, simulated: isSimulatedNetwork(network), latest: latest.map(latestJson) })
      },
    },
    {
      ...common,
      path: '/v1/prices/{id}',
      summary: 'A committed price with its proof',
      answers: { schema: 'ProvedPrice' },
      async handle({ parameters }) {
        const price = await ask(prices, (reader) => reader.price(readId(parameters)))
        if (price === undefined) throw new Problem(404, { detail: 'The table has no price with this id.' })
        return json({ ...priceJson(price), proof: proofJson(price) })
      },
    },
    {
      ...common,
      path: '/v1/rounds',
      summary: 'What the prices of each round say together, newest first',
      query: ['pair', 'limit', 'cursor'],
      answers: { schema: 'RoundPage' },
      async handle({ parameters }) {
        const { pair, cursor } = texts(parameters)
        const limit = Number(parameters.limit ?? PARAMETERS.limit.default)
        const after = cursor === undefined ? undefined : readRoundCursor(cursor)
        const { rounds, next } = await ask(prices, (reader) => reader.rounds({ pair, after, limit }))
        const intervalMs = selfOf(view).constants?.intervalMs ?? 0
        return json({
          rounds: rounds.map((round) => roundJson(round, { intervalMs })),
          next: next === undefined ? null : roundCursor(next),
        })
      },
    },
  ]
}

/**
 * Asks the table.
 *
 * @throws {Problem} 404 where there is no table, 503 when it cannot be asked now; the log says why, strangers need not know
 */
export async function ask<T>(
  prices: PriceReader | undefined,
  question: (reader: PriceReader) => Promise<T>,
): Promise<T> {
  if (prices === undefined) {
    throw new Problem(404, { detail: 'This node keeps no prices: ask a gossip node, not a bootstrap node.' })
  }
  try {
    return await question(prices)
  } catch (cause) {
    if (!(cause instanceof TableUnavailableError)) throw cause
    const problem = new Problem(503, {
      detail: 'The database gives no answer now: try again later. The log of the node says why.',
      headers: { 'retry-after': '5' },
    })
    problem.cause = cause
    throw problem
  }
}

function selfOf(view: NodeView | undefined): NodeView['self'] {
  if (view === undefined) throw new Problem(404, { detail: 'This node shows nothing of itself.' })
  return view.self
}

function texts({ pair, cursor }: Parameters): Record<'pair' | 'cursor', string | undefined> {
  return { pair: pair?.toString(), cursor: cursor?.toString() }
}

/** An id in the spelling of the table. */
export function readId({ id }: Parameters): StatementId {
  return String(id).toLowerCase() as StatementId
}

function readRange({ from, to }: Parameters): { readonly fromMs?: number; readonly toMs?: number } {
  const [fromMs, toMs] = [from, to].map((text) => (text === undefined ? undefined : readMoment(String(text))))
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) {
    throw badParameter('from', 'it must not be later than "to"')
  }
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) }
}

function readProposer({ proposer }: Parameters): Address | undefined {
  if (proposer === undefined) return undefined
  const address = parseAddress(String(proposer))
  if (address === undefined) throw badParameter('proposer', 'its capital letters are not those of its checksum')
  return address
}
