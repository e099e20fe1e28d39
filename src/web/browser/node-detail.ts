import type { Link, SeenNode } from './api-shapes.ts'
import { el } from './element.ts'
import { shortHex } from './format.ts'
import { type KnownPeers, bootstrapFactsOf, factsOf } from './node-words.ts'
import type { HeldNode, SeenBootstrap } from './page-state.ts'

interface DetailContext extends KnownPeers {
  readonly links: readonly Link[]
  readonly self: string | null
  readonly nowMs: number
  readonly wallMs: number
}

/** All that is known of a node, for the dialog. */
export function nodeDetail(held: HeldNode, context: DetailContext): readonly HTMLElement[] {
  return [factList(factsOf(held, context)), ...receivedPart(held.node)]
}

/** The same of a bootstrap node. */
export function bootstrapDetail(seen: SeenBootstrap, context: DetailContext): readonly HTMLElement[] {
  return [
    factList(bootstrapFactsOf(seen, context)),
    el('h3', {}, 'What it is for'),
    el(
      'p',
      {},
      'Nodes find each other through it. It signs nothing, holds no prices and sends no status; once they have, it may go.',
    ),
  ]
}

function factList(facts: readonly (readonly [string, string])[]): HTMLElement {
  return el('dl', { class: 'fields' }, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))
}

function receivedPart({ received }: SeenNode): readonly HTMLElement[] {
  const title = el('h3', {}, 'Received from each other')
  if (received === null)
    return [title, el('p', { class: 'soft' }, 'Its status does not say what it has received from whom.')]
  if (received.length === 0) return [title, el('p', { class: 'soft' }, 'Nothing yet.')]
  const most = Math.max(1, ...received.map(({ statements, signatures }) => statements + signatures))
  const lines = received
    .toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
    .map(({ signer, statements, signatures }) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row', class: 'hex' }, shortHex(signer)),
        el('td', { class: 'number' }, String(statements)),
        el('td', { class: 'number' }, String(signatures)),
        el('td', { class: 'share' }, bar((statements + signatures) / most)),
      ),
    )
  const head = ['Signer', 'Statements', 'Signatures'].map((name, at) =>
    el('th', { scope: 'col', class: at === 0 ? undefined : 'number' }, name),
  )
  return [
    title,
    el('table', { class: 'received' }, el('thead', {}, el('tr', {}, ...head, el('td', {}))), el('tbody', {}, ...lines)),
  ]
}

/** A share as a length, for who compares; the numbers beside it say the same. */
function bar(share: number): HTMLElement {
  const element = el('div', { class: 'bar', 'aria-hidden': 'true' })
  element.style.setProperty('--share', share.toFixed(3))
  return element
}
