import pc from 'picocolors'
import { visibleJson } from '../core/visible-json.ts'
import { EXIT } from '../node/exit-code.ts'
import { wantsColour } from '../telemetry/logger.ts'
import { type NodeApi, findNode, printed } from './ask-node.ts'
import { CommandError } from './failure.ts'
import { type Story, storyLines } from './story-listing.ts'
import { widthOf, wrapToWidth } from './text-width.ts'
import type { WhyFlags, WhySubject } from './why.ts'

interface Listed {
  readonly id: string
}

/** What `/v1/rounds/{round}/why` answers, as far as it is shown. */
interface RoundStory {
  readonly known: boolean
  readonly sentences: readonly string[]
  readonly statements: readonly Story[]
}

/** The largest page of prices. */
const PAGE = 500

/** Asks a node, and prints what it knows in plain sentences. */
export async function sayWhy(about: WhySubject, flags: WhyFlags): Promise<void> {
  const node = await findNode(flags)
  const told: RoundStory =
    about.kind === 'round'
      ? await node.get<RoundStory>(`/v1/rounds/${about.round}/why`)
      : { known: false, sentences: [], statements: [await storyOf(node, about)] }
  const { known, sentences, statements } = told
  if (!known && statements.every(({ phase }) => phase === 'unknown')) process.exitCode = EXIT.failed
  if (flags.json === true) {
    // Of a round without any statement there is what is known of the round.
    const lines: readonly object[] = statements.length === 0 ? [told] : statements
    process.stdout.write(lines.map((each) => `${visibleJson(JSON.stringify(each))}\n`).join(''))
    return
  }
  const layout = {
    paint: pc.createColors(wantsColour(process.stdout, process.env)),
    width: widthOf(process.stdout),
  }
  const blocks = [
    sentences.flatMap((sentence) => wrapToWidth(printed(sentence), { width: layout.width })),
    ...statements.map((story) => storyLines(story, layout)),
  ].filter((lines) => lines.length > 0)
  process.stdout.write(blocks.map((lines) => `${lines.join('\n')}\n`).join('\n'))
}

async function storyOf(node: NodeApi, about: Exclude<WhySubject, { readonly kind: 'round' }>): Promise<Story> {
  const id = about.kind === 'id' ? about.id : await idWith(node, about.prefix)
  return node.get<Story>(`/v1/statements/${id}/why`)
}

/** @throws {CommandError} when it is none, or several */
async function idWith(node: NodeApi, prefix: string): Promise<string> {
  const [pending, committed] = await Promise.all([underWay(node), newest(node).catch(asNoAnswer)])
  const rows = committed instanceof CommandError ? [] : committed
  const found = [...new Set([...pending, ...rows].map(({ id }) => id).filter((id) => id.startsWith(prefix)))]
  const [id] = found
  if (id !== undefined && found.length === 1) return id
  if (id === undefined && committed instanceof CommandError) throw committed
  throw new CommandError(
    id === undefined
      ? `no id that begins with ${prefix} is on its way or among the newest ${PAGE} rows: give the whole id`
      : `several ids begin with ${prefix}, give more of it: ${found.join(', ')}`,
  )
}

/** Where there is no table to ask, what is on its way is there all the same. */
function asNoAnswer(error: unknown): CommandError {
  if (error instanceof CommandError) return error
  throw error
}

async function underWay(node: NodeApi): Promise<readonly Listed[]> {
  return (await node.get<{ readonly statements: readonly Listed[] }>('/v1/statements')).statements
}

/** The newest rows; none on a bootstrap node, which has no table. */
async function newest(node: NodeApi): Promise<readonly Listed[]> {
  const { role } = await node.get<{ readonly role: string }>('/v1/network')
  if (role === 'bootstrap') return []
  return (await node.get<{ readonly prices: readonly Listed[] }>(`/v1/prices?limit=${PAGE}`)).prices
}
