export interface IntervalMismatch {
  readonly network: string
  /** Our interval, milliseconds. */
  readonly intervalMs: number
  /** The interval of the prices in the table, milliseconds. */
  readonly tableIntervalMs: number
  /** Where the table is, for people. */
  readonly database: string
}

/**
 * The table holds prices of our network at another interval. Rounds are counted in intervals, so that ours would mean
 * something else beside theirs: this node must not write.
 */
export class IntervalMismatchError extends Error {
  override readonly name = 'IntervalMismatchError'
  readonly mismatch: IntervalMismatch

  constructor(mismatch: IntervalMismatch) {
    const { network, intervalMs, tableIntervalMs, database } = mismatch
    super(
      `The table in ${database} holds prices of network ${network} at an interval of ${tableIntervalMs / 1000} s, and ` +
        `this node has ${intervalMs / 1000} s: set GP_FETCHPRICEINTERVAL to ${tableIntervalMs / 1000}, or choose ` +
        'another GP_NETWORK.',
    )
    this.mismatch = mismatch
  }
}
