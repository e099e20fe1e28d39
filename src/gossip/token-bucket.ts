/** How much may come at once, and how much in the long run. */
export interface BucketSetting {
  readonly capacity: number
  readonly refillPerSecond: number
}

/**
 * Tokens that come back with time. In any span of t seconds it grants at most `capacity + refillPerSecond × t`.
 *
 * Times are milliseconds on a monotonic clock, none before the one handed in last.
 */
export class TokenBucket {
  readonly #setting: BucketSetting
  #tokens: number
  #atMs: number

  /**
   * A full one.
   *
   * @throws {RangeError} when it could hold nothing, or would leak
   */
  constructor({ capacity, refillPerSecond }: BucketSetting, nowMs: number) {
    // Written so that NaN is refused too.
    if (!(capacity > 0) || !(refillPerSecond >= 0)) {
      throw new RangeError(`a bucket of ${capacity} tokens that gains ${refillPerSecond} a second holds nothing`)
    }
    this.#setting = { capacity, refillPerSecond }
    this.#tokens = capacity
    this.#atMs = nowMs
  }

  /** Takes `amount` tokens, or none and says false. More than the capacity is never granted. */
  take(amount: number, nowMs: number): boolean {
    const left = this.available(nowMs)
    if (!(amount >= 0) || amount > left) return false
    this.#tokens = left - amount
    return true
  }

  /** Takes `amount` tokens that are used up already: what was not there is a debt, paid back first. */
  charge(amount: number, nowMs: number): void {
    this.#tokens = this.available(nowMs) - (amount > 0 ? amount : 0)
  }

  /** Tokens that are there; below 0 it is a debt. */
  available(nowMs: number): number {
    const { capacity, refillPerSecond } = this.#setting
    const elapsedMs = Math.max(0, nowMs - this.#atMs)
    this.#tokens = Math.min(capacity, this.#tokens + (elapsedMs * refillPerSecond) / 1_000)
    this.#atMs += elapsedMs
    return this.#tokens
  }

  isFull(nowMs: number): boolean {
    return this.available(nowMs) >= this.#setting.capacity
  }
}

/**
 * A bucket for every key, at most `limit` of them. A key that is not kept has a full bucket, so a full one is forgotten
 * without a loss: the one used longest ago goes first. When none is full, the one used longest ago goes, and its key
 * comes back with a full bucket, as a new key would.
 *
 * So no key has ever more than a new key has. But who can make keys has as many buckets as he makes keys, here and in
 * any collection like it: where keys are free, what all of them may do together needs a bucket of its own. He can also
 * make `limit` keys to be forgiven a debt of one, and gains nothing that the keys did not bring. Nobody else's bucket
 * gets emptier by it.
 */
export class TokenBuckets<Key> {
  readonly #setting: BucketSetting
  readonly #limit: number
  readonly #buckets = new Map<Key, UsedBucket>()
  #uses = 0

  constructor({ limit, ...setting }: BucketSetting & { readonly limit: number }) {
    this.#setting = setting
    this.#limit = limit
  }

  get size(): number {
    return this.#buckets.size
  }

  /** As {@link TokenBucket.take}, from the bucket of `key`. */
  take(key: Key, amount: number, nowMs: number): boolean {
    return this.#use(key, nowMs).take(amount, nowMs)
  }

  /** As {@link TokenBucket.charge}, from the bucket of `key`. */
  charge(key: Key, amount: number, nowMs: number): void {
    this.#use(key, nowMs).charge(amount, nowMs)
  }

  /** As {@link TokenBucket.available}. Looking is no use: it keeps no bucket from being forgotten. */
  available(key: Key, nowMs: number): number {
    return this.#buckets.get(key)?.bucket.available(nowMs) ?? this.#setting.capacity
  }

  #use(key: Key, nowMs: number): TokenBucket {
    const lastUse = this.#uses++
    const known = this.#buckets.get(key)
    if (known !== undefined) {
      known.lastUse = lastUse
      return known.bucket
    }
    if (this.#buckets.size >= this.#limit) this.#forgetOne(nowMs)
    const bucket = new TokenBucket(this.#setting, nowMs)
    this.#buckets.set(key, { bucket, lastUse })
    return bucket
  }

  /** Looks at all of them: still far less than what a new key costs, a handshake or a recovery. */
  #forgetOne(nowMs: number): void {
    let oldest: { readonly key: Key; readonly lastUse: number; readonly isFull: boolean } | undefined
    for (const [key, { bucket, lastUse }] of this.#buckets) {
      const isFull = bucket.isFull(nowMs)
      const isBetter = oldest === undefined || (isFull === oldest.isFull ? lastUse < oldest.lastUse : isFull)
      if (isBetter) oldest = { key, lastUse, isFull }
    }
    if (oldest !== undefined) this.#buckets.delete(oldest.key)
  }
}

/** To be marked costs less at every message than to be kept in order. */
interface UsedBucket {
  readonly bucket: TokenBucket
  lastUse: number
}
