/** Counts events by name and label; what it holds can be read at any time. */
export interface Counters {
  /** @param name - in Prometheus style, ending in `_total` */
  add(name: string, labels?: Readonly<Record<string, string>>, amount?: number): void
}
