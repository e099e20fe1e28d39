import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toHex } from '../src/core/hex.ts'
import { type Stock, inputAt } from './mutate.ts'
import type { Decode, Outcome, Target } from './target.ts'

/** Decoders are made anew after so many inputs, so that a finding needs at most so many to be shown again. */
export const INPUTS_PER_DECODER = 20_000
/** Machines that do something else at the same time are slow at times, milliseconds. */
const LONGEST_MS = 5_000
/** What a decoder holds after all inputs, beyond what it held after some, bytes. */
const HEAP_GROWTH_LIMIT = 24 * 2 ** 20
const WARM_UP_INPUTS = 4_000

/** Something that must not be. */
export interface Finding {
  readonly target: string
  readonly seed: number
  readonly kind: 'error' | 'slow' | 'memory'
  /** The input that did it; of `memory` the last one. */
  readonly index: number
  readonly hex: string
  readonly error: unknown
}

export interface Tally {
  readonly target: string
  readonly inputs: number
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<Outcome, number>
  readonly elapsedMs: number
  readonly finding: Finding | undefined
}

export interface CampaignOptions {
  readonly seed: number
  readonly inputs: number
  /** An input must not take longer, milliseconds. @default 5,000 */
  readonly longestMs?: number
  /** Says after every input, of which there were `done`, whether to go on. */
  readonly goesOn?: (done: number) => boolean
}

/** Feeds a decoder inputs 0 … `inputs` − 1, until one of them does what it must not. */
export async function runCampaign(
  target: Target,
  { seed, inputs, longestMs = LONGEST_MS, goesOn = () => true }: CampaignOptions,
): Promise<Tally> {
  const stock: Stock = { ...target, seeds: target.seeds() }
  const outcomes = new Map<Outcome, number>()
  const startMs = performance.now()
  const tally = (done: number, finding?: Finding): Tally => ({
    target: target.name,
    inputs: done,
    outcomes,
    elapsedMs: performance.now() - startMs,
    finding,
  })
  let decode: Decode | undefined
  let heapBefore: number | undefined
  let done = 0
  while (done < inputs && (done === 0 || goesOn(done))) {
    if (decode === undefined || done % INPUTS_PER_DECODER === 0) held = decode = target.open()
    const index = done++
    const input = inputAt(stock, { seed, index })
    const tried = await tryInput(decode, { input, longestMs })
    if ('finding' in tried) {
      return tally(done, { target: target.name, seed, index, hex: toHex(input), ...tried.finding })
    }
    outcomes.set(tried.outcome, (outcomes.get(tried.outcome) ?? 0) + 1)
    if (done === WARM_UP_INPUTS) heapBefore = heapAfterCollection()
  }
  const growth = heapBefore === undefined || done <= WARM_UP_INPUTS ? 0 : heapAfterCollection() - heapBefore
  if (growth <= HEAP_GROWTH_LIMIT) return tally(done)
  const error = new RangeError(`the heap grew by ${Math.round(growth / 2 ** 20)} MB`)
  const index = done - 1
  const hex = toHex(inputAt(stock, { seed, index }))
  return tally(done, { target: target.name, seed, index, hex, kind: 'memory', error })
}

/** Input number `index` once more, after those that its decoder had seen before it. */
export async function replay(
  target: Target,
  { seed, index }: { readonly seed: number; readonly index: number },
): Promise<{ readonly input: Uint8Array; readonly outcome: Outcome } | { readonly finding: Finding }> {
  const stock: Stock = { ...target, seeds: target.seeds() }
  const decode = target.open()
  for (let before = index - (index % INPUTS_PER_DECODER); ; before++) {
    const input = inputAt(stock, { seed, index: before })
    const tried = await tryInput(decode, { input, longestMs: LONGEST_MS })
    if ('finding' in tried) {
      return { finding: { target: target.name, seed, index: before, hex: toHex(input), ...tried.finding } }
    }
    if (before === index) return { input, outcome: tried.outcome }
  }
}

async function tryInput(
  decode: Decode,
  { input, longestMs }: { readonly input: Uint8Array; readonly longestMs: number },
): Promise<{ readonly outcome: Outcome } | { readonly finding: Pick<Finding, 'kind' | 'error'> }> {
  const startMs = performance.now()
  try {
    const outcome = await decode(input)
    const tookMs = performance.now() - startMs
    if (tookMs <= longestMs) return { outcome }
    return { finding: { kind: 'slow', error: new RangeError(`it took ${Math.round(tookMs)} ms`) } }
  } catch (error) {
    return { finding: { kind: 'error', error } }
  }
}

/** What the decoder remembers must be counted, so the decoder must not be collected before. */
let held: Decode | undefined
let collect: (() => void) | undefined

/** What is in use when all that can be collected has been, array buffers included, bytes. */
function heapAfterCollection(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return held === undefined ? 0 : heapUsed + external
}
