import { OPEN_SIGNERS_LIMIT, REPEAT_AFTER_MS } from '../consensus/statement-entry.ts'
import type { NetworkConstants } from '../core/network.ts'
import { largestSize } from '../core/signer-set.ts'
import { STATUS_INTERVAL_MS, STATUS_INTERVAL_PER_NODE_MS } from './node-directory.ts'
import { STATUS_BYTES_LIMIT } from './status-wire.ts'
import type { BucketSetting } from './token-bucket.ts'

/** An attestation alone in its message, without signatures and the names of pair, source and network, bytes. */
const ATTESTATION_FRAME_BYTES = 160
/** A signature and its framing, bytes. */
const SIGNATURE_BYTES = 68
/** The longest refusal alone in its message, without the name of the network, bytes. */
const REFUSAL_BYTES = 192
/**
 * Of more signers than a set takes, as many as it takes answer a statement at once. As many again have a turn before
 * four seconds are over, long after whoever waits has heard whether the first were enough.
 */
const ANSWERS_OF_A_SET = 2
/** A refusal is told, and told once more while its statement is below quorum. */
const REFUSAL_TIMES = 2
/** No node takes, or forwards, a second status of a signer within this part of the interval. */
const STATUS_EARLIEST_PART = 0.5

/**
 * Buckets hold two rounds at once: one came late, or a clock is ahead. They fill up twice as fast as they need to: a
 * dishonest proposer can make two statements of each of its slots, which honest nodes carry on as evidence.
 */
const ROUNDS_AT_ONCE = 2
const TIMES_EXPECTED = 2
/** What is added to that, so that a small network is not strict with a node that starts anew ten times over. */
const MESSAGES_FLOOR: BucketSetting = { capacity: 128, refillPerSecond: 4 }
const BYTES_FLOOR = 1024 * 1024
/** Signatures recovered in vain that are nobody's business: 5 µs of a second, for ever. */
const WASTE_FLOOR: BucketSetting = { capacity: 32, refillPerSecond: 0.1 }
/** The collect windows of two rounds are open at a time, and a dishonest signer may sign two statements of every slot. */
const SIGNER_ROUNDS_AT_ONCE = 4

/** What one topic brings, every message once, however many peers send it. */
export interface TopicTraffic {
  /** When all nodes agree: by this merit is measured. */
  readonly messagesPerRound: number
  readonly messagesPerSecond: number
  /** The most that honest nodes can make of a round: for this nobody is punished. */
  readonly mostMessagesPerRound: number
  readonly mostBytesPerRound: number
}

/** What a network has to say, and buckets that hold more than all of it. */
export interface ExpectedTraffic {
  readonly roundSeconds: number
  /** How many may sign in a round. */
  readonly signers: number
  readonly prices: TopicTraffic
  readonly status: TopicTraffic
  readonly refusals: TopicTraffic
  /** Messages of one forwarding peer, on all topics. */
  readonly messageBucket: BucketSetting
  /** Bytes of one forwarding peer, on all topics. */
  readonly byteBucket: BucketSetting
  /** Signatures of one signer on prices, counted when they are recovered. */
  readonly signatureBucket: BucketSetting
  /** Signatures of one forwarding peer that were recovered in vain. */
  readonly wasteBucket: BucketSetting
}

/** N, P, m, M, K and I of the derivations, and N × P. */
interface Dimensions {
  readonly signers: number
  readonly pairs: number
  readonly minimum: number
  readonly maximum: number
  /** How many answer one statement, by a signature or a refusal, its proposer among them. */
  readonly answering: number
  readonly roundSeconds: number
  readonly statements: number
}

/**
 * How much a network of these constants has to say, with N signers at most in a round, P pairs, a quorum of m, sets of
 * at most M signatures, K signers at most who answer one statement and rounds of I seconds.
 *
 * All of it may come through one peer, since a node is handed the first copy of a message only, and nearly all of a
 * round comes in one burst as it begins: so capacities are counted in rounds, not in seconds.
 */
export function expectedTraffic(constants: NetworkConstants): ExpectedTraffic {
  const signers = constants.signers.open ? OPEN_SIGNERS_LIMIT : largestSize(constants.signers)
  const roundSeconds = constants.intervalMs / 1_000
  const maximum = Math.min(signers, constants.maximumSigners)
  const dimensions: Dimensions = {
    signers,
    pairs: constants.pairs.length,
    minimum: constants.minimumSigners,
    maximum,
    answering: Math.min(signers, ANSWERS_OF_A_SET * maximum),
    roundSeconds,
    // Everybody who may sign proposes once a pair.
    statements: signers * constants.pairs.length,
  }
  const attestationBytes = ATTESTATION_FRAME_BYTES + nameBytes(constants) + dimensions.maximum * SIGNATURE_BYTES
  const prices = pricesTraffic(dimensions, attestationBytes)
  const status = statusTraffic(dimensions)
  const refusals = refusalsTraffic(dimensions, REFUSAL_BYTES + constants.network.length)
  const messages = sum([prices, status, refusals], ({ mostMessagesPerRound }) => mostMessagesPerRound)
  const bytes = sum([prices, status, refusals], ({ mostBytesPerRound }) => mostBytesPerRound)
  return {
    roundSeconds,
    signers,
    prices,
    status,
    refusals,
    messageBucket: {
      capacity: ROUNDS_AT_ONCE * messages + MESSAGES_FLOOR.capacity,
      refillPerSecond: (TIMES_EXPECTED * messages) / roundSeconds + MESSAGES_FLOOR.refillPerSecond,
    },
    byteBucket: {
      capacity: ROUNDS_AT_ONCE * bytes + BYTES_FLOOR,
      refillPerSecond: (TIMES_EXPECTED * bytes) / roundSeconds + MESSAGES_FLOOR.refillPerSecond * attestationBytes,
    },
    // An honest signer signs every statement of a round once, N × P. What is held is not recovered again, so repeats and
    // other copies cost nothing here.
    signatureBucket: {
      capacity: SIGNER_ROUNDS_AT_ONCE * dimensions.statements,
      refillPerSecond: (TIMES_EXPECTED * dimensions.statements) / roundSeconds,
    },
    wasteBucket: wasteBucket(dimensions, { open: constants.signers.open }),
  }
}

/**
 * When all agree every signer adds its signature to every statement and publishes what it then holds, unless the set is
 * full: N × P × M. At most K sign before they hear that it is, and below quorum its at most m − 1 signers repeat it:
 * N × P × (K + 3 × (m − 1)). Should ever more of them sign, no peer brings more: it sends on what its own set takes.
 * Several attestations mostly share a message, so this is far from what comes.
 */
function pricesTraffic(dimensions: Dimensions, attestationBytes: number): TopicTraffic {
  const { answering, minimum, maximum, roundSeconds, statements } = dimensions
  const most = statements * (answering + REPEAT_AFTER_MS.length * (minimum - 1))
  return traffic(statements * maximum, { roundSeconds, most, bytesOfOne: attestationBytes })
}

/**
 * Every node speaks once in max(15 s, 0.3 s × nodes). The statuses of others than signers are not forwarded, so a peer
 * brings those of N and its own, each at most once in half of 15 s, and each once at its beginning.
 */
function statusTraffic({ signers, roundSeconds }: Dimensions): TopicTraffic {
  const intervalSeconds = Math.max(STATUS_INTERVAL_MS, STATUS_INTERVAL_PER_NODE_MS * signers) / 1_000
  const shortestSeconds = (STATUS_INTERVAL_MS * STATUS_EARLIEST_PART) / 1_000
  const most = (signers + 1) * (1 + roundSeconds / shortestSeconds)
  return traffic((signers * roundSeconds) / intervalSeconds, { roundSeconds, most, bytesOfOne: STATUS_BYTES_LIMIT })
}

/** When all agree nobody refuses. At worst nobody co-signs anything: N × P × (K − 1), and as many repeats. */
function refusalsTraffic({ answering, roundSeconds, statements }: Dimensions, bytesOfOne: number): TopicTraffic {
  return traffic(0, { roundSeconds, most: REFUSAL_TIMES * statements * (answering - 1), bytesOfOne })
}

/**
 * An honest peer forwards only what counts with it, and that counts here too unless a dishonest signer tells different
 * nodes different things: another signature on the same statement, a signature here and a refusal there. For each of the
 * (N + d) × P statements, d of its proposers making two a pair, each of d dishonest signers has one of each to waste. A
 * quorum of them can invent prices, so they are taken to be at most m − 1; in an open network, where keys are free, N.
 */
function wasteBucket(dimensions: Dimensions, { open }: { readonly open: boolean }): BucketSetting {
  const { signers, pairs, minimum, roundSeconds } = dimensions
  const dishonest = open ? signers : Math.min(signers, minimum - 1)
  const wasted = 2 * dishonest * (signers + dishonest) * pairs
  return {
    capacity: ROUNDS_AT_ONCE * wasted + WASTE_FLOOR.capacity,
    refillPerSecond: (TIMES_EXPECTED * wasted) / roundSeconds + WASTE_FLOOR.refillPerSecond,
  }
}

function traffic(
  messagesPerRound: number,
  {
    roundSeconds,
    most,
    bytesOfOne,
  }: { readonly roundSeconds: number; readonly most: number; readonly bytesOfOne: number },
): TopicTraffic {
  return {
    messagesPerRound,
    messagesPerSecond: messagesPerRound / roundSeconds,
    mostMessagesPerRound: most,
    mostBytesPerRound: most * bytesOfOne,
  }
}

function nameBytes({ network, source, pairs }: NetworkConstants): number {
  return network.length + source.length + Math.max(0, ...pairs.map((pair) => pair.length))
}

function sum(topics: readonly TopicTraffic[], amountOf: (topic: TopicTraffic) => number): number {
  return topics.reduce((total, topic) => total + amountOf(topic), 0)
}
