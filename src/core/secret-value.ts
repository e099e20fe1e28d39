import { inspect } from 'node:util'

export const REDACTED = '[redacted]'

/** Holds a value that no log, error or dump may show: however it is printed, it reads {@link REDACTED}. */
export class SecretValue<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself, for the one place that needs it. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
