import { createHash } from 'node:crypto'

/** A file of the dashboard, in memory. */
export interface StaticFile {
  /** Media type, with its charset. */
  readonly type: string
  /** Read only when it is sent: making it may be dear. */
  readonly body: Buffer
  /** Strong, in quotes. */
  readonly etag: string
}

/** By the path that it is asked for, from `/`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

export function staticFile(type: string, body: Buffer): StaticFile {
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` }
}

/** Whether an If-None-Match header names this very content. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}
