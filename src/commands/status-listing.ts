import pc from 'picocolors'
import { printed } from './ask-node.ts'
import { type NodeStatusRow, nodeTable } from './node-table.ts'
import { type PendingRow, pendingTable } from './pending-table.ts'
import { wrapToWidth } from './text-width.ts'
import { agoOf, shortAddress } from './short-text.ts'

/** What `/v1/network` answers, as far as it is shown. */
export interface NetworkStatus {
  readonly network: string
  readonly simulated: boolean
  readonly role: string
  readonly self: string | null
  readonly constants: { readonly signerCount: number } | null
  readonly health: { readonly ready: boolean; readonly sentences: readonly string[] }
  readonly nodes: readonly NodeStatusRow[]
}

/** The newest round of a pair, as `/v1/prices/latest` has it. */
export interface LatestPrice {
  readonly pair: string
  readonly round: number
  readonly median: string
  readonly observedTime: string
  readonly prices: readonly unknown[]
}

/** What is shown, and where it is from. */
export interface ShownStatus {
  readonly network: NetworkStatus
  readonly statements: readonly PendingRow[]
  /** A sentence where the node gives no prices. */
  readonly latest: readonly LatestPrice[] | string
  readonly url: string
  /** When the node answered, by the clock of this machine. */
  readonly atMs: number
}

export interface StatusLayout {
  /** Whether escape sequences may be in it. */
  readonly colour: boolean
  /** Cells of the terminal; Infinity where lines may have any length. */
  readonly width: number
  readonly nowMs: number
  /** What a person at the terminal may do. */
  readonly keys?: string
  /** Why what is shown is old. */
  readonly trouble?: string | undefined
}

/** The network in words and tables, line by line. */
export function statusLines(shown: ShownStatus, layout: StatusLayout): readonly string[] {
  const { network, statements } = shown
  const { colour, width, nowMs, keys, trouble } = layout
  const paint = pc.createColors(colour)
  const wrap = (text: string, by: (line: string) => string = String): readonly string[] =>
    wrapToWidth(printed(text), { width, indent: text.startsWith('  - ') ? '    ' : '  ' }).map(by)
  const nodes = nodeTable(network, { width, paint, nowMs })
  const pending = pendingTable(statements, { width, paint })
  return [
    ...(network.simulated ? wrap('PRICES ARE SIMULATED, and worth nothing.', paint.yellow) : []),
    ...titleOf(shown, { width, paint }),
    ...(trouble === undefined ? [] : wrap(trouble, paint.red)),
    '',
    ...healthOf(shown, { nowMs }).flatMap((line) => wrap(line, network.health.ready ? paint.green : paint.red)),
    ...latestOf(shown, nowMs).flatMap((line) => wrap(line)),
    '',
    ...nodes.lines,
    '',
    ...pending,
    '',
    ...[keys, nodes.legend].flatMap((line) =>
      line === undefined || line === '' ? [] : wrapToWidth(line, { width }).map(paint.dim),
    ),
  ]
}

function titleOf(
  { network, url, atMs }: ShownStatus,
  { width, paint }: { readonly width: number; readonly paint: ReturnType<typeof pc.createColors> },
): readonly string[] {
  const { network: name, role, self } = network
  const who = `as the ${role}${self === null ? '' : ` ${shortAddress(self)}`} sees it at ${url}, ${new Date(atMs).toISOString().slice(11, 19)}Z`
  const [first = '', ...rest] = wrapToWidth(printed(`${name}, ${who}`), { width, indent: '  ' })
  const bold = first.startsWith(name) ? `${paint.bold(name)}${first.slice(name.length)}` : first
  return [bold, ...rest]
}

/** How things are: one line of words, and the reasons where it is not well. */
function healthOf({ network, latest }: ShownStatus, { nowMs }: { readonly nowMs: number }): readonly string[] {
  const { health, nodes, constants } = network
  if (!health.ready) return ['● Not ready:', ...health.sentences.map((sentence) => `  - ${sentence}`)]
  const signers = nodes.filter(({ listed }) => listed)
  const here = signers.filter(({ state }) => state === 'here').length
  // Who was never heard is no node here, and is missing all the same.
  const total = Math.max(signers.length, constants?.signerCount ?? 0)
  const seen =
    total === 0 ? 'no signer has told of itself' : `${here} of ${total} signers ${here === 1 ? 'is' : 'are'} here`
  const newest = typeof latest === 'string' ? [] : latest.map(({ observedTime }) => Date.parse(observedTime))
  const price = newest.length === 0 ? 'no price yet' : `the newest price is ${agoOf(nowMs - Math.max(...newest))} old`
  const lead = total > 0 && here === total ? 'All is well' : 'Ready'
  return [`● ${lead}: ${seen}${typeof latest === 'string' ? '' : `; ${price}`}.`]
}

function latestOf({ latest }: ShownStatus, nowMs: number): readonly string[] {
  if (typeof latest === 'string') return [`  ${latest}`]
  return latest.map(({ pair, median, prices, round, observedTime }) => {
    const of = prices.length === 1 ? '1 price' : `the median of ${prices.length} prices`
    return `  ${pair} ${median}, ${of} in round ${round}, observed ${agoOf(nowMs - Date.parse(observedTime))} ago`
  })
}
