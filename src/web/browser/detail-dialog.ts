import type { Price, Story } from './api-shapes.ts'
import { byId, el, setText } from './element.ts'
import { counted, inBrief, shortHex, timeOfDay, unbroken } from './format.ts'
import type { RowCheck } from './row-checker.ts'
import type { RowRules, RowVerdict } from './verify-row.ts'

/** The one dialog of the page: a row's proof, or why a statement is where it is. */
export class DetailDialog {
  readonly #dialog = byId('detail', HTMLDialogElement)
  readonly #title = byId('detail-title', HTMLElement)
  readonly #body = byId('detail-body', HTMLElement)

  constructor() {
    byId('detail-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close())
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close()
    })
  }

  /** @param retry - called when a person wants the proof to be asked for again */
  showRow(
    price: Price,
    { check, rules, retry }: { readonly check: RowCheck; readonly rules: RowRules | null; readonly retry: () => void },
  ): void {
    const parts: HTMLElement[] = []
    if (check.kind === 'judged') parts.push(...verdictParts(check.verdict, rules))
    else {
      parts.push(el('p', {}, check.kind === 'failed' ? check.sentence : 'Its proof is being fetched and checked…'))
      if (check.kind === 'failed') {
        const button = el('button', { type: 'button', class: 'quiet' }, 'Try again')
        button.addEventListener('click', retry)
        parts.push(el('p', {}, button))
      }
    }
    parts.push(fields(price))
    if (check.kind === 'judged')
      parts.push(signerList(check.verdict), proofPart(JSON.stringify(check.row.proof, null, 2)))
    this.#open(`${price.pair}, round ${price.round}`, parts)
  }

  showStory(title: string, story: Story | string): void {
    if (typeof story === 'string') {
      this.#open(title, [el('p', {}, story)])
      return
    }
    const parts: HTMLElement[] = story.sentences.map((sentence) => el('p', {}, inBrief(sentence)))
    if (story.missing.length > 0)
      parts.push(
        el('h3', {}, 'Who has not signed'),
        el('ul', { class: 'plain absences' }, ...story.missing.map(({ sentence }) => el('li', {}, inBrief(sentence)))),
      )
    if (story.wouldPass !== null)
      parts.push(el('h3', {}, 'What would make it pass'), el('p', {}, inBrief(story.wouldPass)))
    parts.push(el('p', { class: 'hex wrap soft story-id' }, story.id))
    this.#open(title, parts)
  }

  /** @param sentences - one for each reason; none when the node is ready */
  showHealth(sentences: readonly string[]): void {
    const isReady = sentences.length === 0
    this.#open(isReady ? 'This node is ready' : 'Why this node is not ready', [
      isReady
        ? el('p', {}, 'Nothing is wrong with it any more.')
        : el('ul', { class: 'plain faults' }, ...sentences.map((sentence) => el('li', {}, sentence))),
    ])
  }

  showNode(title: string, parts: readonly HTMLElement[]): void {
    this.#open(title, parts)
  }

  #open(title: string, parts: readonly HTMLElement[]): void {
    setText(this.#title, title)
    this.#body.replaceChildren(...parts)
    if (this.#dialog.open) return
    this.#body.scrollTop = 0
    this.#dialog.showModal()
    this.#title.focus()
  }
}

function verdictParts({ isTrue, faults, signers, digest }: RowVerdict, rules: RowRules | null): readonly HTMLElement[] {
  if (!isTrue)
    return [
      el('p', { class: 'verdict bad' }, el('span', { 'aria-hidden': 'true' }, '✕ '), 'This row is false.'),
      el('ul', { class: 'plain faults' }, ...faults.map((fault) => el('li', {}, fault))),
    ]
  const needed = rules === null ? '' : `, where a quorum takes ${rules.minimumSigners}`
  return [
    el('p', { class: 'verdict good' }, el('span', { 'aria-hidden': 'true' }, '✓ '), 'Verified in this browser.'),
    el(
      'p',
      {},
      `The digest was computed anew from the fields below and is the row's id, ${unbroken(shortHex(digest ?? ''))}. ${counted(signers.length, 'signature')} over it, its proposer's among them${needed}. ${strangersInWords(rules)}`,
    ),
  ]
}

function strangersInWords(rules: RowRules | null): string {
  return (rules?.signers ?? null) === null
    ? 'This network has no list of signers: anybody may sign.'
    : 'All of them are in the signer set that this node tells; whether that is the one your network agreed on is for you to know.'
}

function fields(price: Price): HTMLElement {
  const pairs: readonly (readonly [string, string])[] = [
    ['Price', price.price],
    ['Network', price.network],
    ['Observed', `${price.observedTime} (${timeOfDay(Date.parse(price.observedTime), Date.now())} here)`],
    ['Source', price.source],
    ['Proposer', price.proposer],
    ['Id', price.id],
    ['Last signed', price.lastSignedTime],
    ['Written', price.createdTime],
    ...(price.disputed
      ? ([['Disputed', 'Another statement of its slot reached a quorum too: rely on neither.']] as const)
      : []),
  ]
  return el('dl', { class: 'fields' }, ...pairs.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))
}

function signerList({ signers }: RowVerdict): HTMLElement {
  return el(
    'div',
    {},
    el('h3', {}, 'Signers'),
    el(
      'ul',
      { class: 'plain signers' },
      ...signers.map(({ signer, fault }) =>
        el(
          'li',
          { class: fault === null ? 'good' : 'bad' },
          el('span', { class: 'mark', 'aria-hidden': 'true' }, fault === null ? '✓' : '✕'),
          el('span', { class: 'hex wrap' }, signer),
          el('span', { class: 'soft' }, fault === null ? 'signed' : fault),
        ),
      ),
    ),
  )
}

function proofPart(json: string): HTMLElement {
  const copy = el('button', { type: 'button', class: 'quiet' }, 'Copy')
  const text = el('pre', { tabindex: 0, 'aria-label': 'Proof as JSON' }, json)
  copy.addEventListener('click', () => {
    void copied(json, text).then((done) => setText(copy, done ? 'Copied' : 'Selected: press Ctrl+C'))
  })
  return el(
    'div',
    {},
    el('div', { class: 'section-head' }, el('h3', {}, 'Proof, for any Ethereum library'), copy),
    text,
  )
}

/** Browsers give the clipboard to secure pages only; elsewhere the text is selected. */
async function copied(text: string, element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    getSelection()?.selectAllChildren(element)
    return false
  }
}
