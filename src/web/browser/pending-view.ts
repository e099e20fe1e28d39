import type { Announcer } from './announcer.ts'
import { displayPrice } from './decimal.ts'
import { byId, el, setText } from './element.ts'
import { counted, shortHex } from './format.ts'
import { NextRound } from './next-round.ts'
import type { HeldNode, HeldStatement, PageState } from './page-state.ts'
import { absencesOf, dotsOf, phaseInWords } from './pending-words.ts'
import { SignerRing } from './signer-ring.ts'

interface PendingViewOptions {
  readonly onWhy: (id: string) => void
}

interface CardContext {
  readonly nodes: readonly HeldNode[]
  readonly quietPeriodMs: number
  readonly nowMs: number
}

/** The statements that gather signatures, a card each, the newest first. */
export class PendingView {
  readonly #list = byId('pending-list', HTMLElement)
  readonly #next = new NextRound()
  readonly #count = byId('pending-count', HTMLElement)
  readonly #announcer: Announcer
  readonly #onWhy: (id: string) => void
  readonly #cards = new Map<string, StatementCard>()

  constructor({ announcer }: { readonly announcer: Announcer }, { onWhy }: PendingViewOptions) {
    this.#announcer = announcer
    this.#onWhy = onWhy
  }

  render(state: PageState, { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): void {
    const held = [...state.statements.values()].toSorted((a, b) =>
      a.pending.observedTime < b.pending.observedTime ? 1 : -1,
    )
    const context = {
      nodes: [...state.nodes.values()],
      quietPeriodMs: state.network?.constants?.quietPeriodMs ?? 0,
      nowMs,
    }
    for (const [id, card] of this.#cards)
      if (!state.statements.has(id)) {
        card.element.remove()
        this.#cards.delete(id)
      }
    held.forEach((entry, at) => {
      const card = this.#cardOf(entry)
      card.render(entry, context)
      card.placeAt(at)
    })
    this.#list.style.setProperty('--cards', String(held.length))
    setText(this.#count, held.length === 0 ? '' : counted(held.length, 'statement'))
    if (held.length === 0) this.#next.show(state, wallMs)
    else this.#next.hide()
  }

  #cardOf({ pending }: HeldStatement): StatementCard {
    const known = this.#cards.get(pending.id)
    if (known !== undefined) return known
    const card = new StatementCard({ announcer: this.#announcer }, { id: pending.id, onWhy: this.#onWhy })
    this.#cards.set(pending.id, card)
    this.#list.append(card.element)
    return card
  }
}

/** What a listener wants to know of a statement: that it comes to nothing. Of its row a new price tells. */
const IN_VAIN = new Set(['expired', 'disputed', 'parked'])

class StatementCard {
  readonly #ring = new SignerRing()
  readonly #price = el('p', { class: 'card-price' })
  readonly #origin = el('p', { class: 'card-origin' })
  readonly #phase = el('p', { class: 'card-phase' })
  readonly #absent = el('p', { class: 'card-absent' })
  readonly #why = el('button', { type: 'button', class: 'quiet' }, 'Why?')
  readonly element = el(
    'li',
    { class: 'card' },
    this.#ring.element,
    el(
      'div',
      { class: 'card-text' },
      el('div', { class: 'card-head' }, this.#price, this.#why),
      this.#origin,
      this.#phase,
      this.#absent,
    ),
  )
  readonly #announcer: Announcer
  #phaseSaid = ''

  constructor(
    { announcer }: { readonly announcer: Announcer },
    { id, onWhy }: { readonly id: string; readonly onWhy: (id: string) => void },
  ) {
    this.#announcer = announcer
    this.#why.addEventListener('click', () => onWhy(id))
  }

  /** The style sheet puts it there by a translation, which moves nothing else and keeps the focus where it is. */
  placeAt(at: number): void {
    this.element.style.setProperty('--at', String(at))
  }

  render({ pending, heldAtMs }: HeldStatement, { nodes, quietPeriodMs, nowMs }: CardContext): void {
    const elapsedMs = nowMs - heldAtMs
    const isQuorum = pending.signers.length >= pending.minimum
    const isDone = pending.phase === 'committed'
    const leftMs = pending.quietEndsInMs === null || isDone ? 0 : pending.quietEndsInMs - elapsedMs
    this.element.dataset['phase'] = isDone ? 'committed' : isQuorum ? 'quorum' : pending.phase
    this.#ring.showDots(dotsOf(pending))
    this.#ring.showQuiet(quietPeriodMs === 0 ? 0 : leftMs / quietPeriodMs)
    this.#ring.showMiddle(isDone ? 'tick' : pending.phase === 'expired' ? 'cross' : `${pending.signers.length}`)
    setText(this.#price, `${pending.pair} ${displayPrice(pending.price)}`)
    setText(this.#origin, `${shortHex(pending.proposer)}, round ${pending.round}`)
    const words = phaseInWords(pending, elapsedMs)
    setText(this.#phase, words)
    this.#why.setAttribute('aria-label', `Why is ${pending.pair} from ${shortHex(pending.proposer)} where it is?`)
    if (pending.phase !== this.#phaseSaid && IN_VAIN.has(pending.phase))
      this.#announcer.say(`${pending.pair} from ${shortHex(pending.proposer)}: ${words}`)
    this.#phaseSaid = pending.phase
    setText(this.#absent, isDone ? '' : absencesOf(pending, nodes).join(' '))
  }
}
