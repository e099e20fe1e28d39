import { counted } from '../core/counted.ts'
import { listSignatures } from '../core/listed-signature.ts'
import { DEVIATION_SCALE, isSimulatedNetwork } from '../core/network.ts'
import { formatPrice } from '../core/price.ts'
import type { CommittedPrice, CommittedRound, LatestRound } from '../core/price-reader.ts'
import { priceTypedData } from '../core/price-typed-data.ts'
import { formatSigner } from '../core/signer-set.ts'
import type { PriceStatement } from '../core/statement.ts'
import type { AgreedConstants } from '../core/status.ts'
import type { NodePeers, NodeView, PendingStatement, RoundStory, SeenNode, StatementStory } from './node-view.ts'

/** What the API answers with, made of what the node knows; the shapes are those of schemas.ts. */

type Json = Readonly<Record<string, unknown>>

// What has no such text is not worth a failure: a row that somebody forged may hold any time.
const EARLIEST_MS = Date.UTC(1970, 0)
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** A time in RFC 3339; the nearest one that has four digits of a year. */
export function timeText(ms: number): string {
  return new Date(Math.min(LATEST_MS, Math.max(EARLIEST_MS, ms))).toISOString()
}

const wholeOrNull = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms))
const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : timeText(ms))

export function priceJson({ attestation, lastSignedAtMs, createdAtMs, disputed }: CommittedPrice): Json {
  const { id, statement, signatures } = attestation
  return {
    id,
    network: statement.network,
    ...statementFields(statement),
    signers: [...signatures.keys()].toSorted(),
    signerCount: signatures.size,
    lastSignedTime: timeText(lastSignedAtMs),
    createdTime: timeText(createdAtMs),
    disputed,
  }
}

function statementFields({ pair, price, round, observedAt, source, proposer }: PriceStatement): Json {
  return { pair, price: formatPrice(price), round, observedTime: timeText(observedAt), source, proposer }
}

/** Typed data and signatures, which any Ethereum library can check. */
export function proofJson({ attestation: { id, statement, signatures } }: CommittedPrice): Json {
  return {
    id,
    typedData: priceTypedData(statement),
    signatures: listSignatures(signatures),
  }
}

/** @param intervalMs - the network's; it fixes when a round begins */
export function roundJson(
  { pair, round, median, rows }: CommittedRound,
  { intervalMs }: { readonly intervalMs: number },
): Json {
  return {
    pair,
    round,
    startTime: timeText(round * intervalMs),
    endTime: timeText((round + 1) * intervalMs),
    median,
    prices: rows.map(({ price }) => price),
    proposers: rows.map(({ proposer }) => proposer),
  }
}

export function latestJson({ pair, round, median, prices }: LatestRound): Json {
  const observed = prices.map(({ attestation }) => attestation.statement.observedAt)
  return { pair, round, median, observedTime: timeText(Math.max(...observed)), prices: prices.map(priceJson) }
}

export function statementJson(pending: PendingStatement): Json {
  const { id, statement, phase, signers, missing, refusals, minimum, maximum, quietEndsInMs, closesInMs } = pending
  return {
    id,
    ...statementFields(statement),
    phase,
    signers: signers.map(({ signer, atMs }) => (atMs === undefined ? { signer } : { signer, time: timeText(atMs) })),
    missing,
    refusals: refusals.map(({ signer, reason, sentence }) => ({ signer, reason, sentence })),
    minimum,
    maximum,
    quietEndsInMs: wholeOrNull(quietEndsInMs),
    closesInMs: wholeOrNull(closesInMs),
  }
}

/** What the table says of a statement: its row, that it has none, or nothing now; and that there is no table to ask. */
export type TableAnswer = CommittedPrice | 'no row' | 'no answer' | 'no table'

/** @param row - where the table has it, that is the end of the story */
export function storyJson(story: StatementStory, row: TableAnswer): Json {
  const { id, phase, sentences, missing } = story
  const absent = missing.map(({ signer, reason, sentence }) => ({ signer, reason, sentence }))
  if (typeof row === 'string') {
    const said = withoutRow(phase, row)
    return { id, phase, sentences: [...sentences, ...said], missing: absent, wouldPass: story.wouldPass ?? null }
  }
  const inTable = `It is in the table since ${timeText(row.createdAtMs)}, with ${row.attestation.signatures.size} signatures.`
  const disputed = 'Its slot is disputed: another statement of it reached a quorum too, and neither is to be relied on.'
  return {
    id,
    phase: row.disputed ? 'disputed' : 'committed',
    // What a node says of what it does not hold says nothing of a row.
    sentences: [...(phase === 'unknown' ? [] : sentences), inTable, ...(row.disputed ? [disputed] : [])],
    missing: absent.filter(({ signer }) => !row.attestation.signatures.has(signer)),
    wouldPass: null,
    price: priceJson(row),
  }
}

/** What there is to say about the table where it shows no row. */
function withoutRow(phase: StatementStory['phase'], answer: Exclude<TableAnswer, CommittedPrice>): readonly string[] {
  if (phase === 'committed') {
    const later = {
      'no row': ' The table shows no row of it now: somebody has taken it out, or changed it.',
      'no answer': ' The database gives no answer now.',
      'no table': '',
    }
    return [`It was committed.${later[answer]}`]
  }
  if (answer === 'no answer') return ['The database gives no answer now: whether it is in the table is not known.']
  return phase === 'unknown' && answer === 'no row' ? ['The table has no row of it either.'] : []
}

/** @param rows - those of the round that the table has, `limit` at most; undefined when it gives no answer, or there is none */
export function roundStoryJson(
  { round, startMs, endMs, isKnown, sentences, stories }: RoundStory,
  {
    rows,
    limit,
    unknown,
  }: {
    readonly rows: readonly CommittedPrice[] | undefined
    readonly limit: number
    readonly unknown: UnknownStory
  },
): Json {
  const told = new Map(stories.map((story) => [story.id, story]))
  const ids = new Set([...told.keys(), ...(rows ?? []).map(({ attestation }) => attestation.id)])
  const byId = new Map(rows?.map((row) => [row.attestation.id, row]))
  const ofOthers = rows !== undefined && rows.length < limit ? 'no row' : 'no table'
  const inTable =
    rows === undefined
      ? 'The database gives no answer now: what the table has of it is not known.'
      : `The table has ${rows.length === 0 ? 'no price' : counted(rows.length, 'price')} of it.`
  return {
    round,
    startTime: timeText(startMs),
    endTime: timeText(endMs),
    known: isKnown || ids.size > 0,
    sentences: [...sentences, inTable],
    statements: Array.from(ids, (id) => storyJson(told.get(id) ?? unknown(id), byId.get(id) ?? ofOthers)),
  }
}

/** What a node says of a statement that it does not count to a round. */
type UnknownStory = (id: StatementStory['id']) => StatementStory

export function peersJson({ peerId, addresses, peers }: NodePeers): Json {
  return {
    peerId,
    addresses,
    peers: peers.map((peer) => ({
      peerId: peer.peerId,
      signer: peer.signer ?? null,
      agent: peer.agent ?? null,
      bootstrap: peer.isBootstrap,
      addresses: peer.addresses,
      connectedSince: timeText(peer.connectedAtMs),
      direction: peer.direction,
    })),
  }
}

export function nodeJson(node: SeenNode): Json {
  return {
    signer: node.signer,
    peerId: node.peerId,
    agent: node.agent,
    listed: node.listed,
    heardAgoMs: Math.round(node.heardAgoMs),
    sentTime: timeText(node.sentAtMs),
    uptimeMs: wholeOrNull(node.uptimeMs),
    peers: node.peers ?? null,
    clockOffsetMs: wholeOrNull(node.clockOffsetMs),
    received: node.received?.map(({ signer, statements, signatures }) => ({ signer, statements, signatures })) ?? null,
    outbox: node.outbox ?? null,
    lastCommittedTime: timeOrNull(node.lastCommittedAtMs),
    historyRoot: node.historyRoot ?? null,
    state: node.state,
    behindBecause: node.behindBecause ?? null,
  }
}

export function healthJson(sentences: readonly string[]): Json {
  return { ready: sentences.length === 0, sentences }
}

export function networkJson(view: NodeView): Json {
  const { network, role, address, constants, signers } = view.self
  const nodes = view.nodes()
  return {
    network,
    simulated: isSimulatedNetwork(network),
    role,
    self: address ?? null,
    constants: constants === undefined ? null : constantsJson(constants),
    signers: signers?.map(formatSigner) ?? null,
    health: healthJson(view.readiness()),
    clockOffsetMs: wholeOrNull(view.clockOffsetMs()),
    nodes: nodes.map(nodeJson),
    links: linksOf(nodes, view.peers()),
  }
}

function constantsJson(constants: AgreedConstants): Json {
  return {
    pairs: constants.pairs,
    source: constants.source,
    intervalMs: constants.intervalMs,
    quietPeriodMs: constants.quietPeriodMs,
    minimumSigners: constants.minimumSigners,
    maximumSigners: constants.maximumSigners,
    maxDeviationPercent: percent(constants.maxDeviation),
    signerCount: constants.signerCount,
    signersHash: constants.signersHash,
  }
}

/** Parts of {@link DEVIATION_SCALE} as percent, exactly. */
function percent(deviation: bigint): string {
  const onePercent = DEVIATION_SCALE / 100n
  const places = String(deviation % onePercent)
    .padStart(String(onePercent).length - 1, '0')
    .replace(/0+$/, '')
  return places === '' ? `${deviation / onePercent}` : `${deviation / onePercent}.${places}`
}

/** What each node says of its connections; this node's own are known first hand. */
function linksOf(nodes: readonly SeenNode[], own: NodePeers): readonly Json[] {
  const told = nodes.filter(({ peerId, state }) => peerId !== own.peerId && state !== 'gone')
  return [
    ...own.peers.map(({ peerId }) => ({ from: own.peerId, to: peerId })),
    ...told.flatMap(({ peerId, peers = [] }) => peers.map((to) => ({ from: peerId, to }))),
  ]
}
