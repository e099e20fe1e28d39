import { STATUS_CODES } from 'node:http'

/** A parameter that is not as it should be. */
export interface ParameterFault {
  readonly parameter: string
  readonly detail: string
}

/** A problem document. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly ParameterFault[]
}

export const PROBLEM_TYPE = 'application/problem+json'

export interface ProblemOptions {
  readonly detail: string
  readonly errors?: readonly ParameterFault[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that is answered with a problem document; the message is its detail, a sentence for who asked. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly errors: readonly ParameterFault[] | undefined
  /** Beside those that every answer has. */
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, { detail, errors, headers = {} }: ProblemOptions) {
    super(detail)
    this.status = status
    this.errors = errors
    this.headers = headers
  }
}

export function problemDocument({ status, message, errors }: Problem): ProblemDocument {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...(errors === undefined ? {} : { errors }),
  }
}

/** A 400 about one parameter. */
export function badParameter(parameter: string, detail: string): Problem {
  return new Problem(400, {
    detail: `The parameter ${parameter} is wrong: ${detail}.`,
    errors: [{ parameter, detail }],
  })
}
