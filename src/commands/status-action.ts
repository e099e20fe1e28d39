import { visibleJson } from '../core/visible-json.ts'
import { systemClock } from '../node/system-clock.ts'
import { wantsColour } from '../telemetry/logger.ts'
import { type NodeApi, findNode } from './ask-node.ts'
import { CommandError } from './failure.ts'
import { type LiveScreen, openScreen } from './live-screen.ts'
import type { PendingRow } from './pending-table.ts'
import { agoOf } from './short-text.ts'
import type { StatusFlags } from './status.ts'
import {
  type LatestPrice,
  type NetworkStatus,
  type ShownStatus,
  type StatusLayout,
  statusLines,
} from './status-listing.ts'
import { widthOf } from './text-width.ts'

const EVERY_MS = 2_000
const KEYS = 'Every 2 s; q ends.'

/** Prints the network; on a terminal in place of what was there before, for as long as nobody ends it. */
export async function showStatus(flags: StatusFlags): Promise<void> {
  const node = await findNode(flags)
  if (flags.json === true) {
    process.stdout.write(`${visibleJson(JSON.stringify(await node.get<NetworkStatus>('/v1/network')))}\n`)
    return
  }
  const shown = await readStatus(node)
  if (flags.once === true || !process.stdout.isTTY || process.env['TERM'] === 'dumb') {
    const width = widthOf(process.stdout)
    const layout = { colour: wantsColour(process.stdout, process.env), width, nowMs: systemClock.now().wallMs }
    process.stdout.write(`${statusLines(shown, layout).join('\n')}\n`)
  } else {
    await keepShowing(node, shown)
  }
}

async function keepShowing(node: NodeApi, first: ShownStatus): Promise<void> {
  let shown = first
  let trouble: string | undefined
  const draw = (): void => {
    const { wallMs: nowMs } = systemClock.now()
    const layout: StatusLayout = {
      colour: wantsColour(process.stdout, process.env),
      width: screen.columns(),
      nowMs,
      keys: KEYS,
      trouble: trouble && `${trouble} What follows is ${agoOf(nowMs - shown.atMs)} old.`,
    }
    screen.draw(statusLines(shown, layout))
  }
  const screen: LiveScreen = openScreen({ input: process.stdin, output: process.stdout, process, onResize: draw })
  const { signal } = screen
  try {
    while (!signal.aborted) {
      draw()
      try {
        await systemClock.sleep(EVERY_MS, signal)
        shown = await readStatus(node, signal)
        trouble = undefined
      } catch (error) {
        if (signal.aborted) break
        // A node that is started again is there again.
        if (!(error instanceof CommandError)) throw error
        trouble = `${error.message}.`
      }
    }
  } finally {
    screen.close()
  }
}

async function readStatus(node: NodeApi, signal?: AbortSignal): Promise<ShownStatus> {
  const [network, { statements }, latest] = await Promise.all([
    node.get<NetworkStatus>('/v1/network', signal),
    node.get<{ readonly statements: readonly PendingRow[] }>('/v1/statements', signal),
    node
      .get<{ readonly latest: readonly LatestPrice[] }>('/v1/prices/latest', signal)
      .then((answer) => answer.latest)
      // A bootstrap node has no table, and a table may be out of reach: there is more to show.
      .catch((error: unknown) => (error instanceof CommandError ? error.message : Promise.reject(error))),
  ])
  return { network, statements, latest, url: node.url, atMs: systemClock.now().wallMs }
}
