import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

/** A file of the dashboard, in memory. */
export interface StaticFile {
  /** Media type, with its charset. */
  readonly type: string
  readonly body: Buffer
  /** Strong, in quotes. */
  readonly etag: string
}

/** By the path that it is asked for, from `/`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}

const TOTAL_BYTES = 8 * 1024 * 1024

/**
 * Reads all files below `directory`, whose `index.html` is also what `/` serves. Files of other types than a dashboard
 * is made of are left out.
 *
 * @throws {RangeError} when they hold more than 8 MiB
 */
export async function loadStaticFiles(directory: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  let total = 0
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const entry of found) {
    const type = TYPES[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const body = await readFile(path)
    total += body.length
    if (total > TOTAL_BYTES) throw new RangeError(`the files in ${directory} are too large to be kept in memory`)
    const name = `/${path.slice(join(directory, sep).length).split(sep).map(encodeURIComponent).join('/')}`
    files.set(name, staticFile(type, body))
  }
  const index = files.get('/index.html')
  if (index !== undefined) files.set('/', index)
  return files
}

export function staticFile(type: string, body: Buffer): StaticFile {
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` }
}

/** Whether an If-None-Match header names this very content. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}
