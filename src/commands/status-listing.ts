import { printed } from './ask-node.ts'

/** What `/v1/network` answers, as far as it is shown. */
export interface NetworkStatus {
  readonly network: string
  readonly simulated: boolean
  readonly role: string
  readonly self: string | null
  readonly health: { readonly ready: boolean; readonly sentences: readonly string[] }
  readonly clockOffsetMs: number | null
  readonly nodes: readonly NodeStatusRow[]
}

interface NodeStatusRow {
  readonly signer: string
  readonly peerId: string
  readonly agent: string
  readonly listed: boolean
  readonly heardAgoMs: number
  readonly peers: readonly string[] | null
  readonly outbox: number | null
  readonly lastCommittedTime: string | null
  readonly state: 'here' | 'behind' | 'gone'
}

const HEADINGS = ['signer', 'state', 'heard', 'signs', 'peers', 'owes', 'committed', 'software', 'peer'] as const
const COLOURS = { here: 32, behind: 33, gone: 31 } as const

/** The network in words and a table; `colour`: whether escape sequences may be in it. */
export function statusText(status: NetworkStatus, { colour }: { readonly colour: boolean }): string {
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const { health, nodes } = status
  const what = `network ${status.network}${status.simulated ? ' (its prices are simulated)' : ''}, seen by a ${status.role}${status.self === null ? '' : ` ${status.self}`}`
  const state = health.ready ? paint('ready', COLOURS.here) : paint('not ready', COLOURS.gone)
  const reasons = health.sentences.map((sentence) => `  ${printed(sentence)}`)
  const rows = nodes.map((node) => cellsOf(node, status))
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const table = [
    format(HEADINGS),
    ...nodes.map((node, row) => {
      const line = format(rows[row] ?? [])
      return node.state === 'here' ? line : paint(line, COLOURS[node.state])
    }),
  ]
  const lines = [printed(what), state, ...reasons, '', ...(nodes.length > 0 ? table : ['no node has told of itself'])]
  return lines.map((line) => `${line}\n`).join('')
}

function cellsOf(node: NodeStatusRow, { self }: NetworkStatus): readonly string[] {
  const cells = [
    `${node.signer.slice(0, 6)}…${node.signer.slice(-4)}${node.signer === self ? ' (asked)' : ''}`,
    node.state,
    `${Math.round(node.heardAgoMs / 1_000)} s ago`,
    node.listed ? 'yes' : 'no',
    node.peers === null ? '' : String(node.peers.length),
    node.outbox === null ? '' : String(node.outbox),
    node.lastCommittedTime === null ? '' : `${node.lastCommittedTime.slice(0, 19)}Z`,
    node.agent,
    `…${node.peerId.slice(-8)}`,
  ]
  return cells.map(printed)
}
