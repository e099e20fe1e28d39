export type Labels = Readonly<Record<string, string>>

export interface Reading {
  readonly value: number
  readonly labels?: Labels
}

/** Values that go up and down; each name is declared with its labels. */
export interface Gauges {
  set(name: string, value: number, labels?: Labels): void
  /**
   * Has `read` asked whenever somebody looks, instead of being told of every change. Its answer takes the place of all
   * that `name` held; undefined stands for a value that is not known now. A read that throws leaves the name empty.
   *
   * @returns ends it, and forgets what was read
   */
  watch(name: string, read: () => number | readonly Reading[] | undefined): () => void
}

/** Values of which there are many, counted by size; each name is declared with its labels. */
export interface Histograms {
  /** @param value - in the unit that ends the name, as `_seconds` */
  observe(name: string, value: number, labels?: Labels): void
}

/** For nodes that nobody measures. */
export const unmeasured: { readonly gauges: Gauges; readonly histograms: Histograms } = {
  gauges: { set: () => undefined, watch: () => () => undefined },
  histograms: { observe: () => undefined },
}
