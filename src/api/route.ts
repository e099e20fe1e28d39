import type { ParameterName } from './parameters.ts'
import type { SchemaName } from './schemas.ts'

/** A request whose parameters were checked. */
export interface ApiRequest {
  /** Of path and query; whole numbers as numbers. */
  readonly parameters: Readonly<Partial<Record<ParameterName, string | number>>>
  readonly ifNoneMatch: string | undefined
}

export interface ApiAnswer {
  readonly status?: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** One address of the API: how it is asked, what it answers, and how the document describes it. */
export interface Route {
  /** With parameters in braces, as in the document. */
  readonly path: string
  readonly summary: string
  /** Of the query, all optional; those of the path are in {@link Route.path}. */
  readonly query?: readonly ParameterName[]
  /** The schema of a JSON answer, or the media type of any other. */
  readonly answers: { readonly schema: SchemaName } | { readonly type: string }
  /** Statuses beside 200 and those that every route has. */
  readonly problems?: readonly number[]
  /** What a request costs its client. @default 1 */
  readonly cost?: number
  /** Whether pages from elsewhere may read it: prices that anybody can prove, and nothing of the node. */
  readonly shared?: boolean
  readonly handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>
}

export function json(value: unknown): ApiAnswer {
  return { type: 'application/json; charset=utf-8', body: JSON.stringify(value) }
}

export function plainText(lines: readonly string[], status = 200): ApiAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${lines.join('\n')}\n` }
}
