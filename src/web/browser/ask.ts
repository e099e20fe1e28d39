/** What the node answers when it does not answer with data. */
export class AnswerError extends Error {
  readonly status: number
  /** Until it may be asked again, milliseconds. */
  readonly retryAfterMs: number

  constructor(message: string, { status, retryAfterMs }: { readonly status: number; readonly retryAfterMs: number }) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

const TRIES = 4
const TIMEOUT_MS = 15_000

/**
 * Asks this page's own node for JSON, and again where it says that it has too much to do.
 *
 * @throws {AnswerError} with what the node says is wrong; and as `fetch` does when it cannot be reached
 */
export async function ask<T>(path: string): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(path, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.ok) return (await response.json()) as T
    const fault = await faultOf(response)
    if (attempt >= TRIES || (response.status !== 429 && response.status !== 503)) throw fault
    await new Promise((resolve) => setTimeout(resolve, fault.retryAfterMs))
  }
}

const PATIENCE_MS = 5_000

/** Whether this page's node answers at all, soon. */
export async function isAnswering(): Promise<boolean> {
  try {
    await fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) })
    return true
  } catch {
    return false
  }
}

/** What went wrong, to stand at the end of a sentence. */
export function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : 'no answer').replace(/\.$/, '')
}

async function faultOf(response: Response): Promise<AnswerError> {
  const said = Number(response.headers.get('retry-after') ?? '1')
  const retryAfterMs = (Number.isFinite(said) ? Math.min(Math.max(said, 0.5), 30) : 1) * 1_000
  const problem = (await response.json().catch(() => null)) as { readonly detail?: unknown } | null
  const detail = typeof problem?.detail === 'string' ? problem.detail : `the node answered ${response.status}`
  return new AnswerError(detail, { status: response.status, retryAfterMs })
}
