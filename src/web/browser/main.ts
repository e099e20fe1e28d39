import { Announcer } from './announcer.ts'
import type { LiveEvent, Price, Story } from './api-shapes.ts'
import { ask, isAnswering, wordsOf } from './ask.ts'
import { ChartView } from './chart-view.ts'
import { displayPrice } from './decimal.ts'
import { DetailDialog } from './detail-dialog.ts'
import { byId } from './element.ts'
import { counted, shortHex, shortPeerId } from './format.ts'
import { listen } from './live-stream.ts'
import { medianProof } from './median-proof.ts'
import { NetworkView, bootstrapsOf } from './network-view.ts'
import { NodeData } from './node-data.ts'
import { bootstrapDetail, nodeDetail } from './node-detail.ts'
import { type HeldNode, type SeenBootstrap, afterEvent, withoutEnded } from './page-state.ts'
import { PageStore } from './page-store.ts'
import { PendingView } from './pending-view.ts'
import { PriceView } from './price-view.ts'
import { type RowCheck, RowChecker } from './row-checker.ts'
import { RowsView } from './rows-view.ts'
import { SilenceWatch } from './silence-watch.ts'
import { StatusView, healthLine } from './status-view.ts'
import { startThemeSwitch } from './theme.ts'
import type { RowRules } from './verify-row.ts'

const LINGER_MS = 4_000
const TICK_MS = 500
/** Far longer than a node is silent that has any other to hear. */
const SILENCE_MS = 20_000
const REFRESH_EVERY_MS = 30_000
const STREAM_PATIENCE_MS = 300
const FILL_PATIENCE_MS = 2_000

const store = new PageStore({ draw: render })
const announcer = new Announcer({ element: byId('announcer', HTMLElement) })
const checker = new RowChecker({ onCheck })
const data = new NodeData({ store }, { onRefill: () => checker.forgetFailures(), onNewest: fillPage })
const dialog = new DetailDialog()
const content = byId('content', HTMLElement)
const footer = byId('bottom', HTMLElement)
const statusView = new StatusView({ onWhy: openHealth })
const priceView = new PriceView({ onPair: (pair) => void data.choosePair(pair) })
const chartView = new ChartView({ announcer }, { onRange: (range) => void data.chooseRange(range), now: Date.now })
const pendingView = new PendingView({ announcer }, { onWhy: (id) => void tellWhy(id) })
const rowsView = new RowsView({
  check: (price) => checker.check(price),
  onOpen: openRow,
  onOlder: () => void showOlderRows(),
  onRelease: () => store.schedule(),
})
const networkView = new NetworkView({ onOpen: openNode })

let heardMs = Date.now()
const silence = new SilenceWatch({ isAnswering, now: () => performance.now() }, { silentMs: SILENCE_MS })
let announcedRound = 0
/** Shown at once and whole: what would come bit by bit would push about what is below it. */
let isFilled = false
let opened: Price | undefined
let isHealthOpen = false
let openedNode: { readonly key: string; readonly seen: HeldNode | SeenBootstrap } | undefined

function render(): void {
  const wallMs = Date.now()
  const nowMs = performance.now()
  store.change(withoutEnded(store.state, { nowMs, lingerMs: LINGER_MS }))
  const { state } = store
  statusView.render(state, { nowMs: wallMs, heardMs, falseRows: rowsView.falseCount })
  if (state.network === null) return
  // A bootstrap node knows the network and nothing of prices.
  document.documentElement.dataset['role'] = state.network.role
  content.hidden = !isFilled
  footer.hidden = !isFilled
  networkView.render(state, { nowMs, wallMs })
  if (openedNode !== undefined && seenAs(openedNode.key) !== openedNode.seen) openNode(openedNode.key)
  if (state.network.role === 'bootstrap') return
  checker.useRules(rules())
  const check = (price: Price): RowCheck => checker.check(price)
  priceView.render(state, {
    nowMs: wallMs,
    pageMs: nowMs,
    proof: (round) => medianProof(round, { prices: state.prices, check }),
  })
  chartView.render(state)
  pendingView.render(state, { nowMs, wallMs })
  rowsView.render(state, { nowMs: wallMs })
}

function rules(): RowRules | null {
  const { network } = store.state
  if (network === null || network.constants === null) return null
  const { minimumSigners, intervalMs } = network.constants
  return { network: network.network, signers: network.signers ?? null, minimumSigners, intervalMs }
}

function openRow(price: Price): void {
  opened = price
  const retry = (): void => {
    checker.again(price)
    openRow(price)
  }
  dialog.showRow(price, { check: checker.check(price), rules: rules(), retry })
}

function openHealth(): void {
  isHealthOpen = true
  dialog.showHealth(store.state.network?.health.sentences ?? [])
}

/** @param key - a signer, or the peer id of a bootstrap node */
function seenAs(key: string): HeldNode | SeenBootstrap | undefined {
  return store.state.nodes.get(key) ?? store.state.bootstraps.get(key)
}

function openNode(key: string): void {
  const { nodes, network } = store.state
  const seen = seenAs(key)
  if (seen === undefined) return
  openedNode = { key, seen }
  const known = { nodes: Array.from(nodes.values(), ({ node }) => node), bootstraps: bootstrapsOf(store.state) }
  const { links = [], self = null } = network ?? {}
  const context = { ...known, links, self, nowMs: performance.now(), wallMs: Date.now() }
  if ('node' in seen) dialog.showNode(`Node ${shortHex(key)}`, nodeDetail(seen, context))
  else dialog.showNode(`Bootstrap node ${shortPeerId(key)}`, bootstrapDetail(seen, context))
}

function onCheck(price: Price): void {
  if (opened?.id === price.id) openRow(price)
  const check = checker.check(price)
  if (check.kind === 'judged' && !check.verdict.isTrue)
    announcer.say(`The row of round ${price.round} by ${shortHex(price.proposer)} is false.`)
  store.schedule()
}

async function showOlderRows(): Promise<void> {
  const words = await data.loadOlderRows().then((count) => `${counted(count, 'older row')} shown.`, wordsOf)
  announcer.answer(words)
}

async function tellWhy(id: string): Promise<void> {
  const pending = store.state.statements.get(id)?.pending
  const title =
    pending === undefined ? 'Why' : `${pending.pair} ${displayPrice(pending.price)} from ${shortHex(pending.proposer)}`
  try {
    dialog.showStory(title, await ask<Story>(`/v1/statements/${encodeURIComponent(id)}/why`))
  } catch (error) {
    dialog.showStory(title, `The node did not say why: ${wordsOf(error)}.`)
  }
}

function onEvent(event: LiveEvent): void {
  heard()
  const before = store.state
  store.change(afterEvent(before, { event, nowMs: performance.now() }))
  switch (event.kind) {
    case 'reset':
      void data.refill()
      return
    case 'peer':
      data.reloadNetworkSoon()
      return
    case 'health':
      if (before.network?.health.ready !== event.data.ready)
        announcer.say(healthLine(store.state, { nowMs: heardMs, falseRows: rowsView.falseCount }))
      if (isHealthOpen) openHealth()
      return
    case 'price': {
      const { pair, price, round, signerCount } = event.data
      if (pair !== store.state.pair || round <= announcedRound) return
      announcedRound = round
      announcer.say(`New price: ${pair} ${displayPrice(price)}, ${counted(signerCount, 'signer')}.`)
      return
    }
    case 'node': {
      const { signer, state } = event.data
      if (before.nodes.get(signer)?.node.state === state) return
      announcer.say(`Node ${shortHex(signer)} is ${state}.`)
      data.reloadNetworkSoon()
      return
    }
    case 'statement':
      networkView.pulse(event.data.proposer)
      return
    case 'signature':
    case 'refusal':
      networkView.pulse(event.data.signer)
  }
}

function heard(): void {
  heardMs = Date.now()
  silence.heard()
}

function fillPage(): void {
  isFilled = true
  store.schedule()
}

/** Listens before it asks, so that nothing falls between an answer and the first event. */
async function start(): Promise<void> {
  startThemeSwitch({ onChange: () => chartView.recolour() })
  byId('detail', HTMLDialogElement).addEventListener('close', () => {
    opened = undefined
    isHealthOpen = false
    openedNode = undefined
  })
  const { promise: firstOpen, resolve: onFirstOpen } = Promise.withResolvers<void>()
  const stream = listen({
    onOpen: (resumed) => {
      heard()
      store.change({ ...store.state, connection: 'live' })
      onFirstOpen()
      if (resumed) void data.refill()
    },
    onLost: () => store.change({ ...store.state, connection: 'lost' }),
    onEvent,
  })
  setInterval(() => {
    store.schedule()
    void silence.look().then((isSilent) => isSilent && stream.reopen())
  }, TICK_MS)
  setInterval(() => void data.refresh(), REFRESH_EVERY_MS)
  setTimeout(onFirstOpen, STREAM_PATIENCE_MS)
  await firstOpen
  setTimeout(fillPage, FILL_PATIENCE_MS)
  await data.refill()
  fillPage()
}

void start()
