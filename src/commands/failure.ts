import { ConfigError, formatProblem } from '../config/problem.ts'
import { redactUrls } from '../core/redact.ts'
import { KeyError } from '../keys/key-error.ts'
import { EXIT } from '../node/exit-code.ts'

/** What a person did cannot work. The message says what, and what to do instead. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code = 'cannot-do'
}

/** Rows could not be judged: which is not to say that one is false. */
export class UnjudgedError extends Error {
  override readonly name = 'UnjudgedError'
  readonly code = 'unjudged'

  /** @param cause - what says in its message what was in the way */
  constructor(cause: unknown) {
    super(sentenceOf(cause), { cause })
  }
}

/** An error in words for a person, with a line feed at the end. The stack is added only when asked for. */
export function describeFailure(error: unknown, { stack }: { readonly stack: boolean }): string {
  if (error instanceof ConfigError) {
    const { problems } = error
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    return [`gossip-price: the configuration has ${count}`, ...problems.map(formatProblem)].join('\n  ') + '\n'
  }
  const frames = stack && error instanceof Error && error.stack !== undefined ? `\n${redactUrls(error.stack)}` : ''
  return `gossip-price: ${redactUrls(sentenceOf(error))}${frames}\n`
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UnjudgedError) return EXIT.unjudged
  return error instanceof ConfigError || error instanceof KeyError ? EXIT.hopeless : EXIT.failed
}

function sentenceOf(error: unknown): string {
  // Node joins the failures of several addresses of one host under an empty message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(sentenceOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message === '' ? error.name : error.message
}
