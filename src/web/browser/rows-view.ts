import type { Price } from './api-shapes.ts'
import { displayPrice } from './decimal.ts'
import { byId, el, setAttributes, setText } from './element.ts'
import { ago, counted, shortHex, timeOfDay } from './format.ts'
import { expectedNodes } from './network-layout.ts'
import { type PageState, MOST_BESIDE } from './page-state.ts'
import type { RowCheck } from './row-checker.ts'
import { type DotState, SignerRing } from './signer-ring.ts'

interface RowsViewOptions {
  readonly check: (price: Price) => RowCheck
  readonly onOpen: (price: Price) => void
  readonly onOlder: () => void
  /** Rows that waited are wanted: time to render. */
  readonly onRelease: () => void
}

/**
 * The newest rows. Lines stay where they are and take on what they show, so that nothing jumps when a row comes; while
 * somebody is in the table, rows that come wait until they are asked for.
 */
export class RowsView {
  readonly #body = byId('rows', HTMLElement)
  readonly #empty = byId('rows-empty', HTMLElement)
  readonly #emptyWords = el('p')
  readonly #note = byId('rows-note', HTMLElement)
  readonly #waiting = byId('rows-waiting', HTMLButtonElement)
  readonly #older = byId('rows-older', HTMLButtonElement)
  readonly #options: RowsViewOptions
  readonly #lines: RowLine[] = []
  #shown: readonly Price[] = []
  #pair: string | null = null
  #isPointed = false
  #falseCount = 0

  /** How many of the rows that are shown were found false. */
  get falseCount(): number {
    return this.#falseCount
  }

  constructor(options: RowsViewOptions) {
    this.#options = options
    const ring = new SignerRing()
    ring.showDots(['missing', 'missing', 'missing', 'missing', 'missing'])
    ring.showMiddle('waiting')
    this.#empty.append(ring.element, this.#emptyWords)
    this.#older.addEventListener('click', () => options.onOlder())
    this.#waiting.addEventListener('click', () => {
      this.#shown = []
      options.onRelease()
    })
    this.#body.addEventListener('pointerenter', ({ pointerType }) => (this.#isPointed = pointerType === 'mouse'))
    this.#body.addEventListener('pointerleave', () => (this.#isPointed = false))
  }

  render(state: PageState, { nowMs }: { readonly nowMs: number }): void {
    const { prices, pair, olderPrices, isTableRead, tableFault } = state
    const rowLimit = state.rowLimit + roomOf(state)
    const isHeld =
      this.#shown.length > 0 && pair === this.#pair && (this.#isPointed || this.#body.contains(document.activeElement))
    const known = new Set(this.#shown.map(({ id }) => id))
    const oldestShown = this.#shown.at(-1)
    const arrived =
      isHeld && oldestShown !== undefined
        ? prices.filter((price) => !known.has(price.id) && price.observedTime > oldestShown.observedTime)
        : []
    const waiting = new Set(arrived.map(({ id }) => id))
    this.#shown = prices.filter(({ id }) => !waiting.has(id)).slice(0, rowLimit)
    this.#pair = pair
    this.#waiting.disabled = waiting.size === 0
    setText(this.#waiting, waiting.size === 0 ? '' : `Show ${counted(waiting.size, 'new row')}`)
    this.#empty.hidden = prices.length > 0
    if (prices.length === 0)
      setText(
        this.#emptyWords,
        tableFault !== null
          ? `The table cannot be asked now: ${tableFault}.`
          : isTableRead
            ? `No row of ${pair ?? 'any pair'} yet. Each will stand here with its proof.`
            : 'The table is being read…',
      )
    this.#older.hidden = olderPrices === null && prices.length <= rowLimit
    this.#renderLines(nowMs)
  }

  #renderLines(nowMs: number): void {
    while (this.#lines.length > this.#shown.length) this.#lines.pop()?.element.remove()
    let isTrue = 0
    let isFalse = 0
    this.#shown.forEach((price, at) => {
      let line = this.#lines[at]
      if (line === undefined) {
        line = new RowLine({ onOpen: this.#options.onOpen })
        this.#lines.push(line)
        this.#body.append(line.element)
      }
      const check = this.#options.check(price)
      if (check.kind === 'judged' && check.verdict.isTrue) isTrue++
      else if (check.kind === 'judged') isFalse++
      line.render(price, { check, nowMs })
    })
    const note =
      isFalse === 0 ? `${isTrue} of ${this.#shown.length} verified here` : `${isTrue} verified here, ${isFalse} false`
    setText(this.#note, this.#shown.length === 0 ? '' : note)
    this.#note.classList.toggle('bad', isFalse > 0)
    this.#falseCount = isFalse
  }
}

class RowLine {
  readonly #ring = new SignerRing()
  readonly #verdict = el('span', { class: 'row-verdict' })
  readonly #open = el('button', { type: 'button', class: 'row-open' }, this.#ring.element, this.#verdict)
  readonly #price = el('td', { class: 'number row-price' })
  readonly #time = el('td', { class: 'row-time' })
  readonly #round = el('td', { class: 'round-of number soft' })
  readonly #proposer = el('td', { class: 'proposer-of hex' })
  readonly #count = el('span', { class: 'signer-count' })
  readonly #names = el('span', { class: 'signer-names hex' })
  readonly #signers = el('td', { class: 'signers-of' }, this.#count, this.#names)
  readonly element = el(
    'tr',
    {},
    el('th', { scope: 'row' }, this.#open),
    this.#price,
    this.#time,
    this.#round,
    this.#proposer,
    this.#signers,
  )
  #shown: Price | undefined

  constructor({ onOpen }: { readonly onOpen: (price: Price) => void }) {
    this.element.addEventListener('click', () => {
      if (this.#shown !== undefined && getSelection()?.isCollapsed !== false) onOpen(this.#shown)
    })
  }

  render(price: Price, { check, nowMs }: { readonly check: RowCheck; readonly nowMs: number }): void {
    this.#shown = price
    const words = checkInWords(check)
    // Writers of different tables may hold different signatures: what was checked is what the table has.
    const { signers, signerCount } = check.kind === 'judged' ? check.row : price
    const when = Date.parse(price.observedTime)
    this.element.dataset['check'] = check.kind === 'judged' ? String(check.verdict.isTrue) : check.kind
    this.#ring.showDots(dotsOf(price, check))
    this.#ring.showMiddle(check.kind === 'judged' ? (check.verdict.isTrue ? 'tick' : 'cross') : 'waiting')
    setText(this.#verdict, words)
    setAttributes(this.#open, {
      'aria-label': `${words}: ${displayPrice(price.price)} of round ${price.round}. Open its proof`,
      title: reasonOf(check),
    })
    setText(this.#price, displayPrice(price.price))
    setText(this.#time, timeOfDay(when, nowMs))
    setAttributes(this.#time, { title: ago(nowMs - when) })
    setText(this.#round, String(price.round))
    setText(this.#proposer, shortHex(price.proposer))
    setText(this.#count, price.disputed ? `${signerCount}, disputed` : String(signerCount))
    setText(this.#names, namesOf(signers))
  }
}

/** More lines of the table beside it than this make room for more rows, beyond the room that a page leaves. */
const FEW_NODES = 4
const NODE_PIXELS = 40
const ROW_PIXELS = 44
const SPARE_PIXELS = 12

/** How many rows fit beside the nodes of a network, beyond a page. */
function roomOf({ network, nodes, bootstraps }: PageState): number {
  const known = Array.from(nodes.values(), ({ node }) => node)
  const lines = expectedNodes(known, network?.constants?.signerCount ?? 0) + bootstraps.size
  const room = (lines - FEW_NODES) * NODE_PIXELS + SPARE_PIXELS
  return Math.min(MOST_BESIDE, Math.max(0, Math.floor(room / ROW_PIXELS)))
}

const NAMED = 5

/** How the addresses of signers begin, as far as there is room. */
function namesOf(signers: readonly string[]): string {
  const isFull = signers.length > NAMED
  const named = signers.slice(0, isFull ? NAMED - 1 : NAMED)
  return [...named.map((signer) => signer.slice(2, 6)), ...(isFull ? [`+${signers.length - named.length}`] : [])].join(
    ' ',
  )
}

const DRAWN = 32

function dotsOf({ signers, signerCount }: Price, check: RowCheck): readonly DotState[] {
  if (check.kind === 'judged')
    return check.verdict.signers.slice(0, DRAWN).map(({ fault }) => (fault === null ? 'signed' : 'refused'))
  return Array.from({ length: Math.min(DRAWN, signers.length || signerCount) }, (): DotState => 'missing')
}

/** What a row's check has found, in a word or two. */
export function checkInWords(check: RowCheck): string {
  switch (check.kind) {
    case 'waiting':
      return 'checking'
    case 'failed':
      return 'no proof'
    case 'judged':
      return check.verdict.isTrue ? 'verified' : 'false'
  }
}

function reasonOf(check: RowCheck): string | undefined {
  if (check.kind === 'failed') return check.sentence
  return check.kind === 'judged' && !check.verdict.isTrue ? check.verdict.faults.join(' ') : undefined
}
