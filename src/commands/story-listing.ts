import type pc from 'picocolors'
import { printed } from './ask-node.ts'
import { wrapToWidth } from './text-width.ts'

/** What a node knows of a statement, as `/v1/statements/{id}/why` has it. */
export interface Story {
  readonly id: string
  readonly phase: string
  readonly sentences: readonly string[]
  readonly missing: readonly { readonly sentence: string }[]
  readonly wouldPass: string | null
}

export interface StoryLayout {
  readonly paint: ReturnType<typeof pc.createColors>
  /** Cells of the terminal; Infinity where lines may have any length. */
  readonly width: number
}

/** A statement's story in plain sentences, line by line. */
export function storyLines(
  { id, phase, sentences, missing, wouldPass }: Story,
  { paint, width }: StoryLayout,
): readonly string[] {
  const wrap = (text: string, indent: string): readonly string[] =>
    wrapToWidth(`${indent}${printed(text)}`, { width, indent })
  return [
    `${paint.bold(printed(id))}: ${(COLOURS[phase] === undefined ? String : paint[COLOURS[phase]])(printed(phase))}`,
    ...sentences.flatMap((sentence) => wrap(sentence, '  ')),
    ...(missing.length === 0 ? [] : ['  Missing:', ...missing.flatMap(({ sentence }) => wrap(sentence, '    '))]),
    ...(wouldPass === null ? [] : wrap(`What would make it pass: ${wouldPass}`, '  ')),
  ]
}

const COLOURS: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  committed: 'green',
  collecting: 'yellow',
  quorum: 'green',
  closed: 'green',
  disputed: 'red',
  parked: 'red',
  expired: 'red',
  unknown: 'yellow',
}
