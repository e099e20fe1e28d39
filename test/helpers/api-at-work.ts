import { type IncomingHttpHeaders, request } from 'node:http'
import type { TestContext } from 'node:test'
import type { ApiLimits } from '../../src/api/limits.ts'
import { type ApiComponents, type ApiServer, startApiServer } from '../../src/api/api-server.ts'
import type { NodeEvent, NodeView, PendingStatement, SeenNode } from '../../src/api/node-view.ts'
import { agreedConstants } from '../../src/core/agreed-constants.ts'
import type { CommittedPrice, CommittedRound, PriceReader } from '../../src/core/price-reader.ts'
import { TableUnavailableError } from '../../src/core/price-table.ts'
import type { Round } from '../../src/core/statement.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { defer } from './defer.ts'
import { priceRow } from './price-rows.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { alice, attest, bob, carol, dave, INTERVAL_MS, OBSERVED_AT, price, round, statement } from './statements.ts'

export const PEER = '12D3KooWPeer'
export const SELF = '12D3KooWSelf'

/** A committed price, `age` rounds old. */
export function committed(age = 0, overrides: Partial<CommittedPrice> = {}): CommittedPrice {
  const { attestation, lastSignedAtMs } = priceRow({ observedAt: OBSERVED_AT - age * INTERVAL_MS })
  return { attestation, lastSignedAtMs, createdAtMs: lastSignedAtMs + 30_000, disputed: false, ...overrides }
}

export function pending(overrides: Partial<PendingStatement> = {}): PendingStatement {
  const { id, statement: proposed } = attest(statement({ price: price('2999.5') }), alice, bob)
  return {
    id,
    statement: proposed,
    phase: 'collecting',
    signers: [
      { signer: alice.address, atMs: OBSERVED_AT + 5 },
      { signer: bob.address, atMs: undefined },
    ],
    missing: [carol.address, dave.address],
    refusals: [{ signer: dave.address, reason: 'deviation', sentence: 'dave saw 3050, 1.7 % away' }],
    minimum: 3,
    maximum: 16,
    quietEndsInMs: undefined,
    closesInMs: undefined,
    ...overrides,
  }
}

export function seenNode(overrides: Partial<SeenNode> = {}): SeenNode {
  return {
    signer: bob.address,
    peerId: PEER,
    agent: 'gossip-price/0.1.0',
    listed: true,
    heardAgoMs: 1_200,
    sentAtMs: OBSERVED_AT,
    uptimeMs: 60_000,
    peers: [SELF],
    clockOffsetMs: -12,
    received: [{ signer: alice.address, statements: 3, signatures: 9 }],
    outbox: 0,
    lastCommittedAtMs: OBSERVED_AT,
    historyRoot: `0x${'ab'.repeat(32)}`,
    state: 'here',
    behindBecause: undefined,
    ...overrides,
  }
}

const SIGNERS = [alice, bob, carol, dave].map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))

/** A node as the API sees it, with something of everything. What happens to it is up to the test. */
export class MadeUpNode implements NodeView {
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  sentences: readonly string[] = []
  knowsRounds = true
  self: NodeView['self'] = {
    network: 'test-network',
    role: 'signer',
    address: alice.address,
    constants: agreedConstants({
      network: 'test-network',
      pairs: ['ETH-USD'],
      source: 'coinbase',
      intervalMs: INTERVAL_MS,
      quietPeriodMs: 30_000,
      minimumSigners: 3,
      maximumSigners: 16,
      maxDeviation: 12_500_000n,
      signers: createSignerSet(SIGNERS),
    }),
    signers: SIGNERS,
  }

  get listeners(): number {
    return this.#listeners.size
  }

  readiness(): readonly string[] {
    return this.sentences
  }

  statements(): readonly PendingStatement[] {
    return [pending(), pending({ phase: 'quorum', quietEndsInMs: 12_000.5, closesInMs: 60_000, refusals: [] })]
  }

  why(id: PendingStatement['id']): ReturnType<NodeView['why']> {
    if (id !== pending().id) {
      return { id, phase: 'unknown', sentences: ['nobody told'], missing: [], wouldPass: undefined }
    }
    return {
      id,
      phase: 'collecting',
      sentences: ['2 of 3 have signed.'],
      missing: [{ signer: carol.address, reason: 'not-connected', sentence: 'carol is not connected since 12:00' }],
      wouldPass: 'one more signature',
    }
  }

  whyRound(number: Round): ReturnType<NodeView['whyRound']> {
    if (this.self.constants === undefined) return undefined
    const { intervalMs } = this.self.constants
    const [startMs, endMs] = [number * intervalMs, (number + 1) * intervalMs]
    const stories = number === pending().statement.round ? [this.why(pending().id)] : []
    return { round: number, startMs, endMs, isKnown: this.knowsRounds, sentences: ['It is over.'], stories }
  }

  peers(): ReturnType<NodeView['peers']> {
    const known = { peerId: PEER, signer: bob.address, agent: 'gossip-price/0.1.0', addresses: ['/ip4/10.0.0.1/tcp/1'] }
    const unknown = { peerId: '12D3KooWOther', signer: undefined, agent: undefined, addresses: [] }
    const met = { connectedAtMs: OBSERVED_AT, isBootstrap: false }
    return {
      peerId: SELF,
      addresses: [`/ip4/127.0.0.1/tcp/8000/p2p/${SELF}`],
      peers: [
        { ...known, ...met, direction: 'outbound' },
        { ...unknown, ...met, direction: 'inbound' },
      ],
    }
  }

  nodes(): readonly SeenNode[] {
    const silent = { uptimeMs: undefined, peers: undefined, clockOffsetMs: undefined, received: undefined }
    return [
      seenNode({ state: 'behind', behindBecause: 'It was heard 31 s ago.' }),
      seenNode({ signer: alice.address, peerId: SELF, peers: [PEER] }),
      seenNode({
        ...silent,
        signer: carol.address,
        outbox: undefined,
        lastCommittedAtMs: undefined,
        historyRoot: undefined,
        state: 'gone',
      }),
    ]
  }

  clockOffsetMs(): number | undefined {
    return 3.5
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(...events: readonly NodeEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event)
  }
}

/** A table in memory, newest first. */
export class MadeUpTable implements PriceReader {
  rows: readonly CommittedPrice[] = Array.from({ length: 5 }, (_, age) => committed(age))
  isDown = false
  /** What was asked, in order. */
  readonly asked: unknown[] = []

  async prices(query: Parameters<PriceReader['prices']>[0]): ReturnType<PriceReader['prices']> {
    this.#ask(query)
    const { after, limit, fromMs = -Infinity, toMs = Infinity } = query
    const rows = this.rows.filter(
      ({
        attestation: {
          statement: { observedAt },
        },
      }) => {
        return observedAt >= fromMs && observedAt < toMs && (after === undefined || observedAt < after.observedAt)
      },
    )
    const last = rows.length > limit ? rows[limit - 1]?.attestation : undefined
    return {
      prices: rows.slice(0, limit),
      next: last && { observedAt: last.statement.observedAt, id: last.id },
    }
  }

  async price(id: string): ReturnType<PriceReader['price']> {
    this.#ask(id)
    return this.rows.find(({ attestation }) => attestation.id === id)
  }

  async pricesOf(ids: readonly string[]): ReturnType<PriceReader['pricesOf']> {
    this.#ask(ids)
    return this.rows.filter(({ attestation }) => ids.includes(attestation.id)).toReversed()
  }

  async rounds(query: Parameters<PriceReader['rounds']>[0]): ReturnType<PriceReader['rounds']> {
    this.#ask(query)
    const row = { proposer: alice.address, price: '3021' }
    const rounds: CommittedRound[] = [
      {
        pair: 'ETH-USD',
        round: round(7),
        median: '3021.0000000000000000005',
        rows: [row, { ...row, price: '3021.000000000000000001' }],
      },
      { pair: 'ETH-USD', round: round(6), median: '3021', rows: [row] },
    ]
    return { rounds, next: { round: round(6), pair: 'ETH-USD' } }
  }

  async latest(query: Parameters<PriceReader['latest']>[0]): ReturnType<PriceReader['latest']> {
    this.#ask(query)
    const [newest] = this.rows
    if (newest === undefined) return []
    const { pair, round: newestRound } = newest.attestation.statement
    return [{ pair, round: newestRound, median: '3021.455', prices: [newest] }]
  }

  #ask(what: unknown): void {
    this.asked.push(what)
    if (this.isDown) throw new TableUnavailableError('unreachable', 'secret-host:5432 cannot be reached')
  }
}

export interface ApiAtWork {
  readonly server: ApiServer
  readonly node: MadeUpNode
  readonly table: MadeUpTable
  readonly logger: RecordingLogger
  readonly counters: RecordingCounters
  /** Asks, and gives the whole answer. */
  readonly ask: (path: string, options?: AskOptions) => Promise<Answer>
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  json(): unknown
}

export interface ApiAtWorkOptions {
  readonly limits?: Partial<ApiLimits>
  readonly host?: string
  readonly components?: Partial<ApiComponents>
}

/** A server over a made-up node and table, closed after the test. */
export async function startApi(t: TestContext, options: ApiAtWorkOptions = {}): Promise<ApiAtWork> {
  const { limits = {}, host = '127.0.0.1', components = {} } = options
  const [node, table] = [new MadeUpNode(), new MadeUpTable()]
  const [logger, counters] = [new RecordingLogger(), new RecordingCounters()]
  const server = await startApiServer(
    {
      logger,
      clock: systemClock,
      counters,
      readiness: () => node.readiness(),
      view: node,
      prices: table,
      ...components,
    },
    { address: { host, port: 0, tries: 1 }, version: '0.1.0', boot: 'test', limits },
  )
  defer(t, () => server.close())
  return { server, node, table, logger, counters, ask: (path, how) => askAt(server.url, path, how) }
}

/** Sends the target just as it is given. */
export function askAt(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: AskOptions = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname: hostname.replace(/^\[|\]$/g, ''), port, path, method, headers, agent: false })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode: status = 0 } = response
        resolve({ status, headers: response.headers, body: text, json: () => JSON.parse(text) as unknown })
      })
    })
    asked.end(body)
  })
}
