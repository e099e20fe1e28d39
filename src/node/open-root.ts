import type { NetworkConstants } from '../core/network.ts'
import { HistoryRoot, type HistoryRootComponents } from './history-root.ts'
import type { TablePort } from './ports.ts'
import type { NodeComponents } from './running-node.ts'

export interface RootParts extends Pick<HistoryRootComponents, 'observedAt' | 'onNewest'> {
  readonly port: TablePort
  readonly constants: NetworkConstants
  /** How far back history goes, milliseconds. */
  readonly historyMs: number
}

/** What is known of the root over the node's history; undefined when it takes part in none. */
export function openRoot({ clock, random, logger }: NodeComponents, parts: RootParts): HistoryRoot | undefined {
  const { port, constants, historyMs, observedAt, onNewest } = parts
  const { history, see, listen } = port
  // Where anybody may sign there is no history to agree on.
  if (history === undefined || historyMs === 0 || constants.signers.open) return undefined
  return new HistoryRoot(
    { history, see, observedAt, onNewest, clock, random, logger: logger.child('sync') },
    { constants, historyMs, alone: listen === undefined },
  )
}
