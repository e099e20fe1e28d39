export type NodeDiskErrorCode = 'in-use' | 'foreign' | 'newer' | 'corrupt' | 'unusable'

/** A node's own disk cannot be used. The message says what to do. */
export class NodeDiskError extends Error {
  override readonly name = 'NodeDiskError'
  readonly code: NodeDiskErrorCode

  constructor(code: NodeDiskErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** SQLite's primary result codes. @see https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** What went wrong with `file`, as a sentence for an operator. */
export function explain(cause: unknown, file: string): NodeDiskError {
  if (cause instanceof NodeDiskError) return cause
  const resultCode = (cause as { errcode?: number }).errcode ?? 0
  switch (resultCode & 0xff) {
    case SQLITE_BUSY:
      return new NodeDiskError(
        'in-use',
        `another process uses ${file}: stop it, or give this node a GP_DATADIR of its own`,
        { cause },
      )
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(file, { cause })
    default:
      return new NodeDiskError('unusable', `${file} cannot be used (${(cause as Error).message}): check GP_DATADIR`, {
        cause,
      })
  }
}

export function damaged(file: string, options?: ErrorOptions): NodeDiskError {
  const message = `${file} is damaged: it holds what this node has signed, and rows that wait for Postgres`
  return new NodeDiskError('corrupt', message, options)
}
