/** One line of the result. */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: Unit
  /** The value to stay at or below, in the same unit. */
  readonly target?: number
  /** The value to reach, in the same unit. */
  readonly atLeast?: number
  /** What a reader must know to judge the value. */
  readonly note?: string
}

/** Bytes are counted in thousands, as disks and networks are sold: a MB is 10^6 of them. */
export type Unit = 's' | 'ms' | 'MB' | '%' | '1/s' | 'bytes' | 'count'

/** Undefined when there is no target. */
export function isMet({ value, target, atLeast }: Measurement): boolean | undefined {
  if (target === undefined && atLeast === undefined) return undefined
  return value <= (target ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY)
}

/** The value that `share` of all `values` do not exceed, nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
