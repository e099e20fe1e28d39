/** Structured logging: a sentence for people and the facts beside it for machines. */
export interface Logger {
  debug(message: string, facts?: Facts): void
  info(message: string, facts?: Facts): void
  /** Something an operator can act on; the sentence says what to do. */
  warn(message: string, facts?: Facts): void
  error(message: string, facts?: Facts): void
  /** A logger whose lines carry `part`, the room they come from. */
  child(part: string): Logger
}

export type Facts = Readonly<Record<string, unknown>>
