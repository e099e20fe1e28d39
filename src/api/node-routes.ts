import type { PriceReader } from '../core/price-reader.ts'
import { DEAR } from './limits.ts'
import type { NodeView } from './node-view.ts'
import { networkJson, peersJson, statementJson, storyJson } from './presentation.ts'
import { ask, readId } from './price-routes.ts'
import { Problem } from './problem.ts'
import { json, type Route } from './route.ts'

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
        // What is under way is in no table.
        const mayBeThere = story.phase === 'unknown' || story.phase === 'committed' || story.phase === 'disputed'
        const price = mayBeThere && prices !== undefined ? await ask(prices, (reader) => reader.price(id)) : undefined
        return json(storyJson(story, price))
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
