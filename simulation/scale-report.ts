import { createColors } from 'picocolors'
import type { ScaleFigures } from './scale-figures.ts'
import type { ScaleCommandOptions } from './scale-options.ts'

/** Sizes from which on the cost of a node and row is not to grow. */
const FLAT_FROM = 100

interface Column {
  readonly name: string
  readonly unit: string
  readonly value: (figures: ScaleFigures) => string
}

const COLUMNS: readonly Column[] = [
  { name: 'nodes', unit: '', value: ({ nodes }) => whole(nodes) },
  { name: 'rows', unit: '', value: ({ rows }) => whole(rows) },
  { name: 'messages', unit: '/node·row', value: ({ perNodeAndRow }) => perNodeAndRow.messages.toFixed(1) },
  { name: 'copies', unit: '/node·row', value: ({ perNodeAndRow }) => perNodeAndRow.copies.toFixed(0) },
  { name: 'kB', unit: '/node·row', value: ({ perNodeAndRow }) => (perNodeAndRow.bytes / 1_000).toFixed(1) },
  { name: 'checked', unit: '/node·row', value: ({ perNodeAndRow }) => perNodeAndRow.signatures.toFixed(1) },
  { name: 'co-signed', unit: '/row', value: ({ perRow }) => perRow.coSignatures.toFixed(1) },
  { name: 'writes', unit: '/row', value: ({ perRow }) => perRow.writes.toFixed(2) },
  { name: 'reads', unit: '/row', value: ({ perRow }) => perRow.reads.toFixed(2) },
  { name: 'quorum', unit: 'p50/p99 ms', value: ({ quorumMs }) => pairOf(quorumMs.first) },
  { name: 'everywhere', unit: 'p50/p99 ms', value: ({ quorumMs }) => pairOf(quorumMs.everywhere) },
  { name: 'statuses', unit: '/node·s', value: ({ perNodeAndSecond }) => perNodeAndSecond.statuses.toFixed(2) },
  { name: 'sync', unit: '/node·s', value: ({ perNodeAndSecond }) => perNodeAndSecond.sync.toFixed(2) },
  { name: 'simulated', unit: 'in s', value: ({ simulation }) => simulation.seconds.toFixed(1) },
  { name: 'memory', unit: 'MB', value: ({ simulation }) => whole(Math.round(simulation.bytes / 2 ** 20)) },
]

const LEGEND = `messages    about statements, that a node is handed to judge
copies      of them that it is sent, those included that it drops unread; it sends as many
checked     signatures of others that it takes
co-signed   signatures made beside the proposer's
quorum      after the proposal: anywhere, and everywhere
statuses    to judge, by calculation; here they reach the peers of their maker only
sync        questions and answers that a node sends
`

/** How it was measured, in a paragraph. */
export function formatSetting({ seed, proposers, rounds, latencyMs }: ScaleCommandOptions): string {
  return (
    `seed ${seed}: all nodes may sign and have one table; ${proposers} of them propose, the others look at prices too, but\n` +
    `remember that they have proposed already. ${rounds} rounds after one that does not count; ${latencyMs} ms one way; sets of 3 to 16.\n`
  )
}

export function formatScale(all: readonly ScaleFigures[], { colour }: { readonly colour: boolean }): string {
  const paint = createColors(colour)
  const cells = COLUMNS.map(({ name, unit, value }) => [name, unit].concat(all.map(value)))
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)))
  const lines = Array.from({ length: all.length + 2 }, (_, line) =>
    cells.map((column, at) => (column[line] ?? '').padStart(widths[at] ?? 0)).join('  '),
  )
  const [names = '', units = '', ...rows] = lines
  return `${[paint.bold(names), paint.dim(units), ...rows].join('\n')}\n\n${paint.dim(LEGEND)}${formatGrowth(all)}`
}

/** How much more the largest network costs a node than the first that is large. */
function formatGrowth(all: readonly ScaleFigures[]): string {
  const [first, last] = [all.find(({ nodes }) => nodes >= FLAT_FROM), all.at(-1)]
  if (first === undefined || last === undefined || first === last) return ''
  const growth = (name: keyof ScaleFigures['perNodeAndRow']): string => {
    const percent = 100 * (last.perNodeAndRow[name] / first.perNodeAndRow[name] - 1)
    return `${name} ${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(0)} %`
  }
  return `\nof a node and row, from ${whole(first.nodes)} to ${whole(last.nodes)} nodes: ${GROWING.map(growth).join(', ')}\n`
}

const GROWING = ['messages', 'copies', 'bytes', 'signatures'] as const

function pairOf({ p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  return `${p50}/${p99}`
}

function whole(value: number): string {
  return value.toLocaleString('en')
}
