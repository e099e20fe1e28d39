import uPlot from 'uplot'
import { priceLabels, timeLabels } from './axis-labels.ts'
import { type ChartData, extentOf, sparsePoints } from './chart-data.ts'
import { el, setText } from './element.ts'
import type { TimeWindow } from './time-range.ts'

interface ChartListeners {
  /** The pointer stands at this entry of the data; undefined when it has left. */
  readonly onPoint: (index: number | undefined) => void
  /** A stretch was chosen by dragging over it. */
  readonly onSelect: (window: TimeWindow) => void
}

/** Pixels that a round must have for its points to be drawn, and for them to be drawn large. */
const ROOMY = 6
const VAST = 40
/** Closer than that, points cannot be told apart. */
const PIXELS_A_POINT = 2
/** Of a label at the right, pixels. */
const LABEL_MARGIN = 12
const DIGIT = 7
/** Of the price on its axis, pixels. */
const TAG_HEIGHT = 20

/** A price that the chart marks on its axis. */
export interface Level {
  readonly value: number
  /** As it is read. */
  readonly label: string
}

interface Shown {
  readonly data: ChartData
  readonly window: TimeWindow
  /** The newest median: marked while nothing else is pointed at. */
  readonly newest: Level
}

/** uPlot, as this page uses it: the median as a line, every proposer's price as a point, colours from the style sheet. */
export class PriceChart {
  readonly #parent: HTMLElement
  readonly #listeners: ChartListeners
  readonly #hair = el('div', { class: 'hair', hidden: true })
  readonly #tag = el('span', { class: 'level-tag' })
  readonly #level = el('div', { class: 'level', hidden: true, 'aria-hidden': 'true' }, this.#tag)
  readonly #probe = el('span', { hidden: true })
  #plot: uPlot | undefined
  #shown: Shown | undefined
  #pointed: Level | undefined
  #key = ''
  #yRange: [number, number] = [0, 1]

  constructor({ parent }: { readonly parent: HTMLElement }, listeners: ChartListeners) {
    this.#parent = parent
    this.#listeners = listeners
    parent.append(this.#probe)
    new ResizeObserver(() => {
      if (this.#shown === undefined) return
      this.#plot?.setSize(this.#size())
      this.show(this.#shown)
    }).observe(parent)
  }

  show(shown: Shown): void {
    this.#shown = shown
    const { data, window } = shown
    // Not to be seen yet: how large points are is known once it is.
    if (this.#parent.clientWidth === 0) return
    const inWindow = data.seconds.filter(
      (seconds) => seconds * 1_000 >= window.fromMs && seconds * 1_000 <= window.toMs,
    ).length
    const room = this.#parent.clientWidth / Math.max(1, inWindow)
    const size = room < ROOMY ? 3 : room < VAST ? 6 : 9
    const key = `${data.proposers.join()} ${size}`
    const columns: uPlot.AlignedData = [
      [...data.seconds],
      ...data.prices.map((column) => [...column]),
      [...data.median],
    ]
    this.#yRange = padded(extentOf(data, window))
    const scale = { min: window.fromMs / 1_000, max: window.toMs / 1_000 }
    if (this.#plot === undefined || key !== this.#key) {
      this.#key = key
      this.#plot?.destroy()
      this.#plot = new uPlot(this.#options({ proposers: data.proposers.length, size }), columns, this.#parent)
    } else this.#plot.setData(columns, false)
    this.#plot.setScale('x', scale)
  }

  hide(): void {
    this.#plot?.destroy()
    this.#plot = undefined
    this.#shown = undefined
    this.#key = ''
  }

  /** Takes on other colours. */
  recolour(): void {
    this.#plot?.redraw(false, true)
  }

  /** Marks what is pointed at instead of the newest median; undefined when nothing is. */
  readLevel(level: Level | undefined): void {
    this.#pointed = level
    if (this.#plot !== undefined) this.#markLevel(this.#plot)
  }

  /** Moves the cross-hair to an entry of the data; away when undefined. Tells its listeners nothing. */
  pointAt(index: number | undefined): void {
    const plot = this.#plot
    if (plot === undefined) return
    const seconds = index === undefined ? undefined : plot.data[0][index]
    const value = index === undefined ? undefined : plot.data.at(-1)?.[index]
    if (seconds === undefined || value === undefined || value === null) plot.setCursor({ left: -10, top: -10 }, false)
    else plot.setCursor({ left: plot.valToPos(seconds, 'x'), top: plot.valToPos(value, 'y') }, false)
    this.#mark(plot)
  }

  /** Stands at a round and on its median, where uPlot's own would stand under the pointer. */
  #mark(plot: uPlot): void {
    const index = plot.cursor.idx ?? undefined
    const seconds = index === undefined ? undefined : plot.data[0][index]
    const median = index === undefined ? undefined : plot.data.at(-1)?.[index]
    this.#hair.hidden = seconds === undefined || median === undefined || median === null
    if (this.#hair.hidden) return
    this.#hair.style.setProperty('--x', `${Math.round(plot.valToPos(seconds ?? 0, 'x'))}px`)
    this.#hair.style.setProperty('--y', `${plot.valToPos(median ?? 0, 'y').toFixed(1)}px`)
  }

  /** Whether the label of the newest median stands where this one would. */
  #isCovered(plot: uPlot, value: number): boolean {
    const newest = this.#shown?.newest.value
    return newest !== undefined && Math.abs(plot.valToPos(value, 'y') - plot.valToPos(newest, 'y')) < TAG_HEIGHT * 0.8
  }

  #markLevel(plot: uPlot): void {
    const level = this.#pointed ?? this.#shown?.newest
    const [low, high] = this.#yRange
    this.#level.hidden = level === undefined || level.value < low || level.value > high
    if (level === undefined || this.#level.hidden) return
    this.#level.classList.toggle('pointed', this.#pointed !== undefined)
    setText(this.#tag, level.label)
    this.#level.style.setProperty('--y', `${Math.round(plot.valToPos(level.value, 'y'))}px`)
  }

  /** The style sheet holds the colours of both themes in one: which of them it is shows on an element only. */
  #colour(name: string): string {
    this.#probe.style.color = `var(${name})`
    return getComputedStyle(this.#probe).color
  }

  #size(): { readonly width: number; readonly height: number } {
    return { width: this.#parent.clientWidth, height: this.#parent.clientHeight }
  }

  /** Tens of thousands of points on a few hundred pixels take long to draw, and show no more. @returns null for all */
  #pointsOf(plot: uPlot, series: number): number[] | null {
    const { min, max } = plot.scales['x'] ?? {}
    const [from, to] = [plot.valToIdx(min ?? 0), plot.valToIdx(max ?? 0)]
    const pixels = this.#parent.clientWidth / Math.max(1, to - from)
    const step = Math.ceil(PIXELS_A_POINT / pixels)
    const [median, column] = [plot.data.at(-1), plot.data[series]]
    if (pixels >= ROOMY || median === undefined || column === undefined) return null
    const at = (value: number | null | undefined): number => plot.valToPos(value ?? 0, 'y')
    // What lies on the line would only make it look rough.
    return sparsePoints({ median, column }, { from, to, step }).filter(
      (index) => Math.abs(at(column[index]) - at(median[index])) > PIXELS_A_POINT,
    )
  }

  /** @param marks - how many columns of points, and how large each is, pixels */
  #options({ proposers, size }: { readonly proposers: number; readonly size: number }): uPlot.Options {
    const colour = (name: string) => () => this.#colour(name)
    const font = `12px ${getComputedStyle(document.body).fontFamily}`
    const axis = { font, stroke: colour('--ink-soft'), ticks: { show: false }, border: { show: false } }
    const grid = { stroke: colour('--rule'), width: 1 }
    const points = {
      show: true,
      size,
      stroke: colour('--point'),
      fill: colour('--point'),
      width: 0,
      filter: (plot: uPlot, series: number) => this.#pointsOf(plot, series),
    }
    return {
      ...this.#size(),
      padding: [10, 0, 0, 0],
      legend: { show: false },
      scales: { x: { auto: false }, y: { range: () => this.#yRange } },
      series: [
        {},
        ...Array.from({ length: proposers }, () => ({ paths: () => null, points })),
        {
          stroke: colour('--good'),
          width: size === 3 ? 1.25 : 2,
          fill: (plot) => downwards(plot, [colour('--area')(), colour('--area-end')()]),
          fillTo: (plot) => plot.scales['y']?.min ?? 0,
          points: { show: false },
        },
      ],
      axes: [
        {
          ...axis,
          grid: { show: false },
          gap: 6,
          size: 30,
          space: 80,
          // A label whose middle is at the edge would be cut.
          values: (plot, splits, _axis, _space, step) =>
            timeLabels(splits, step).map((label, at) => (plot.valToPos(splits[at] ?? 0, 'x') < 18 ? '' : label)),
        },
        {
          ...axis,
          grid,
          gap: 8,
          size: (_plot, values) => LABEL_MARGIN + DIGIT * longest([...(values ?? []), this.#shown?.newest.label ?? '']),
          side: 1,
          values: (plot, splits, _axis, _space, step) =>
            priceLabels(splits, step).map((label, at) => (this.#isCovered(plot, splits[at] ?? 0) ? '' : label)),
        },
      ],
      cursor: {
        x: false,
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
      },
      hooks: {
        ready: [(plot) => plot.over.append(this.#level, this.#hair)],
        setCursor: [
          (plot) => {
            this.#mark(plot)
            this.#listeners.onPoint(plot.cursor.idx ?? undefined)
          },
        ],
        setScale: [(plot) => this.#mark(plot)],
        draw: [(plot) => this.#markLevel(plot)],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select
            if (width < 4) return
            const at = (pixel: number): number => plot.posToVal(pixel, 'x') * 1_000
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            this.#listeners.onSelect({ fromMs: at(left), toMs: at(left + width) })
          },
        ],
      },
    }
  }
}

/** How many characters a column of labels needs. */
function longest(labels: readonly string[]): number {
  return Math.max(6, ...labels.map(({ length }) => length))
}

/** A colour that fades into another from the top of the chart to its foot. */
function downwards({ ctx, bbox }: uPlot, [top, foot]: readonly [string, string]): CanvasGradient {
  const gradient = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height)
  gradient.addColorStop(0, top)
  gradient.addColorStop(1, foot)
  return gradient
}

function padded(extent: ReturnType<typeof extentOf>): [number, number] {
  if (extent === undefined) return [0, 1]
  const { low, high } = extent
  // A move of a cent must not look like a crash.
  const margin = Math.max((high - low) * 0.12, Math.abs(high) * 0.0001) || 1
  return [low - margin, high + margin]
}
