import { NoticeSigner } from '../src/consensus/notice-signer.ts'
import { agreedConstants } from '../src/core/agreed-constants.ts'
import { fromHex, toHex } from '../src/core/hex.ts'
import { DEVIATION_SCALE, type NetworkConstants } from '../src/core/network.ts'
import { PRICE_LIMIT, type Price } from '../src/core/price.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import { createSignerSet } from '../src/core/signer-set.ts'
import { type Attestation, type PriceStatement, type StatementId, roundAt } from '../src/core/statement.ts'
import { type NodeReport, REPORT_PEERS_LIMIT, REPORT_SIGNERS_LIMIT, type SignedStatus } from '../src/core/status.ts'
import { createDigest } from '../src/core/typed-data.ts'
import { wireAttestation } from '../src/gossip/attestation-shape.ts'
import { WIRE_VERSION, type WireAttestation, type WireMessage, encodePriceMessage } from '../src/gossip/wire.ts'
import type { PrivateKey } from '../src/keys/keystore.ts'
import { makePrivateKey } from '../src/keys/signing-key.ts'
import { AGENT_VERSION } from '../src/version.ts'
import { madeUpPairs } from './network-plan.ts'

/** A signer and the peer it speaks from. */
export interface BenchSigner {
  readonly key: PrivateKey
  readonly peerId: string
}

/** A closed network whose keys are at hand, so that anything can be said in it. */
export interface SigningNetwork {
  readonly curve: Secp256k1
  readonly constants: NetworkConstants
  readonly signers: readonly BenchSigner[]
  readonly digest: (statement: PriceStatement) => StatementId
}

export function createSigningNetwork(
  { curve }: { readonly curve: Secp256k1 },
  plan: {
    readonly signers: number
    readonly pairs: number
    readonly intervalMs: number
    readonly quietPeriodMs: number
  },
): SigningNetwork {
  const signers = Array.from({ length: plan.signers }, (_, index) => ({
    key: makePrivateKey({ curve }),
    peerId: peerIdOf(`signer${index}`),
  }))
  const entries = signers.map(({ key }) => ({ address: key.address, fromRound: undefined, toRound: undefined }))
  const constants: NetworkConstants = {
    network: 'bench',
    pairs: madeUpPairs(plan.pairs),
    source: 'bench',
    intervalMs: plan.intervalMs,
    quietPeriodMs: plan.quietPeriodMs,
    minimumSigners: 3,
    maximumSigners: 16,
    maxDeviation: DEVIATION_SCALE / 100n,
    signers: createSignerSet(entries),
  }
  return { curve, constants, signers, digest: createDigest() }
}

/** As long as a peer id, and like one a text in one piece, which takes less memory than one in several. */
export function peerIdOf(name: string): string {
  return Buffer.from(`12D3KooW${name.padStart(44, 'x')}`).toString('latin1')
}

export function statementOf(
  { constants }: SigningNetwork,
  about: { readonly proposer: PrivateKey; readonly pair: string; readonly observedAt: number; readonly price?: Price },
): PriceStatement {
  const { network, source, intervalMs } = constants
  const { proposer, pair, observedAt, price = (PRICE_LIMIT / 3n) as Price } = about
  const round = roundAt(observedAt, intervalMs)
  return { network, pair, price, round, observedAt, source, proposer: proposer.address }
}

/** A statement, signed with all `keys`. */
export function attest(
  { curve, digest }: SigningNetwork,
  { statement, keys }: { readonly statement: PriceStatement; readonly keys: readonly PrivateKey[] },
): Attestation {
  const id = digest(statement)
  const signatures = keys.map(
    ({ address, privateKey }) => [address, curve.sign(fromHex(id), privateKey.reveal())] as const,
  )
  return { id, statement, signatures: new Map(signatures) }
}

/** The bytes of a message; `fields` take the place of what a sound one has. */
export function priceMessage(
  attestations: readonly (Attestation | WireAttestation)[],
  fields: Pick<WireMessage, 'network'> & Partial<Omit<WireMessage, 'attestations'>>,
): Uint8Array {
  return encodePriceMessage({
    version: WIRE_VERSION,
    attempt: 0,
    ...fields,
    attestations: attestations.map((one) => ('id' in one ? wireAttestation(one) : one)),
  })
}

/** What a node says of itself, at `nowMs` on its wall clock. */
export function signStatus(
  network: SigningNetwork,
  { signer, nowMs }: { readonly signer: BenchSigner; readonly nowMs: number },
): SignedStatus {
  const { curve, constants } = network
  return new NoticeSigner({ curve, key: signer.key }).signStatus({
    peerId: signer.peerId,
    instance: toHex(new Uint8Array(16).fill(1)),
    sequence: nowMs,
    sentAt: nowMs,
    agent: AGENT_VERSION,
    constants: agreedConstants(constants),
    report: reportOf(network, nowMs),
  })
}

/** What a node of the network reports that has been up for a day. */
export function reportOf({ signers, constants }: SigningNetwork, nowMs: number): NodeReport {
  const others = signers.map(({ key }) => key.address).toSorted()
  return {
    uptimeMs: 86_400_000,
    peers: signers
      .map(({ peerId }) => peerId)
      .toSorted()
      .slice(0, REPORT_PEERS_LIMIT),
    clockOffsetMs: -12,
    received: others
      .slice(0, REPORT_SIGNERS_LIMIT)
      .map((signer) => ({ signer, statements: 144, signatures: 144 * constants.maximumSigners })),
    outbox: 0,
    lastCommittedAtMs: nowMs - constants.intervalMs,
    historyRoot: toHex(new Uint8Array(32).fill(2)),
  }
}
