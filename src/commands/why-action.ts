import { createNodeApi, printed } from './ask-node.ts'
import type { WhyFlags, WhySubject } from './why.ts'

interface Story {
  readonly id: string
  readonly phase: string
  readonly sentences: readonly string[]
  readonly missing: readonly { readonly sentence: string }[]
  readonly wouldPass: string | null
}

interface RoundStory {
  readonly sentences: readonly string[]
  readonly statements: readonly Story[]
}

/** Asks a node, and prints what it knows in plain sentences. */
export async function sayWhy(about: WhySubject, { api: url, json }: WhyFlags): Promise<void> {
  const api = createNodeApi(url)
  if (about.kind === 'id') {
    const story = await api.get<Story>(`/v1/statements/${about.id}/why`)
    process.stdout.write(json === true ? `${JSON.stringify(story)}\n` : storyText(story))
    return
  }
  const round = await api.get<RoundStory>(`/v1/rounds/${about.round}/why`)
  process.stdout.write(json === true ? roundLines(round) : roundText(round))
}

/** One line for each statement; of a round without any, one for the round. */
function roundLines(round: RoundStory): string {
  const told = round.statements.length === 0 ? [round] : round.statements
  return told.map((each) => `${JSON.stringify(each)}\n`).join('')
}

function roundText({ sentences, statements }: RoundStory): string {
  const about = sentences.map((sentence) => `${printed(sentence)}\n`).join('')
  return [about, ...statements.map(storyText)].join('\n')
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
