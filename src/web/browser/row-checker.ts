import type { Price, ProvedPrice } from './api-shapes.ts'
import { ask, wordsOf } from './ask.ts'
import type { RowRules, RowVerdict } from './verify-row.ts'

/** What is known of a row's proof. */
export type RowCheck =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'judged'; readonly row: ProvedPrice; readonly verdict: RowVerdict }
  | { readonly kind: 'failed'; readonly sentence: string }

const KEPT = 500

/** Fetches the proofs of rows and has them checked, one after the other: the node has more to do than to serve a page. */
export class RowChecker {
  readonly #worker = new Worker('/app/verify-worker.js', { type: 'module' })
  readonly #checks = new Map<string, RowCheck>()
  readonly #queue: Price[] = []
  readonly #onCheck: (price: Price) => void
  #settle: { readonly resolve: (verdict: RowVerdict) => void; readonly reject: (error: Error) => void } | undefined
  #rules: RowRules | null = null
  #isBusy = false

  constructor({ onCheck }: { readonly onCheck: (price: Price) => void }) {
    this.#onCheck = onCheck
    this.#worker.addEventListener('message', ({ data }: MessageEvent<RowVerdict>) => this.#settle?.resolve(data))
    this.#worker.addEventListener('error', () => this.#settle?.reject(new Error('the browser could not check it')))
  }

  /** What rows are held against from now on. */
  useRules(rules: RowRules | null): void {
    this.#rules = rules
  }

  /** The check of a row as it is shown, which begins when it is first asked for. */
  check(price: Price): RowCheck {
    const key = keyOf(price)
    const known = this.#checks.get(key)
    if (known !== undefined) return known
    const waiting: RowCheck = { kind: 'waiting' }
    this.#remember(key, waiting)
    this.#queue.push(price)
    void this.#work()
    return waiting
  }

  /** Tries once more to have the proof of a row that could not be had. */
  again(price: Price): void {
    const key = keyOf(price)
    if (this.#checks.get(key)?.kind === 'failed') this.#checks.delete(key)
    this.check(price)
  }

  /** Lets go of all that failed, to be asked for anew: the node answers again. */
  forgetFailures(): void {
    for (const [key, { kind }] of this.#checks) if (kind === 'failed') this.#checks.delete(key)
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let price = this.#queue.shift(); price !== undefined; price = this.#queue.shift()) {
      this.#remember(keyOf(price), await this.#judge(price))
      this.#onCheck(price)
    }
    this.#isBusy = false
  }

  async #judge(price: Price): Promise<RowCheck> {
    try {
      const { proof, signers, signerCount } = await ask<ProvedPrice>(`/v1/prices/${encodeURIComponent(price.id)}`)
      // What a person sees is to be proved, whatever the node answers now. Of who signed, an event tells what the node
      // holds, and the table may have more or fewer: those are shown that the proof is about.
      const row: ProvedPrice = { ...price, signers, signerCount, proof }
      return { kind: 'judged', row, verdict: await this.#verdictOf(row) }
    } catch (error) {
      return {
        kind: 'failed',
        sentence: `Its proof could not be had: ${wordsOf(error)}.`,
      }
    }
  }

  async #verdictOf(row: ProvedPrice): Promise<RowVerdict> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#worker.postMessage({ row, rules: this.#rules })
    })
  }

  #remember(key: string, check: RowCheck): void {
    this.#checks.set(key, check)
    const [oldest] = this.#checks.keys()
    if (this.#checks.size > KEPT && oldest !== undefined) this.#checks.delete(oldest)
  }
}

function keyOf({ id, network, pair, price, round, observedTime, source, proposer, signers }: Price): string {
  return JSON.stringify([id, network, pair, price, round, observedTime, source, proposer, signers])
}
