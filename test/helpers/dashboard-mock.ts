import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LiveEvent } from '../../src/web/browser/api-shapes.ts'
import { loadAssets } from '../../src/web/assets.ts'
import type { DashboardWorld } from './dashboard-world.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export interface DashboardMock {
  readonly url: string
  /** Tells every open stream. */
  readonly emit: (event: LiveEvent) => void
  /** Ends every open stream; browsers come back. */
  readonly dropStreams: () => void
  /** Says nothing any more, as a node that hangs: connections stay, and whoever asks waits. */
  readonly hang: () => void
  /** Answers all that wait, and goes on. */
  readonly recover: () => void
  /** Answers that many further streams with 503. */
  readonly refuseStreams: (count: number) => void
  /** Resolves when this many streams were opened since the start. */
  readonly streams: (count: number) => Promise<void>
  /** Values of Last-Event-ID that came with streams. */
  readonly resumedFrom: readonly (string | undefined)[]
  readonly close: () => Promise<void>
}

/** The HTTP API and the dashboard over a made-up network, on a free port of 127.0.0.1. */
export async function startDashboardMock(world: DashboardWorld): Promise<DashboardMock> {
  const assets = await loadAssets()
  const streams = new Set<ServerResponse>()
  const resumedFrom: (string | undefined)[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let sent = 0
  let refusals = 0

  let waitingForUs: (() => void)[] | undefined

  const server = createServer((request, response) => {
    if (waitingForUs === undefined) respond(request, response)
    else waitingForUs.push(() => respond(request, response))
  })

  function respond(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('x-content-type-options', 'nosniff')
    const url = new URL(request.url ?? '/', 'http://mock')
    const asset = assets.get(url.pathname)
    if (asset !== undefined)
      response
        .writeHead(200, { 'content-type': asset.type, etag: asset.etag, 'cache-control': 'no-cache' })
        .end(asset.body)
    else if (url.pathname === '/v1/stream') openStream(request, response)
    else if (world.isTableAway && /^\/v1\/(?:prices|rounds)/.test(url.pathname)) fail(response)
    else answer(response, answerTo(world, url))
  }

  function openStream(request: IncomingMessage, response: ServerResponse): void {
    if (refusals-- > 0) {
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
    response.write('retry: 300\n\n')
    streams.add(response)
    const from = request.headers['last-event-id']
    resumedFrom.push(Array.isArray(from) ? from[0] : from)
    response.on('close', () => streams.delete(response))
    for (const { count, resolve } of waiting) if (resumedFrom.length >= count) resolve()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    emit({ kind, data }) {
      sent++
      for (const stream of streams) stream.write(`id: boot-${sent}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    dropStreams() {
      for (const stream of streams) stream.destroy()
    },
    hang() {
      waitingForUs = []
    },
    recover() {
      const all = waitingForUs ?? []
      waitingForUs = undefined
      for (const answerNow of all) answerNow()
    },
    refuseStreams(count) {
      refusals = count
    },
    async streams(count) {
      if (resumedFrom.length >= count) return
      await new Promise<void>((resolve) => waiting.push({ count, resolve }))
    },
    resumedFrom,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function fail(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '0' })
  response.end(
    JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, detail: 'The database is away.' }),
  )
}

function answer(response: ServerResponse, body: unknown): void {
  const isFound = body !== undefined
  response.writeHead(isFound ? 200 : 404, { 'content-type': isFound ? 'application/json' : 'application/problem+json' })
  response.end(
    JSON.stringify(
      body ?? { type: 'about:blank', title: 'Not Found', status: 404, detail: 'There is no such thing here.' },
    ),
  )
}

function answerTo(world: DashboardWorld, { pathname, searchParams }: URL): unknown {
  switch (pathname) {
    case '/v1/network':
      return world.network()
    case '/livez':
      return { status: 'live' }
    case '/v1/peers':
      return { ...world.peers(), addresses: ['/ip4/127.0.0.1/tcp/8000'] }
    case '/v1/statements':
      return { statements: [...world.statements.values()] }
    case '/v1/prices': {
      const rows = world.rows.filter(({ statement }) => statement.pair === searchParams.get('pair'))
      return paged(rows, { name: 'prices', searchParams, of: (row) => world.price(row) })
    }
    case '/v1/rounds': {
      const pair = searchParams.get('pair') ?? ''
      const rounds = [
        ...new Set(
          world.rows.filter(({ statement }) => statement.pair === pair).map(({ statement }) => statement.round),
        ),
      ]
      return paged(
        rounds.toSorted((a, b) => b - a),
        { name: 'rounds', searchParams, of: (round) => world.round(pair, round) },
      )
    }
  }
  const [, id = ''] = /^\/v1\/prices\/(0x[0-9a-f]{64})$/.exec(pathname) ?? []
  const row = world.rows.find((known) => known.id === id)
  if (row !== undefined) return world.proved(row)
  const [, why = ''] = /^\/v1\/statements\/(0x[0-9a-f]{64})\/why$/.exec(pathname) ?? []
  return world.statements.has(why) ? storyOf(world, why) : undefined
}

function paged<T>(
  all: readonly T[],
  {
    name,
    searchParams,
    of,
  }: { readonly name: string; readonly searchParams: URLSearchParams; readonly of: (entry: T) => unknown },
): unknown {
  const from = Number(searchParams.get('cursor') ?? '0')
  const limit = Number(searchParams.get('limit') ?? '100')
  const entries = all.slice(from, from + limit)
  return { [name]: entries.map(of), next: from + limit < all.length ? String(from + limit) : null }
}

function storyOf(world: DashboardWorld, id: string): unknown {
  const pending = world.statements.get(id)
  return {
    id,
    phase: pending?.phase ?? 'unknown',
    sentences: [`${pending?.signers.length ?? 0} of the ${pending?.minimum ?? 0} signatures that it takes are here.`],
    missing: (pending?.missing ?? []).map((signer) => ({
      signer,
      reason: 'silent',
      sentence: `${signer} is connected and has not answered.`,
    })),
    wouldPass: 'One more signature, before the round after this one ends.',
  }
}
