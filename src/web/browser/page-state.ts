import type {
  LiveEvent,
  Network,
  Peer,
  Peers,
  Pending,
  Price,
  PricePage,
  Refusal,
  Round,
  SeenNode,
} from './api-shapes.ts'
import { mergedRounds, withPrice } from './chart-data.ts'
import { isDecimal } from './decimal.ts'
import type { RangeId } from './time-range.ts'

/** A pending statement, and when it arrived here on the page's own clock: its count-downs run from there. */
export interface HeldStatement {
  readonly pending: Pending
  readonly heldAtMs: number
}

/** A node, and when it was told of. */
export interface HeldNode {
  readonly node: SeenNode
  readonly heldAtMs: number
}

/** A bootstrap node that is connected, or was while this page was open. */
export interface SeenBootstrap {
  readonly peer: Peer
  readonly isConnected: boolean
}

export type Connection = 'connecting' | 'live' | 'lost'

/** All that the page shows. Immutable: every event makes the next one. */
export interface PageState {
  readonly network: Network | null
  /** Of this node; known from /v1/peers, since a bootstrap node has no status of its own. */
  readonly selfPeerId: string | null
  /** By signer: a node that starts anew may have another peer id. */
  readonly nodes: ReadonlyMap<string, HeldNode>
  /** By peer id. */
  readonly bootstraps: ReadonlyMap<string, SeenBootstrap>
  readonly statements: ReadonlyMap<string, HeldStatement>
  readonly pair: string | null
  /** Whether anything is known of what the table holds. */
  readonly isTableRead: boolean
  /** Why the table could not be asked; null when it could. */
  readonly tableFault: string | null
  /** Of the chosen pair, newest observed first. */
  readonly prices: readonly Price[]
  /** Where older rows go on; null after the last. */
  readonly olderPrices: string | null
  /** How many rows are shown: rows that come must not make the table longer. */
  readonly rowLimit: number
  /** Of the chosen pair, newest first. */
  readonly rounds: readonly Round[]
  readonly olderRounds: { readonly pages: number; readonly next: string | null }
  readonly range: RangeId
  readonly connection: Connection
}

// Each row's proof is a question to the node's database: as many as one sees at a time.
export const ROWS_A_PAGE = 12
/** Rows beyond the first page, where there is room for them. */
export const MOST_BESIDE = 4

export const EMPTY_STATE: PageState = {
  network: null,
  selfPeerId: null,
  nodes: new Map(),
  bootstraps: new Map(),
  statements: new Map(),
  pair: null,
  isTableRead: false,
  tableFault: null,
  prices: [],
  olderPrices: null,
  rowLimit: ROWS_A_PAGE,
  rounds: [],
  olderRounds: { pages: 0, next: null },
  range: '24h',
  connection: 'connecting',
}

type SignatureData = Extract<LiveEvent, { kind: 'signature' }>['data']

const PRICES_AT_MOST = 300
const ENDED = new Set(['committed', 'expired'])

/** What comes next when the stream says something. */
export function afterEvent(
  state: PageState,
  { event, nowMs }: { readonly event: LiveEvent; readonly nowMs: number },
): PageState {
  switch (event.kind) {
    case 'price':
      return afterPrice(state, { price: event.data, nowMs })
    case 'statement':
      return {
        ...state,
        statements: withEntry(state.statements, event.data.id, { pending: event.data, heldAtMs: nowMs }),
      }
    case 'signature':
      return afterSignature(state, { signature: event.data, nowMs })
    case 'refusal':
      return changeStatement(state, event.data.id, (pending) => withRefusal(pending, event.data))
    case 'node':
      return { ...state, nodes: withEntry(state.nodes, event.data.signer, { node: event.data, heldAtMs: nowMs }) }
    case 'health':
      return state.network === null ? state : { ...state, network: { ...state.network, health: event.data } }
    case 'peer':
    case 'reset':
      return state
  }
}

function afterPrice(state: PageState, { price, nowMs }: { readonly price: Price; readonly nowMs: number }): PageState {
  const held = state.statements.get(price.id)
  const statements =
    held === undefined
      ? state.statements
      : withEntry(state.statements, price.id, { pending: { ...held.pending, phase: 'committed' }, heldAtMs: nowMs })
  if (price.pair !== state.pair || !isDecimal(price.price)) return { ...state, statements }
  const intervalMs = state.network?.constants?.intervalMs
  return {
    ...state,
    statements,
    prices: mergedPrices([price], state.prices).slice(0, PRICES_AT_MOST),
    rounds: intervalMs === undefined ? state.rounds : withPrice(state.rounds, { price, intervalMs }),
  }
}

/** Statements whose end was shown for long enough are let go. */
export function withoutEnded(
  state: PageState,
  { nowMs, lingerMs }: { readonly nowMs: number; readonly lingerMs: number },
): PageState {
  const ended = [...state.statements.values()].filter(
    ({ pending, heldAtMs }) => ENDED.has(pending.phase) && nowMs - heldAtMs >= lingerMs,
  )
  if (ended.length === 0) return state
  const statements = new Map(state.statements)
  for (const { pending } of ended) statements.delete(pending.id)
  return { ...state, statements }
}

/** The network as it was asked for; nodes that are not in it have expired. */
export function withNetwork(
  state: PageState,
  { network, nowMs }: { readonly network: Network; readonly nowMs: number },
): PageState {
  const nodes = new Map(network.nodes.map((node) => [node.signer, { node, heldAtMs: nowMs }]))
  const pairs = network.constants?.pairs ?? []
  const pair = state.pair !== null && pairs.includes(state.pair) ? state.pair : (pairs[0] ?? null)
  return { ...state, network, nodes, pair }
}

/** Anybody may call himself a bootstrap node. */
const BOOTSTRAPS_AT_MOST = 4

/** Who is connected now. A bootstrap node that has gone is still shown: it may go, and comes back under its peer id. */
export function withPeers(state: PageState, { peerId, peers }: Peers): PageState {
  const connected = peers.filter(({ bootstrap }) => bootstrap === true)
  const ids = new Set(connected.map((peer) => peer.peerId))
  const left = [...state.bootstraps.values()].filter(({ peer }) => !ids.has(peer.peerId))
  const seen = [
    ...connected.map((peer) => ({ peer, isConnected: true })),
    ...left.map(({ peer }) => ({ peer, isConnected: false })),
  ].slice(0, BOOTSTRAPS_AT_MOST)
  return { ...state, selfPeerId: peerId, bootstraps: new Map(seen.map((entry) => [entry.peer.peerId, entry])) }
}

export function withStatements(
  state: PageState,
  { statements, nowMs }: { readonly statements: readonly Pending[]; readonly nowMs: number },
): PageState {
  return { ...state, statements: new Map(statements.map((pending) => [pending.id, { pending, heldAtMs: nowMs }])) }
}

/**
 * The newest page of rows joined to those that are known. Where nothing joins, for more were missed than a page holds,
 * the list begins anew: it must not hide a gap.
 */
export function withNewestPrices(state: PageState, page: PricePage): PageState {
  const known = new Set(state.prices.map(({ id }) => id))
  if (!page.prices.some(({ id }) => known.has(id)))
    return { ...state, prices: mergedPrices(page.prices, []), olderPrices: page.next }
  return { ...state, prices: mergedPrices(page.prices, state.prices) }
}

/** Two lists of rows as one, newest observed first, no row twice. */
export function mergedPrices(newer: readonly Price[], older: readonly Price[]): readonly Price[] {
  const byId = new Map([...older, ...newer].map((price) => [price.id, price]))
  return [...byId.values()].toSorted((a, b) =>
    a.observedTime === b.observedTime ? (a.id < b.id ? 1 : -1) : a.observedTime < b.observedTime ? 1 : -1,
  )
}

export function withPair(state: PageState, pair: string): PageState {
  return {
    ...state,
    pair,
    isTableRead: false,
    prices: [],
    olderPrices: null,
    rowLimit: ROWS_A_PAGE,
    rounds: [],
    olderRounds: { pages: 0, next: null },
  }
}

export function withOlderRounds(
  state: PageState,
  page: { readonly rounds: readonly Round[]; readonly next: string | null },
): PageState {
  return {
    ...state,
    rounds: mergedRounds(state.rounds, page.rounds.filter(isDrawable)),
    olderRounds: { pages: state.olderRounds.pages + 1, next: page.next },
  }
}

/** Whether all its prices are prices: the chart reckons with them. */
function isDrawable({ median, prices }: Round): boolean {
  return [median, ...prices].every(isDecimal)
}

function changeStatement(state: PageState, id: string, change: (pending: Pending) => Pending): PageState {
  const held = state.statements.get(id)
  if (held === undefined) return state
  return { ...state, statements: withEntry(state.statements, id, { ...held, pending: change(held.pending) }) }
}

/** A signature that is added to a quorum begins its quiet period anew. */
function afterSignature(
  state: PageState,
  { signature, nowMs }: { readonly signature: SignatureData; readonly nowMs: number },
): PageState {
  const held = state.statements.get(signature.id)
  if (held === undefined) return state
  const pending = withSignature(held.pending, signature)
  if (pending === held.pending) return state
  const quietPeriodMs = state.network?.constants?.quietPeriodMs
  if (pending.signers.length < pending.minimum || quietPeriodMs === undefined)
    return { ...state, statements: withEntry(state.statements, signature.id, { ...held, pending }) }
  const phase = pending.phase === 'collecting' ? 'quorum' : pending.phase
  const quiet = { ...pending, phase, quietEndsInMs: quietPeriodMs, closesInMs: null }
  return { ...state, statements: withEntry(state.statements, signature.id, { pending: quiet, heldAtMs: nowMs }) }
}

function withSignature(
  pending: Pending,
  { signer, time }: { readonly signer: string; readonly time: string },
): Pending {
  if (pending.signers.some((held) => held.signer === signer)) return pending
  return {
    ...pending,
    signers: [...pending.signers, { signer, time }],
    missing: pending.missing.filter((missing) => missing !== signer),
    refusals: pending.refusals.filter((refusal) => refusal.signer !== signer),
  }
}

function withRefusal(pending: Pending, refusal: Refusal): Pending {
  if (pending.signers.some(({ signer }) => signer === refusal.signer)) return pending
  return { ...pending, refusals: [...pending.refusals.filter(({ signer }) => signer !== refusal.signer), refusal] }
}

function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value)
}
