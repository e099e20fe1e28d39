import type { CommittedPrice, PriceReader } from '../core/price-reader.ts'
import type { Round } from '../core/statement.ts'
import { DEAR } from './limits.ts'
import type { NodeView, RoundStory, StatementStory } from './node-view.ts'
import { networkJson, peersJson, roundStoryJson, statementJson, storyJson, type TableAnswer } from './presentation.ts'
import { ask, readId } from './price-routes.ts'
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'

/** More than the largest networks make. */
const ROWS_OF_A_ROUND = 500

/** What the node knows by itself: what is pending, and who is there. */
export function nodeRoutes({
  view,
  prices,
}: {
  readonly view: NodeView | undefined
  readonly prices: PriceReader | undefined
}): readonly Route[] {
  const shown = (): NodeView => {
    if (view === undefined) throw new Problem(404, { detail: 'This node shows nothing of itself.' })
    return view
  }
  // A statement that has no quorum here may have had one elsewhere. What this node knows it can say without the table.
  const rowOf = async ({ id, phase }: StatementStory): Promise<TableAnswer> => {
    if (prices === undefined) return 'no table'
    try {
      return (await ask(prices, (reader) => reader.price(id))) ?? 'no row'
    } catch (error) {
      if (phase !== 'unknown' && isNoAnswer(error)) return 'no answer'
      throw error
    }
  }
  const rowsOf = async ({ startMs, endMs }: RoundStory): Promise<readonly CommittedPrice[] | undefined> => {
    try {
      const query = { fromMs: startMs, toMs: endMs, limit: ROWS_OF_A_ROUND }
      return (await ask(prices, (reader) => reader.prices(query))).prices
    } catch (error) {
      if (isNoAnswer(error)) return undefined
      throw error
    }
  }
  return [
    {
      path: '/v1/statements',
      summary: 'Statements that are not in the table yet, and who has signed them',
      answers: { schema: 'Statements' },
      problems: [404],
      handle: () => json({ statements: shown().statements().map(statementJson) }),
    },
    {
      path: '/v1/statements/{id}/why',
      summary: 'Why a statement is, or is not, in the table',
      answers: { schema: 'Story' },
      problems: [404, 503],
      cost: DEAR,
      async handle({ parameters }) {
        const id = readId(parameters)
        const story = shown().why(id)
        return json(storyJson(story, await rowOf(story)))
      },
    },
    {
      path: '/v1/rounds/{round}/why',
      summary: 'Why a round has the prices that it has, or none',
      answers: { schema: 'RoundStory' },
      problems: [404],
      cost: DEAR,
      async handle({ parameters }) {
        const node = shown()
        const story = node.whyRound(Number(parameters.round) as Round)
        if (story === undefined) {
          throw new Problem(404, { detail: 'A bootstrap node knows of no rounds: ask one that signs or observes.' })
        }
        return json(
          roundStoryJson(story, { rows: await rowsOf(story), limit: ROWS_OF_A_ROUND, unknown: (id) => node.why(id) }),
        )
      },
    },
    {
      path: '/v1/peers',
      summary: 'The peers of this node',
      answers: { schema: 'Peers' },
      problems: [404],
      handle: () => json(peersJson(shown().peers())),
    },
    {
      path: '/v1/network',
      summary: 'The whole network as this node sees it',
      answers: { schema: 'Network' },
      problems: [404],
      handle: () => json(networkJson(shown())),
    },
  ]
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof Problem && error.status === 503
}
