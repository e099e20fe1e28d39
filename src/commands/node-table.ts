import type pc from 'picocolors'
import { printed } from './ask-node.ts'
import { agoOf, shortAddress } from './short-text.ts'
import { type Cell, type Column, layTable } from './terminal-table.ts'
import { wrapToWidth } from './text-width.ts'

type Paint = ReturnType<typeof pc.createColors>

/** A node, as `/v1/network` tells of it; null is what its status does not say. */
export interface NodeStatusRow {
  readonly signer: string | null
  readonly peerId: string
  readonly agent: string
  readonly listed: boolean
  readonly heardAgoMs: number
  readonly uptimeMs: number | null
  readonly peers: readonly string[] | null
  readonly clockOffsetMs: number | null
  readonly received: readonly { readonly statements: number; readonly signatures: number }[] | null
  readonly outbox: number | null
  readonly lastCommittedTime: string | null
  readonly historyRoot: string | null
  readonly state: 'here' | 'behind' | 'gone'
  /** In a sentence, where the node that was asked says so. */
  readonly behindBecause?: string | null
}

interface Shown {
  readonly node: NodeStatusRow
  readonly isAsked: boolean
}

/** A clock that is off by this much is worth a colour, milliseconds. */
const CLOCK_OFF_MS = 1_000
const NOT_SAID = '–'
const LEGEND = [
  { heading: 'node', words: '▸ the node that was asked' },
  { heading: 'clock', words: 'clock: against those of the others' },
  { heading: 'received', words: 'received: statements/signatures' },
  { heading: 'owes', words: 'owes: rows that wait for its table' },
  { heading: 'root', words: 'root: of its history' },
] as const

/** A line for each node; `legend`: what the columns mean, and which there was no room for. */
export function nodeTable(
  { self, nodes }: { readonly self: string | null; readonly nodes: readonly NodeStatusRow[] },
  { width, paint, nowMs }: { readonly width: number; readonly paint: Paint; readonly nowMs: number },
): { readonly lines: readonly string[]; readonly legend: string } {
  if (nodes.length === 0) return { lines: ['No node has told of itself.'], legend: '' }
  const rows = nodes.map((node) => ({ node, isAsked: node.signer !== null && node.signer === self }))
  const { lines, leftOut } = layTable(columnsOf({ paint, nowMs }), { rows, width, paintHeading: paint.dim })
  const words = LEGEND.filter(({ heading }) => !leftOut.includes(heading)).map((each) => each.words)
  const hidden = leftOut.length === 0 ? '' : ` A wider terminal shows ${leftOut.join(', ')} too.`
  const reasons = nodes.flatMap((node) =>
    typeof node.behindBecause === 'string'
      ? wrapToWidth(printed(`  ${nameOf(node)}: ${node.behindBecause}`), { width, indent: '    ' })
      : [],
  )
  return { lines: [...lines, ...reasons.map(paint.yellow)], legend: `${words.join('; ')}.${hidden}` }
}

function columnsOf({ paint, nowMs }: { readonly paint: Paint; readonly nowMs: number }): readonly Column<Shown>[] {
  const states = {
    here: { sign: '●', colour: paint.green },
    behind: { sign: '◐', colour: paint.yellow },
    gone: { sign: '○', colour: paint.red },
  } as const
  const plain =
    (text: (node: NodeStatusRow) => string | null, paintOf?: (node: NodeStatusRow) => Cell['paint']) =>
    ({ node }: Shown): Cell => {
      const said = text(node)
      return said === null ? { text: NOT_SAID, paint: paint.dim } : { text: printed(said), paint: paintOf?.(node) }
    }
  return [
    {
      heading: 'node',
      spare: 0,
      cell: ({ node, isAsked }) => ({
        text: printed(`${isAsked ? '▸' : ' '} ${nameOf(node)}`),
        paint: isAsked ? paint.bold : undefined,
      }),
    },
    {
      heading: 'state',
      spare: 0,
      cell: plain(
        ({ state }) => `${states[state].sign} ${state}`,
        ({ state }) => states[state].colour,
      ),
    },
    { heading: 'heard', align: 'right', spare: 0, cell: plain(({ heardAgoMs }) => agoOf(heardAgoMs)) },
    {
      heading: 'signs',
      spare: 4,
      cell: plain(
        ({ listed }) => (listed ? 'yes' : 'no'),
        ({ listed }) => (listed ? undefined : paint.yellow),
      ),
    },
    {
      heading: 'up',
      align: 'right',
      spare: 3,
      cell: plain(({ uptimeMs }) => (uptimeMs === null ? null : agoOf(uptimeMs))),
    },
    {
      heading: 'peers',
      align: 'right',
      spare: 2,
      cell: plain(({ peers }) => (peers === null ? null : `${peers.length}`)),
    },
    {
      heading: 'clock',
      align: 'right',
      spare: 2,
      cell: plain(
        ({ clockOffsetMs }) => clockOf(clockOffsetMs),
        ({ clockOffsetMs }) => (Math.abs(clockOffsetMs ?? 0) >= CLOCK_OFF_MS ? paint.yellow : undefined),
      ),
    },
    { heading: 'received', align: 'right', spare: 3, cell: plain(({ received }) => receivedOf(received)) },
    {
      heading: 'owes',
      align: 'right',
      spare: 1,
      cell: plain(
        ({ outbox }) => (outbox === null ? null : `${outbox}`),
        ({ outbox }) => (outbox === null || outbox === 0 ? undefined : paint.yellow),
      ),
    },
    {
      heading: 'committed',
      align: 'right',
      spare: 1,
      cell: plain(({ lastCommittedTime: time }) => (time === null ? null : `${agoOf(nowMs - Date.parse(time))} ago`)),
    },
    {
      heading: 'root',
      spare: 5,
      cell: plain(({ historyRoot }) => (historyRoot === null ? null : historyRoot.slice(2, 10))),
    },
    { heading: 'version', spare: 6, cell: plain(({ agent }) => agent.replace(/^gossip-price\//, '')) },
    { heading: 'peer', spare: 7, cell: plain(({ peerId }) => `…${peerId.slice(-8)}`) },
  ]
}

function nameOf({ signer, peerId }: NodeStatusRow): string {
  return signer === null ? `peer …${peerId.slice(-6)}` : shortAddress(signer)
}

/** The others' clocks are ahead by that much, so this one is slow. */
function clockOf(offsetMs: number | null): string | null {
  if (offsetMs === null) return null
  const size = Math.abs(offsetMs)
  const text = size < CLOCK_OFF_MS ? `${Math.round(size)} ms` : `${(size / 1_000).toFixed(1)} s`
  if (text === '0 ms') return text
  return `${text} ${offsetMs > 0 ? 'slow' : 'fast'}`
}

function receivedOf(received: NodeStatusRow['received']): string | null {
  if (received === null) return null
  const sum = (of: 'statements' | 'signatures'): number => received.reduce((total, each) => total + each[of], 0)
  return `${sum('statements')}/${sum('signatures')}`
}
