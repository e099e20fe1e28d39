import type { Network } from './api-shapes.ts'
import { byId, setText } from './element.ts'
import { ago, counted, duration, timeOfDay } from './format.ts'
import { expectedNodes } from './network-layout.ts'
import type { PageState } from './page-state.ts'

/** Who this page belongs to, whether it is live, and how the node is: in words. */
export class StatusView {
  readonly #simulated = byId('simulated', HTMLElement)
  readonly #name = byId('network-name', HTMLElement)
  readonly #connection = byId('connection', HTMLElement)
  readonly #health = byId('health', HTMLElement)
  readonly #healthText = byId('health-text', HTMLElement)
  readonly #why = byId('health-why', HTMLButtonElement)
  readonly #constants = byId('constants', HTMLElement)

  constructor({ onWhy }: { readonly onWhy: () => void }) {
    this.#why.addEventListener('click', onWhy)
  }

  render(state: PageState, { nowMs, heardMs, falseRows }: HealthContext & { readonly heardMs: number }): void {
    const { network, connection } = state
    this.#connection.dataset['state'] = connection
    setText(
      this.#connection,
      connection === 'live'
        ? 'live'
        : connection === 'connecting'
          ? 'connecting…'
          : `reconnecting… (as of ${timeOfDay(heardMs, nowMs)})`,
    )
    if (network === null) return
    this.#simulated.hidden = !network.simulated
    setText(this.#name, network.network)
    document.title = `${network.network} · gossip-price`
    this.#health.dataset['ready'] = connection === 'lost' ? 'unknown' : String(network.health.ready)
    this.#health.dataset['whole'] = String(isWhole(state))
    this.#health.dataset['false'] = String(falseRows > 0)
    setText(this.#healthText, healthLine(state, { nowMs, falseRows }))
    this.#why.hidden = connection === 'lost' || network.health.ready
    setText(this.#constants, constantsLine(state))
  }
}

interface HealthContext {
  readonly nowMs: number
  /** How many of the rows that are shown were found false here. */
  readonly falseRows: number
}

/** How things are, in one line of words. */
export function healthLine(state: PageState, { nowMs, falseRows }: HealthContext): string {
  const { network, nodes, prices, connection, isTableRead, tableFault } = state
  if (network === null) return 'Asking the node how it is…'
  if (connection === 'lost') return 'This page has lost its node and tries again; what it shows may be old.'
  const lies =
    falseRows === 0 ? undefined : `${counted(falseRows, 'row')} below ${falseRows === 1 ? 'is' : 'are'} false`
  if (!network.health.ready) {
    const [first = '', ...more] = [...network.health.sentences, ...(lies === undefined ? [] : [`${lies}.`])]
    return `Not ready${more.length === 0 ? '' : `, for ${more.length + 1} reasons`}: ${first}`
  }
  const { here, expected } = nodesOf(network, nodes)
  const seen = nodes.size === 0 ? 'no other node heard yet' : `${here} of ${counted(expected, 'node')} here`
  const [newest] = prices
  const isWell = here > 0 && here === expected && tableFault === null
  const lead = lies === undefined ? (isWell ? 'All is well' : 'Ready') : `Ready, but ${lies}`
  if (network.role === 'bootstrap')
    return `${lead}: ${seen}. This is a bootstrap node; it knows the network and no prices.`
  // No longer than the line that it takes the place of.
  if (lies !== undefined) return `${lead}: ${seen}.`
  if (newest === undefined && tableFault !== null) return `${lead}: ${seen}; what the table holds is not known now.`
  if (newest === undefined && !isTableRead) return `${lead}: ${seen}; the table is being read.`
  if (newest === undefined) return `${lead}: ${seen}; no price yet.`
  return `${lead}: ${seen}; the newest price was observed ${ago(nowMs - Date.parse(newest.observedTime))}.`
}

/** Everybody is here who should be, and the table too. */
function isWhole({ network, nodes, tableFault }: PageState): boolean {
  if (network === null || tableFault !== null) return false
  const { here, expected } = nodesOf(network, nodes)
  return here === expected
}

function nodesOf(network: Network, nodes: PageState['nodes']): { readonly here: number; readonly expected: number } {
  // Observers, and whoever calls himself one, make nothing worse by being behind.
  const known = Array.from(nodes.values(), ({ node }) => node).filter((node) => node.listed || node.state === 'here')
  return {
    here: known.filter(({ state }) => state === 'here').length,
    expected: expectedNodes(known, network.constants?.signerCount ?? 0),
  }
}

function constantsLine({ network, selfPeerId }: PageState): string {
  if (network === null) return ''
  const { role, constants } = network
  const who = `This node: ${role}${selfPeerId === null ? '' : `, peer ${selfPeerId}`}.`
  if (constants === null) return who
  const set = constants.signerCount === 0 ? 'anybody may sign' : `of ${constants.signerCount} in the set`
  return `A round every ${duration(constants.intervalMs)}; ${counted(constants.minimumSigners, 'signer')} make a quorum, ${set}; ${duration(constants.quietPeriodMs)} of quiet before a row is written; at most ${constants.maxDeviationPercent} % apart; source ${constants.source}. ${who}`
}
