import { setAttributes, svg } from './element.ts'

/** How a signer stands to a statement; each state has a shape of its own, not a colour alone. */
export type DotState = 'signed' | 'missing' | 'refused'

const SIZE = 64
const MIDDLE = SIZE / 2
const ARC_RADIUS = 17.5
const ARC_LENGTH = 2 * Math.PI * ARC_RADIUS

/**
 * The ring that this page is built around: one dot for each signer, filled once it has signed. Inside it an arc shows
 * how much of the quiet period is left, and in its middle stands what came of it.
 */
export class SignerRing {
  readonly element = svg('svg', { class: 'ring', viewBox: `0 0 ${SIZE} ${SIZE}`, 'aria-hidden': 'true' })
  readonly #dots = svg('g')
  readonly #arc = svg('circle', {
    class: 'ring-arc',
    cx: MIDDLE,
    cy: MIDDLE,
    r: ARC_RADIUS,
    'stroke-dasharray': ARC_LENGTH,
    'stroke-dashoffset': ARC_LENGTH,
    transform: `rotate(-90 ${MIDDLE} ${MIDDLE})`,
  })
  readonly #track = svg('circle', { class: 'ring-track', cx: MIDDLE, cy: MIDDLE, r: ARC_RADIUS, visibility: 'hidden' })
  readonly #middle = svg('g')
  #drawn = ''
  #shown = ''

  constructor() {
    this.element.append(this.#dots, this.#track, this.#arc, this.#middle)
  }

  /** One state for each signer, those that signed first. */
  showDots(states: readonly DotState[]): void {
    const key = states.join()
    if (key === this.#drawn) return
    this.#drawn = key
    this.#dots.replaceChildren(...states.map((state, at) => dot(state, { at, count: states.length })))
  }

  /** @param share - of the quiet period that is left, 0 to 1 */
  showQuiet(share: number): void {
    // What is left is seen by what has passed.
    setAttributes(this.#track, { visibility: share > 0 ? undefined : 'hidden' })
    setAttributes(this.#arc, { 'stroke-dashoffset': (ARC_LENGTH * (1 - Math.min(1, Math.max(0, share)))).toFixed(2) })
  }

  /** A short text, a tick, a cross, or nothing yet. */
  showMiddle(what: string): void {
    if (what === this.#shown) return
    this.#shown = what
    this.#middle.replaceChildren(...middle(what))
  }
}

function dot(state: DotState, { at, count }: { readonly at: number; readonly count: number }): SVGElement {
  const angle = (2 * Math.PI * at) / count - Math.PI / 2
  const radius = Math.min(5.2, 62 / count)
  const x = MIDDLE + 25.5 * Math.cos(angle)
  const y = MIDDLE + 25.5 * Math.sin(angle)
  if (state !== 'refused')
    return svg('circle', { class: `dot ${state}`, cx: x, cy: y, r: state === 'signed' ? radius : radius - 0.8 })
  const arm = radius * 0.75
  return svg('path', {
    class: 'dot refused',
    d: `M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`,
  })
}

function middle(what: string): readonly SVGElement[] {
  switch (what) {
    case 'tick':
      return [svg('path', { class: 'ring-tick', d: 'M23 33l6.5 6.5L42 26' })]
    case 'cross':
      return [svg('path', { class: 'ring-cross', d: 'M24 24l16 16m0-16L24 40' })]
    case 'waiting':
      return [svg('circle', { class: 'ring-waiting', cx: MIDDLE, cy: MIDDLE, r: 3 })]
    default:
      return [svg('text', { class: 'ring-text', x: MIDDLE, y: MIDDLE + 5.6, 'text-anchor': 'middle' }, what)]
  }
}
