import type { Network, Peers, Pending, PricePage, RoundPage } from './api-shapes.ts'
import { ask, wordsOf } from './ask.ts'
import {
  MOST_BESIDE,
  ROWS_A_PAGE,
  mergedPrices,
  withNetwork,
  withNewestPrices,
  withOlderRounds,
  withPair,
  withPeers,
  withStatements,
} from './page-state.ts'
import type { PageStore } from './page-store.ts'
import { ROUNDS_A_PAGE, type RangeId, needsOlder } from './time-range.ts'

const RETRY_MS = 3_000
const TOGETHER_MS = 1_000

/** Asks the node for what the page shows. A question that fails leaves what is shown as it is. */
export class NodeData {
  readonly #store: PageStore
  readonly #onRefill: () => void
  readonly #onNewest: () => void
  #isStale = false
  #refilling: Promise<void> | undefined
  #networkTimer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param listeners - `onRefill` is called whenever everything is about to be asked for anew, `onNewest` once there is
   *   all but the older rounds of the chart
   */
  constructor(
    { store }: { readonly store: PageStore },
    { onRefill, onNewest }: { readonly onRefill: () => void; readonly onNewest: () => void },
  ) {
    this.#store = store
    this.#onRefill = onRefill
    this.#onNewest = onNewest
  }

  /** Everything anew, at the start and when events were missed; tried until it is there. */
  async refill(): Promise<void> {
    this.#isStale = true
    this.#refilling ??= this.#fill().finally(() => (this.#refilling = undefined))
    await this.#refilling
  }

  /** What changes by itself, and what no event tells: that somebody has changed rows of the table. */
  async refresh(): Promise<void> {
    await kept(this.#loadNetwork().then(() => this.#loadStatements()))
    const { pair, isTableRead, tableFault } = this.#store.state
    if (pair !== null) await kept(isTableRead && tableFault === null ? this.#loadRows(pair) : this.#loadTable(pair))
  }

  /** Links have changed: asked for once when several change together. */
  reloadNetworkSoon(): void {
    if (this.#networkTimer !== undefined) return
    this.#networkTimer = setTimeout(() => {
      this.#networkTimer = undefined
      void kept(this.#loadNetwork())
    }, TOGETHER_MS)
  }

  async choosePair(pair: string): Promise<void> {
    this.#store.change(withPair(this.#store.state, pair))
    await kept(this.#loadTable(pair).then(() => this.#loadOlderRounds(pair)))
  }

  async chooseRange(range: RangeId): Promise<void> {
    this.#store.change({ ...this.#store.state, range })
    const { pair } = this.#store.state
    if (pair !== null) await kept(this.#loadOlderRounds(pair))
  }

  /** @returns how many rows came */
  async loadOlderRows(): Promise<number> {
    const { pair, olderPrices, rowLimit } = this.#store.state
    this.#store.change({ ...this.#store.state, rowLimit: rowLimit + ROWS_A_PAGE })
    if (pair === null || olderPrices === null) return 0
    const page = await ask<PricePage>(pathOf('/v1/prices', { pair, limit: ROWS_A_PAGE, cursor: olderPrices }))
    const { state } = this.#store
    if (state.pair !== pair) return 0
    this.#store.change({ ...state, prices: mergedPrices(state.prices, page.prices), olderPrices: page.next })
    return page.prices.length
  }

  async #fill(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      this.#onRefill()
      if (await kept(this.#loadAll())) continue
      this.#isStale = true
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  async #loadAll(): Promise<void> {
    await this.#loadNetwork()
    const { pair, network } = this.#store.state
    if (network?.role === 'bootstrap' || pair === null) return
    await Promise.all([this.#loadStatements(), this.#loadTable(pair)])
    this.#onNewest()
    await this.#loadOlderRounds(pair)
  }

  async #loadNetwork(): Promise<void> {
    const [network, peers] = await Promise.all([ask<Network>('/v1/network'), ask<Peers>('/v1/peers')])
    const next = withNetwork(this.#store.state, { network, nowMs: performance.now() })
    this.#store.change(withPeers(next, peers))
  }

  async #loadStatements(): Promise<void> {
    if (this.#store.state.network?.role === 'bootstrap') return
    const { statements } = await ask<{ statements: Pending[] }>('/v1/statements')
    this.#store.change(withStatements(this.#store.state, { statements, nowMs: performance.now() }))
  }

  /** A node whose database is away still shows its network, and says what it cannot show. */
  async #loadTable(pair: string): Promise<void> {
    try {
      await Promise.all([this.#loadRows(pair), this.#loadRounds(pair)])
      this.#store.change({ ...this.#store.state, isTableRead: true, tableFault: null })
    } catch (error) {
      this.#store.change({ ...this.#store.state, tableFault: wordsOf(error) })
      throw error
    }
  }

  async #loadRows(pair: string): Promise<void> {
    const page = await ask<PricePage>(pathOf('/v1/prices', { pair, limit: ROWS_A_PAGE + MOST_BESIDE }))
    const { state } = this.#store
    if (state.pair === pair) this.#store.change(withNewestPrices(state, page))
  }

  /** The newest page of rounds. */
  async #loadRounds(pair: string): Promise<void> {
    const first = await ask<RoundPage>(pathOf('/v1/rounds', { pair, limit: ROUNDS_A_PAGE }))
    const { state } = this.#store
    if (state.pair !== pair) return
    const next = withOlderRounds(state, first)
    this.#store.change(state.olderRounds.pages === 0 ? next : { ...next, olderRounds: state.olderRounds })
  }

  /** Pages of rounds until the chosen range is full. */
  async #loadOlderRounds(pair: string): Promise<void> {
    for (
      let { state } = this.#store;
      state.pair === pair && needsOlder(state.range, windowOf(state));
      { state } = this.#store
    ) {
      const cursor = state.olderRounds.next
      if (cursor === null) return
      const page = await ask<RoundPage>(pathOf('/v1/rounds', { pair, limit: ROUNDS_A_PAGE, cursor }))
      const now = this.#store.state
      if (now.pair !== pair || now.olderRounds.next !== cursor) return
      this.#store.change(withOlderRounds(now, page))
    }
  }
}

function windowOf({ rounds, olderRounds }: PageStore['state']): Parameters<typeof needsOlder>[1] {
  return { rounds, nowMs: Date.now(), pages: olderRounds.pages }
}

function pathOf(path: string, query: Readonly<Record<string, string | number>>): string {
  const texts = Object.entries(query).map(([name, value]) => [name, String(value)])
  return `${path}?${new URLSearchParams(texts).toString()}`
}

/** Whether the work came to its end. */
async function kept(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch {
    return false
  }
}
