import pc from 'picocolors'
import { EXIT } from '../node/exit-code.ts'
import { wantsColour } from '../telemetry/logger.ts'
import { type NodeApi, findNode } from './ask-node.ts'
import { CommandError } from './failure.ts'
import { type Story, storyLines } from './story-listing.ts'
import type { WhyFlags, WhySubject } from './why.ts'

interface Listed {
  readonly id: string
  readonly round: number
}

/** The largest page of prices. */
const PAGE = 500

/** Asks a node, and prints what it knows in plain sentences. */
export async function sayWhy(about: WhySubject, flags: WhyFlags): Promise<void> {
  const node = await findNode(flags)
  const stories: Story[] = []
  for (const id of await idsOf(node, about)) stories.push(await node.get<Story>(`/v1/statements/${id}/why`))
  if (stories.every(({ phase }) => phase === 'unknown')) process.exitCode = EXIT.failed
  if (flags.json === true) {
    process.stdout.write(stories.map((story) => `${JSON.stringify(story)}\n`).join(''))
    return
  }
  const { isTTY, columns } = process.stdout
  const layout = {
    paint: pc.createColors(wantsColour(process.stdout, process.env)),
    width: isTTY && columns > 0 ? columns : Infinity,
  }
  process.stdout.write(stories.map((story) => `${storyLines(story, layout).join('\n')}\n`).join('\n'))
}

async function idsOf(node: NodeApi, about: WhySubject): Promise<readonly string[]> {
  switch (about.kind) {
    case 'id':
      return [about.id]
    case 'prefix':
      return [await idWith(node, about.prefix)]
    case 'round':
      return idsOfRound(node, about.round)
  }
}

/** @throws {CommandError} when it is none, or several */
async function idWith(node: NodeApi, prefix: string): Promise<string> {
  const [pending, committed] = await Promise.all([underWay(node), newest(node, new URLSearchParams())])
  const found = [...new Set([...pending, ...committed].map(({ id }) => id).filter((id) => id.startsWith(prefix)))]
  const [id] = found
  if (id !== undefined && found.length === 1) return id
  throw new CommandError(
    id === undefined
      ? `no id that begins with ${prefix} is on its way or among the newest ${PAGE} rows: give the whole id`
      : `several ids begin with ${prefix}, give more of it: ${found.join(', ')}`,
  )
}

/** What is under way, and what the table has; a page of it, which is more than a round holds. */
async function idsOfRound(node: NodeApi, round: number): Promise<readonly string[]> {
  const pending = await underWay(node)
  const { constants } = await node.get<{ readonly constants: { readonly intervalMs: number } | null }>('/v1/network')
  const [from, to] = [round, round + 1].map((each) => new Date(each * (constants?.intervalMs ?? Number.NaN)))
  const isTime = from !== undefined && to !== undefined && !Number.isNaN(to.getTime()) && to.getUTCFullYear() < 10_000
  const committed = isTime
    ? await newest(node, new URLSearchParams({ from: from.toISOString(), to: to.toISOString() }))
    : []
  const found = [...pending.filter((each) => each.round === round), ...committed].map(({ id }) => id)
  if (found.length > 0) return [...new Set(found)]
  const when = isTime ? `, from ${from.toISOString()} to ${to.toISOString()}` : ''
  throw new CommandError(
    `nothing of round ${round}${when}, is on its way at this node or in its table: nothing was proposed, nothing of it came there, or it expired there`,
  )
}

async function underWay(node: NodeApi): Promise<readonly Listed[]> {
  return (await node.get<{ readonly statements: readonly Listed[] }>('/v1/statements')).statements
}

/** The newest rows; none on a bootstrap node, which has no table. */
async function newest(node: NodeApi, query: URLSearchParams): Promise<readonly Listed[]> {
  query.set('limit', String(PAGE))
  const { role } = await node.get<{ readonly role: string }>('/v1/network')
  if (role === 'bootstrap') return []
  return (await node.get<{ readonly prices: readonly Listed[] }>(`/v1/prices?${query}`)).prices
}
