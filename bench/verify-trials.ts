import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../src/core/clock.ts'
import { fromHex } from '../src/core/hex.ts'
import type { Logger } from '../src/core/logger.ts'
import { recoverSigner } from '../src/core/signature.ts'
import type { Attestation, Signature } from '../src/core/statement.ts'
import type { Verdict } from '../src/core/verdict.ts'
import { expectedTraffic } from '../src/gossip/expected-traffic.ts'
import { openInboxes } from './inboxes.ts'
import { type SigningNetwork, attest, priceMessage, signStatus, statementOf } from './signing-network.ts'

/** Digests are over too soon to be timed one pass at a time. */
const DIGEST_PASSES = 10
/** So are duplicates. */
const DUPLICATES = 10
const SIGNATURES_OF_A_SET = 16
const STATEMENTS_OF_A_MESSAGE = 64
/** A peer is expelled for the fifth grave falsehood. */
const LIES_OF_A_PEER = 4
const TARGET_DUPLICATES = 10_000
const TARGET_SIGNATURES = 5_000

/** Something to be timed. */
export interface Trial {
  readonly name: string
  /** How many times it is done in all parts together. */
  readonly count: number
  /** What native verification should reach, 1/s. */
  readonly atLeast?: number
  /** Each prepares what must not be timed, and gives what must be. */
  readonly parts: readonly (() => Promise<() => unknown>)[]
}

interface TrialComponents {
  readonly network: SigningNetwork
  readonly clock: Clock
  readonly logger: Logger
}

/** What is timed, with `count` statements of one round, all of different slots. */
export function trialsOf(components: TrialComponents, { count }: { readonly count: number }): Trial[] {
  const { network, clock } = components
  const { curve, digest } = network
  const single = attestSlots(network, { count, signatures: 1, observedAt: Math.floor(clock.now().wallMs) })
  const full = attestSlots(network, {
    count: count / SIGNATURES_OF_A_SET,
    signatures: SIGNATURES_OF_A_SET,
    observedAt: Math.floor(clock.now().wallMs),
  })
  const alone = single.map((one) => priceMessage([one], network.constants))
  const complete = full.map((one) => priceMessage([one], network.constants))
  const together = inGroups(single, STATEMENTS_OF_A_MESSAGE).map((attestations) =>
    priceMessage(attestations, network.constants),
  )
  const forged = single.map((one, index) => withSignature(network, one, proposers(single[(index + 1) % count] ?? one)))
  const ofNobody = single.map((one) => withSignature(network, one, changed(proposers(one), { at: 40 })))
  const highS = single.map((one) => withSignature(network, one, changed(proposers(one), { at: 32, to: 0xf0 })))

  const judged = (name: string, trial: Omit<JudgedTrial, 'name'>): Trial => judgedTrial(components, { name, ...trial })
  const signatures = { count, expected: 'new', atLeast: TARGET_SIGNATURES }
  const duplicates = { expected: 'known', atLeast: TARGET_DUPLICATES }
  const lies = { ofOneRun: LIES_OF_A_PEER * network.signers.length }
  return [
    timedTrial('digests', DIGEST_PASSES * count, () => {
      for (let pass = 0; pass < DIGEST_PASSES; pass++) for (const { statement } of single) digest(statement)
    }),
    timedTrial('signatures made', count, () => {
      for (const { id } of single)
        curve.sign(fromHex(id), network.signers[0]?.key.privateKey.reveal() ?? new Uint8Array())
    }),
    timedTrial('signatures recovered', count, () => {
      for (const one of single) recoverSigner(curve, { id: one.id, signature: proposers(one) })
    }),
    judged('verdicts: new, 1 signature', { ...signatures, messages: alone }),
    judged('signatures: new, 16 in each message', { ...signatures, messages: complete }),
    judged(`signatures: new, ${STATEMENTS_OF_A_MESSAGE} statements in each message`, {
      ...signatures,
      messages: together,
    }),
    judged('verdicts: duplicate, 1 signature', { ...duplicates, messages: manyTimes(alone), before: alone }),
    judged('verdicts: duplicate, 16 signatures', { ...duplicates, messages: manyTimes(complete), before: complete }),
    judged('verdicts: forged, signature of another statement', {
      ...lies,
      expected: 'proposer-signature',
      messages: forged,
    }),
    judged('verdicts: forged, signature of nobody', { ...lies, expected: 'proposer-signature', messages: ofNobody }),
    judged('verdicts: rejected by shape, high s', { ...lies, expected: 'high-s', messages: highS }),
  ]
}

function timedTrial(name: string, count: number, task: () => void): Trial {
  return { name, count, parts: [() => Promise.resolve(task)] }
}

interface JudgedTrial {
  readonly name: string
  readonly messages: readonly Uint8Array[]
  /** Received before, untimed. */
  readonly before?: readonly Uint8Array[]
  /** What becomes of each of the messages. */
  readonly expected: string
  /** @default one for each message */
  readonly count?: number
  readonly atLeast?: number
  /** How many messages can be sent before somebody is expelled. */
  readonly ofOneRun?: number
}

/** Messages to an inbox of its own, which all signers' peers send in turn. */
function judgedTrial(
  components: TrialComponents,
  {
    name,
    messages,
    before = [],
    expected,
    count = messages.length,
    ofOneRun = Number.POSITIVE_INFINITY,
    ...rest
  }: JudgedTrial,
): Trial {
  const parts = inGroups(messages, Math.min(ofOneRun, messages.length)).map((own) => async () => {
    const receive = openPrices(components)
    for (const [index, message] of before.entries()) await receive(message, index)
    return async () => {
      for (const [index, message] of own.entries()) {
        const verdict = await receive(message, index)
        const code = verdict.kind === 'accept' ? 'new' : verdict.code
        if (code !== expected) throw new Error(`${name}: a message was found to be ${code}, not ${expected}`)
      }
    }
  })
  return { name, count, parts, ...rest }
}

/** An inbox to which the peers of all signers are known, and the limits of its network. */
function openPrices(components: TrialComponents): (message: Uint8Array, index: number) => Promise<Verdict> {
  const { network, clock } = components
  const { constants, curve, signers } = network
  const { inboxes, directory } = openInboxes(
    { ...components, curve, nextTurn: () => nextTurn() },
    { constants, limits: expectedTraffic(constants) },
  )
  const nowMs = Math.floor(clock.now().wallMs)
  for (const signer of signers) directory.take(signStatus(network, { signer, nowMs }), { listed: true })
  const peers = signers.map(({ peerId }) => peerId)
  return (message, index) => inboxes.prices.receive(message, peers[index % peers.length] ?? '')
}

/** Statements of different slots, each signed by its proposer first and by others after it. */
function attestSlots(
  network: SigningNetwork,
  {
    count,
    signatures,
    observedAt,
  }: { readonly count: number; readonly signatures: number; readonly observedAt: number },
): Attestation[] {
  const keys = network.signers.map(({ key }) => key)
  const slots = network.constants.pairs.flatMap((pair) => keys.map((proposer, index) => ({ pair, proposer, index })))
  return slots.slice(0, count).map(({ pair, proposer, index }) => {
    const statement = statementOf(network, { proposer, pair, observedAt })
    const signing = Array.from({ length: signatures }, (_, offset) => keys[(index + offset) % keys.length] ?? proposer)
    return attest(network, { statement, keys: signing })
  })
}

function proposers({ statement, signatures }: Attestation): Signature {
  return signatures.get(statement.proposer) ?? new Uint8Array()
}

function withSignature(network: SigningNetwork, { id, statement }: Attestation, signature: Signature): Uint8Array {
  return priceMessage([{ id, statement, signatures: new Map([[statement.proposer, signature]]) }], network.constants)
}

function changed(signature: Signature, { at, to = 0x55 }: { readonly at: number; readonly to?: number }): Signature {
  const bytes = Uint8Array.from(signature)
  bytes[at] = bytes[at] === to ? to ^ 1 : to
  return bytes
}

function manyTimes<T>(items: readonly T[]): T[] {
  return Array.from({ length: DUPLICATES }, () => items).flat()
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
