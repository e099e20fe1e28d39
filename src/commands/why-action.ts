import { type NodeApi, createNodeApi, printed } from './ask-node.ts'
import { CommandError } from './failure.ts'
import type { WhyFlags, WhySubject } from './why.ts'

interface Story {
  readonly id: string
  readonly phase: string
  readonly sentences: readonly string[]
  readonly missing: readonly { readonly sentence: string }[]
  readonly wouldPass: string | null
}

interface Network {
  readonly constants: { readonly intervalMs: number } | null
}

/** Asks a node, and prints what it knows in plain sentences. */
export async function sayWhy(about: WhySubject, { api: url, json }: WhyFlags): Promise<void> {
  const api = createNodeApi(url)
  const ids = about.kind === 'id' ? [about.id] : await idsOfRound(api, about.round)
  if (ids.length === 0) {
    throw new CommandError(
      'the node holds no statement of that round, and its table has none: either no price was proposed, or nothing of it came there',
    )
  }
  const texts: string[] = []
  for (const id of ids) {
    const story = await api.get<Story>(`/v1/statements/${id}/why`)
    texts.push(json === true ? `${JSON.stringify(story)}\n` : storyText(story))
  }
  process.stdout.write(texts.join(json === true ? '' : '\n'))
}

/** What is under way, and what the table has; a page of it, which is more than a round holds. */
async function idsOfRound(api: NodeApi, round: number): Promise<readonly string[]> {
  const { statements } = await api.get<{
    readonly statements: readonly { readonly id: string; readonly round: number }[]
  }>('/v1/statements')
  const pending = statements.filter((each) => each.round === round).map(({ id }) => id)
  const { constants } = await api.get<Network>('/v1/network')
  if (constants === null) return pending
  const [from, to] = [round, round + 1].map((each) => new Date(each * constants.intervalMs))
  if (from === undefined || to === undefined || Number.isNaN(to.getTime())) return pending
  const range = new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), limit: '500' })
  const { prices } = await api.get<{ readonly prices: readonly { readonly id: string }[] }>(`/v1/prices?${range}`)
  return [...new Set([...pending, ...prices.map(({ id }) => id)])]
}

function storyText({ id, phase, sentences, missing, wouldPass }: Story): string {
  const lines = [
    `${id}: ${phase}`,
    ...sentences.map((sentence) => `  ${sentence}`),
    ...(missing.length > 0 ? ['  Missing:', ...missing.map(({ sentence }) => `    ${sentence}`)] : []),
    ...(wouldPass === null ? [] : [`  What would make it pass: ${wouldPass}`]),
  ]
  return lines.map((line) => `${printed(line)}\n`).join('')
}
