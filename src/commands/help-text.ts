import { Help } from 'commander'

const USUAL_COLUMNS = 80
/** Longer lines are hard to read, however wide a terminal is. */
const MOST_COLUMNS = 120

/**
 * Text below the options of a command, in lines that fit into the terminal as those of the options do.
 *
 * @param text - paragraphs with an empty line between them; where their lines are broken does not matter
 */
export function helpText(text: string): () => string {
  const paragraphs = text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll('\n', ' '))
  return () => {
    const { isTTY, columns } = process.stdout
    const width = isTTY && columns > 0 ? Math.min(columns, MOST_COLUMNS) : USUAL_COLUMNS
    const help = new Help()
    return `\n${paragraphs.map((paragraph) => help.boxWrap(paragraph, width)).join('\n\n')}`
  }
}
