import type { ApiAnswer, ApiRequest, Route } from './route.ts'
import { isUnchanged, staticFile, type StaticFile, type StaticFiles } from './static-files.ts'

// A new version has other content under the same names: asked for each time, sent only when it is another.
const CACHING = 'no-cache'

export function staticRoutes(files: StaticFiles): readonly Route[] {
  return Array.from(files, ([path, file]) => ({
    path,
    summary: 'A file of the dashboard',
    // A page asks for all of them at once, and each is in memory.
    cost: 0,
    answers: { type: file.type },
    handle: (request: ApiRequest) => answerFile(file, request),
  }))
}

/** The document of the API, as a file that never changes while the process runs. */
export function documentRoute(document: () => unknown): Route {
  let file: StaticFile | undefined
  return {
    path: '/openapi.json',
    summary: 'This document',
    answers: { type: 'application/json' },
    shared: true,
    handle(request) {
      file ??= staticFile('application/json; charset=utf-8', Buffer.from(JSON.stringify(document())))
      return answerFile(file, request)
    },
  }
}

function answerFile(file: StaticFile, { ifNoneMatch }: ApiRequest): ApiAnswer {
  const { type, etag } = file
  const headers = { etag, 'cache-control': CACHING }
  return isUnchanged(ifNoneMatch, etag) ? { status: 304, type, body: '', headers } : { type, body: file.body, headers }
}
