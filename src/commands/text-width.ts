const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** What terminals draw over two cells: East Asian wide and full-width characters, and pictures. */
const WIDE =
  /\p{Emoji_Presentation}|\u{fe0f}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u
const NOTHING = /^[\p{M}\p{Cf}\p{Cc}]+$/u

/** How many cells of a terminal a text takes; it holds no escape sequences. */
export function textWidth(text: string): number {
  return [...SEGMENTER.segment(text)].reduce((sum, { segment }) => sum + cellsOf(segment), 0)
}

/** The text, or as much of it as fits into `width` cells with a `…` at its end. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let taken = ''
  let room = width - 1
  for (const { segment } of SEGMENTER.segment(text)) {
    room -= cellsOf(segment)
    if (room < 0) break
    taken += segment
  }
  return width > 0 ? `${taken}…` : ''
}

/** A sentence on as many lines as it takes; every line after the first begins with `indent`. */
export function wrapToWidth(
  text: string,
  { width, indent = '' }: { readonly width: number; readonly indent?: string },
): readonly string[] {
  const lines: string[] = []
  const [, lead = '', rest = ''] = /^( *)(.*)$/s.exec(text) ?? []
  let line = lead
  let isEmpty = true
  for (const word of rest.split(' ')) {
    if (!isEmpty && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else {
      line = isEmpty ? `${line}${word}` : `${line} ${word}`
    }
    isEmpty = false
  }
  return [...lines, line]
}

function cellsOf(grapheme: string): number {
  if (NOTHING.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}

/** Cells of a terminal; Infinity where what is written goes elsewhere, and lines may have any length. */
export function widthOf({ isTTY, columns }: { readonly isTTY: boolean; readonly columns: number }): number {
  return isTTY && columns > 0 ? columns : Infinity
}
