import { cutToWidth, textWidth } from './text-width.ts'

/** Text of a cell, and what colours it when colours are wanted. */
export interface Cell {
  readonly text: string
  readonly paint?: ((text: string) => string) | undefined
}

export interface Column<Row> {
  readonly heading: string
  readonly align?: 'right'
  /** Where there is no room for all, the columns with the highest number go first; those with 0 stay. */
  readonly spare: number
  cell(row: Row): Cell
}

export interface TableOptions<Row> {
  readonly rows: readonly Row[]
  /** Cells of the terminal; Infinity where lines may have any length. */
  readonly width: number
  readonly paintHeading?: (text: string) => string
}

export interface TerminalTable {
  readonly lines: readonly string[]
  /** Headings of the columns there was no room for. */
  readonly leftOut: readonly string[]
}

const GAP = '  '

/** A table whose columns are as wide as what they hold, and no wider together than the terminal. */
export function layTable<Row>(
  columns: readonly Column<Row>[],
  { rows, width, paintHeading }: TableOptions<Row>,
): TerminalTable {
  const laid = columns.map((column) => {
    const heading: Cell = { text: column.heading, paint: paintHeading }
    const cells = [heading, ...rows.map((row) => column.cell(row))]
    return { column, cells, width: Math.max(...cells.map(({ text }) => textWidth(text))) }
  })
  const shown = fitted(laid, width)
  const lines = [undefined, ...rows].map((_, line) => {
    let room = width
    const cells = shown.map(({ column, cells: all, width: cellWidth }, place) => {
      const { text, paint } = all[line] ?? { text: '' }
      const cut = cutToWidth(text, Math.min(cellWidth, Math.max(room, 0)))
      room -= cellWidth + GAP.length
      const padding = ' '.repeat(Math.max(0, cellWidth - textWidth(cut)))
      const painted = cut === '' ? '' : (paint?.(cut) ?? cut)
      if (column.align === 'right') return `${padding}${painted}`
      return place === shown.length - 1 ? painted : `${painted}${padding}`
    })
    return cells.join(GAP).trimEnd()
  })
  const leftOut = laid.filter((each) => !shown.includes(each)).map(({ column }) => column.heading)
  return { lines, leftOut }
}

interface Laid<Row> {
  readonly column: Column<Row>
  readonly cells: readonly Cell[]
  readonly width: number
}

function fitted<Row>(laid: readonly Laid<Row>[], width: number): readonly Laid<Row>[] {
  const taken = laid.reduce((sum, each) => sum + each.width + GAP.length, -GAP.length)
  const most = Math.max(...laid.map(({ column }) => column.spare))
  if (taken <= width || most === 0) return laid
  return fitted(
    laid.filter(({ column }) => column.spare !== most),
    width,
  )
}
