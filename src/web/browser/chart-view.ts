import type { Announcer } from './announcer.ts'
import type { Round } from './api-shapes.ts'
import { type ChartData, chartData, chartSummary } from './chart-data.ts'
import { displayPrice } from './decimal.ts'
import { byId, el, setText } from './element.ts'
import { counted, duration, shortHex, timeOfDay, unbroken } from './format.ts'
import type { PageState } from './page-state.ts'
import { type Level, PriceChart } from './price-chart.ts'
import { RANGES, type RangeId, type TimeWindow, isRangeId, windowOf, zoomed } from './time-range.ts'

interface ChartViewOptions {
  readonly onRange: (range: RangeId) => void
  readonly now: () => number
}

/** The chart with its ranges, its read-out and its keys. */
export class ChartView {
  readonly #box = byId('chart', HTMLElement)
  readonly #empty = byId('chart-empty', HTMLElement)
  readonly #emptyWords = byId('chart-empty-words', HTMLElement)
  readonly #readout = byId('readout', HTMLElement)
  readonly #summary = byId('chart-summary', HTMLElement)
  readonly #reset = byId('zoom-reset', HTMLButtonElement)
  readonly #announcer: Announcer
  readonly #now: () => number
  readonly #chart = new PriceChart(
    { parent: this.#box },
    { onPoint: (index) => this.#read(index), onSelect: (window) => this.#zoom(window) },
  )
  #state: PageState | undefined
  #rounds: readonly Round[] = []
  #data: ChartData = { proposers: [], seconds: [], median: [], prices: [] }
  #roundBySeconds: ReadonlyMap<number, Round> = new Map()
  #drawn: { readonly data: ChartData; readonly window: TimeWindow } | undefined
  #zoomedTo: TimeWindow | undefined
  #at: number | undefined

  constructor({ announcer }: { readonly announcer: Announcer }, { onRange, now }: ChartViewOptions) {
    this.#announcer = announcer
    this.#now = now
    const ranges = byId('ranges', HTMLFieldSetElement)
    for (const { id, label, name } of RANGES) {
      const input = el('input', { type: 'radio', name: 'range', value: id, 'aria-label': name, checked: id === '24h' })
      ranges.append(el('label', {}, input, el('span', {}, label)))
    }
    ranges.addEventListener('change', (event) => {
      const value = event.target instanceof HTMLInputElement ? event.target.value : ''
      this.#zoomedTo = undefined
      if (isRangeId(value)) onRange(value)
    })
    this.#reset.addEventListener('click', () => this.#zoom(undefined))
    this.#box.addEventListener('dblclick', () => this.#zoom(undefined))
    this.#box.addEventListener('keydown', (event) => this.#onKey(event))
    this.#box.addEventListener('blur', () => this.#goTo(undefined))
  }

  /** Draws what has changed; the window moves on with the time. */
  render(state: PageState): void {
    const isSame = state.rounds === this.#rounds && state.range === this.#state?.range
    this.#state = state
    if (state.network?.constants === null || state.network === null) return
    this.#empty.hidden = state.rounds.length > 0
    if (state.rounds.length === 0) {
      this.#rounds = []
      this.#drawn = undefined
      this.#chart.hide()
      setText(
        this.#emptyWords,
        state.tableFault === null && state.isTableRead
          ? 'The first point of this chart is drawn when the first price is in the table.'
          : 'There are no prices to draw now.',
      )
      setText(this.#readout, ' ')
      return
    }
    if (isSame && this.#zoomedTo !== undefined) return
    if (state.rounds !== this.#rounds) {
      this.#rounds = state.rounds
      this.#data = chartData(state.rounds)
      this.#roundBySeconds = new Map(state.rounds.map((round) => [Date.parse(round.startTime) / 1_000, round]))
    }
    this.#draw()
  }

  recolour(): void {
    this.#chart.recolour()
  }

  #draw(): void {
    const window = this.#window()
    this.#reset.disabled = this.#zoomedTo === undefined
    if (this.#isDrawn(window)) return
    this.#drawn = { data: this.#data, window }
    const at = this.#at
    const [newest] = this.#rounds
    if (newest === undefined) return
    this.#chart.show({ data: this.#data, window, newest: levelOf(newest) })
    setText(this.#summary, chartSummary(this.#rounds, window))
    if (at === undefined || !this.#isIn(window, at)) this.#readNothing(window)
    // What is read stays so where the chart is drawn anew, which it is after this.
    else queueMicrotask(() => this.#goTo(at))
  }

  /** Whether another drawing would be the same to the pixel. */
  #isDrawn({ fromMs, toMs }: TimeWindow): boolean {
    if (this.#drawn === undefined || this.#drawn.data !== this.#data) return false
    const { window } = this.#drawn
    const pixelMs = (toMs - fromMs) / Math.max(1, this.#box.clientWidth)
    return Math.abs(fromMs - window.fromMs) < pixelMs && Math.abs(toMs - window.toMs) < pixelMs
  }

  #window(): TimeWindow {
    return this.#zoomedTo ?? this.#outer()
  }

  #outer(): TimeWindow {
    const { intervalMs = 0, quietPeriodMs = 0 } = this.#state?.network?.constants ?? {}
    // What was observed later cannot be in the table yet: the chart would end in a gap that means nothing.
    const nowMs = this.#now() - quietPeriodMs
    return windowOf(this.#state?.range ?? '24h', { rounds: this.#rounds, nowMs, intervalMs })
  }

  #zoom(window: TimeWindow | undefined): void {
    this.#zoomedTo = window
    this.#draw()
  }

  #goTo(index: number | undefined): void {
    this.#chart.pointAt(index)
    this.#read(index)
  }

  #read(index: number | undefined): void {
    const round = index === undefined ? undefined : this.#roundAt(index)
    this.#at = round === undefined ? undefined : index
    this.#chart.readLevel(round && levelOf(round))
    if (round === undefined) this.#readNothing(this.#window())
    else setText(this.#readout, roundInWords(round, this.#now()))
  }

  #readNothing({ fromMs, toMs }: TimeWindow): void {
    const range = RANGES.find(({ id }) => id === this.#state?.range)
    const span =
      this.#zoomedTo !== undefined
        ? duration(toMs - fromMs)
        : (range?.spanMs ?? null) === null
          ? 'Everything'
          : `The last ${range?.name ?? ''}`
    const oldest = this.#rounds.at(-1)
    const beginsAt = oldest === undefined ? fromMs : Date.parse(oldest.startTime)
    const isYoung = this.#zoomedTo === undefined && (range?.spanMs ?? Infinity) > toMs - beginsAt
    const late = isYoung ? `, from the first price at ${timeOfDay(beginsAt, this.#now())} on` : ''
    setText(this.#readout, `${span}${late}. Point at a round to read it, drag to zoom.`)
  }

  #roundAt(index: number): Round | undefined {
    return this.#roundBySeconds.get(this.#data.seconds[index] ?? NaN)
  }

  #isIn({ fromMs, toMs }: TimeWindow, index: number): boolean {
    const ms = (this.#data.seconds[index] ?? NaN) * 1_000
    return ms >= fromMs && ms <= toMs
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#rounds.length === 0) return
    const outer = this.#outer()
    switch (event.key) {
      case 'ArrowLeft':
        this.#step((this.#at ?? this.#data.seconds.length) - 1, -1)
        break
      case 'ArrowRight':
        this.#step((this.#at ?? -1) + 1, 1)
        break
      case 'Home':
        this.#step(0, 1)
        break
      case 'End':
        this.#step(this.#data.seconds.length - 1, -1)
        break
      case '+':
      case '=':
        this.#zoom(zoomed(this.#around(), { factor: 0.5, outer }))
        break
      case '-':
        this.#zoom(zoomed(this.#around(), { factor: 2, outer }))
        break
      case 'Escape':
        this.#zoom(undefined)
        break
      default:
        return
    }
    event.preventDefault()
  }

  /** Goes to the next round in sight, over gaps and no further than the window. */
  #step(start: number, direction: 1 | -1): void {
    const window = this.#window()
    for (let index = start; index >= 0 && index < this.#data.seconds.length; index += direction) {
      const round = this.#roundAt(index)
      if (round === undefined || !this.#isIn(window, index)) continue
      this.#goTo(index)
      this.#announcer.answer(roundInWords(round, this.#now()))
      return
    }
  }

  /** The window, with the round that is read in its middle. */
  #around(): TimeWindow {
    const window = this.#window()
    const seconds = this.#at === undefined ? undefined : this.#data.seconds[this.#at]
    if (seconds === undefined) return window
    const half = (window.toMs - window.fromMs) / 2
    return { fromMs: seconds * 1_000 - half, toMs: seconds * 1_000 + half }
  }
}

function levelOf({ median }: Round): Level {
  return { value: Number(median), label: displayPrice(median) }
}

const NAMED = 6
const NO_BREAK = '\u00a0'

function roundInWords(round: Round, nowMs: number): string {
  const lead = `${timeOfDay(Date.parse(round.startTime), nowMs)} · median ${displayPrice(round.median)} of ${counted(round.prices.length, 'price')}`
  if (round.prices.length > 1 && new Set(round.prices).size === 1) return `${lead}, all the same`
  const named = round.proposers
    .slice(0, NAMED)
    .map((proposer, at) => `${unbroken(shortHex(proposer))}${NO_BREAK}${displayPrice(round.prices[at] ?? '0')}`)
  const more = round.proposers.length > NAMED ? `, and ${round.proposers.length - NAMED} more` : ''
  return `${lead}: ${named.join(', ')}${more}`
}
