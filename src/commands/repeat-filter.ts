import { parseRecord } from '../telemetry/log-format.ts'

/** What every node says of itself when it starts, as which network it is in: a person wants to read that once. */
const SAID_BY_ALL = 'node'

/**
 * Tells which lines of the nodes repeat, word for word, what another of them has said.
 *
 * @returns whether a line is such a repetition; errors never are
 */
export function createRepeatFilter(): (name: string, line: string) => boolean {
  const saidBy = new Map<string, string>()
  return (name, line) => {
    const record = parseRecord(line)
    if (record === undefined || record.part !== SAID_BY_ALL || record.level === 'error') return false
    const { time: _, ...said } = record
    const text = JSON.stringify(said)
    const first = saidBy.get(text)
    if (first === undefined) saidBy.set(text, name)
    return first !== undefined && first !== name
  }
}
