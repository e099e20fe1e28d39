/** One reading of both clocks. */
export interface Instant {
  /** Wall clock, milliseconds since the Unix epoch. It may jump; it says what time a price was seen. */
  readonly wallMs: number
  /** Monotonic clock, milliseconds from an arbitrary start. It never jumps; quiet periods are counted on it. */
  readonly monoMs: number
}

/** Time, handed in: nothing but the composition roots may ask the machine for it. */
export interface Clock {
  now(): Instant
  /** Runs `task` once, `delayMs` from now on the monotonic clock. The returned function cancels it. */
  after(delayMs: number, task: () => void): () => void
  /** Resolves `delayMs` from now; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** Numbers in [0, 1), handed in like time: jitter that a test can fix. */
export type Random = () => number
