import { NoticeSigner } from '../src/consensus/notice-signer.ts'
import { fromHex, toHex } from '../src/core/hex.ts'
import type { Price } from '../src/core/price.ts'
import type { RefusalReason, SignedRefusal } from '../src/core/refusal.ts'
import type { Attestation, Signature, StatementId } from '../src/core/statement.ts'
import type { AgreedConstants, SignedStatus } from '../src/core/status.ts'
import { wireAttestation } from '../src/gossip/attestation-shape.ts'
import { encodeRefusalMessage } from '../src/gossip/refusal-wire.ts'
import { encodeStatusMessage } from '../src/gossip/status-wire.ts'
import { MESSAGE_BYTES_LIMIT, WIRE_VERSION, type WireAttestation } from '../src/gossip/wire.ts'
import type { PrivateKey } from '../src/keys/keystore.ts'
import type { Random } from '../fuzz/random.ts'
import type { TopicLabel } from './inboxes.ts'
import { type SigningNetwork, attest, peerIdOf, priceMessage, reportOf, statementOf } from './signing-network.ts'

export interface HostileMessage {
  readonly topic: TopicLabel
  readonly data: Uint8Array
}

/** What somebody knows who means no good, at one moment. */
export interface Scene {
  readonly network: SigningNetwork
  readonly random: Random
  readonly agreed: AgreedConstants
  /** An allowed signer's key, in the wrong hands. */
  readonly insider: PrivateKey
  /** What honest signers say now. */
  readonly honest: readonly [Attestation, ...Attestation[]]
  /** Wall clock, milliseconds since the Unix epoch. */
  readonly nowMs: number
  /** The peer that sends it. */
  readonly from: string
}

type Kind = (scene: Scene) => HostileMessage

const OVERSIZE = new Uint8Array(MESSAGE_BYTES_LIMIT + 1)
const RANDOM_BYTES_LIMIT = 512
const ATTESTATIONS_OF_A_LONG_MESSAGE = 24
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const REASONS: readonly [RefusalReason, ...RefusalReason[]] = ['feed-down', 'outside-window', 'no-memory']

/** All that can be thought of: false on its face, false on a closer look, true and useless, and too much. */
const KINDS: readonly [Kind, ...Kind[]] = [
  randomBytes,
  cutOff,
  changedByte,
  () => prices(OVERSIZE),
  (scene) => prices(priceMessage([], scene.network.constants)),
  (scene) => prices(priceMessage([pick(scene)], { network: 'another' })),
  (scene) => prices(priceMessage([pick(scene)], { ...scene.network.constants, version: WIRE_VERSION + 1 })),
  (scene) => altered(scene, { price: Uint8Array.of(1 + scene.random.below(255)) }),
  (scene) => altered(scene, { signatures: [signatureOfNobody(scene)] }),
  (scene) => altered(scene, { signatures: [signatureOfNoKey(scene)] }),
  (scene) => altered(scene, { signatures: [signatureOfNobody(scene), signatureOfNobody(scene)] }),
  (scene) => altered(scene, { signatures: [highTwin(proposers(pick(scene)))] }),
  (scene) => altered(scene, { round: BigInt(scene.random.below(2 ** 31)) }),
  (scene) => altered(scene, { pair: `Q${scene.random.below(2 ** 31)}-USD` }),
  (scene) => altered(scene, { source: `s${scene.random.below(2 ** 31)}` }),
  (scene) => statementBy(scene, { by: scene.insider, observedAt: scene.nowMs - 86_400_000 }),
  (scene) => statementBy(scene, { by: scene.insider, observedAt: scene.nowMs + 86_400_000 }),
  (scene) => altered(scene, { proposer: scene.random.bytes(20), signatures: [signatureOfNobody(scene)] }),
  // Distinct statements of an allowed signer.
  distinct,
  distinct,
  // What was said before, in bytes that are new.
  replay,
  replay,
  // Signers that are not allowed, beside a proposer whose signature is genuine.
  beside,
  beside,
  beside,
  insiderBeside,
  mixed,
  longMessage,
  statusOfNobody,
  statusOfNobody,
  statusOfInsider,
  refusalOfNobody,
  refusalOfNobody,
  refusalOfInsider,
  refusalOfNothing,
]

/** The next of ever new messages that no node sends that means well. */
export function hostileMessage(scene: Scene): HostileMessage {
  return scene.random.pick(KINDS)(scene)
}

function randomBytes({ random }: Scene): HostileMessage {
  const data = random.bytes(1 + random.below(RANDOM_BYTES_LIMIT))
  return { topic: random.pick<TopicLabel>(['prices', 'status', 'refusals']), data }
}

function cutOff(scene: Scene): HostileMessage {
  const { data } = replay(scene)
  return prices(data.slice(0, scene.random.below(data.length)))
}

function changedByte(scene: Scene): HostileMessage {
  const { data } = replay(scene)
  data[scene.random.below(data.length)] = scene.random.below(256)
  return prices(data)
}

function replay(scene: Scene): HostileMessage {
  const { network, random } = scene
  return prices(priceMessage([pick(scene)], { ...network.constants, attempt: random.below(2 ** 32) }))
}

function altered(scene: Scene, changes: Partial<WireAttestation>): HostileMessage {
  return prices(priceMessage([{ ...wireAttestation(pick(scene)), ...changes }], scene.network.constants))
}

function statementBy(
  { network, random }: Scene,
  { by, observedAt }: { readonly by: PrivateKey; readonly observedAt: number },
): HostileMessage {
  const statement = statementOf(network, { proposer: by, pair: anyPair(network, random), observedAt })
  return prices(priceMessage([attest(network, { statement, keys: [by] })], network.constants))
}

function distinct({ network, random, insider, nowMs }: Scene): HostileMessage {
  const price = BigInt(1 + random.below(2 ** 32)) as Price
  const about = { proposer: insider, pair: anyPair(network, random), observedAt: nowMs, price }
  return prices(
    priceMessage([attest(network, { statement: statementOf(network, about), keys: [insider] })], network.constants),
  )
}

function beside(scene: Scene): HostileMessage {
  const { network } = scene
  const one = pick(scene)
  const signature = signatureOfNobody(scene)
  return prices(priceMessage([{ ...wireAttestation(one), signatures: [proposers(one), signature] }], network.constants))
}

function insiderBeside(scene: Scene): HostileMessage {
  const { network, insider } = scene
  const one = pick(scene)
  const signature = network.curve.sign(fromHex(one.id), insider.privateKey.reveal())
  return prices(priceMessage([{ ...wireAttestation(one), signatures: [proposers(one), signature] }], network.constants))
}

function mixed(scene: Scene): HostileMessage {
  const sound = wireAttestation(pick(scene))
  return prices(priceMessage([sound, { ...sound, price: Uint8Array.of(1) }], scene.network.constants))
}

function longMessage(scene: Scene): HostileMessage {
  const sound = wireAttestation(pick(scene))
  const many = Array.from({ length: ATTESTATIONS_OF_A_LONG_MESSAGE }, () => ({
    ...sound,
    price: Uint8Array.of(1, ...scene.random.bytes(4)),
  }))
  return prices(priceMessage(many, scene.network.constants))
}

function statusOfNobody(scene: Scene): HostileMessage {
  const peerId = scene.random.chance(0.5) ? scene.from : anyPeer(scene)
  return status({ ...statusBy(scene, peerId), signature: signatureOfNobody(scene) })
}

function statusOfInsider(scene: Scene): HostileMessage {
  const { curve } = scene.network
  const said = statusBy(scene, scene.random.chance(0.5) ? scene.from : anyPeer(scene))
  return status(new NoticeSigner({ curve, key: scene.insider }).signStatus(said.status))
}

function statusBy({ agreed, random, nowMs, insider, network }: Scene, peerId: string): Omit<SignedStatus, 'signature'> {
  return {
    signer: insider.address,
    status: {
      peerId,
      instance: toHex(random.bytes(16)),
      sequence: nowMs + random.below(2 ** 31),
      sentAt: nowMs,
      agent: 'hostile/1',
      constants: agreed,
      report: reportOf(network, nowMs),
    },
  }
}

function status(signed: SignedStatus): HostileMessage {
  return { topic: 'status', data: encodeStatusMessage(signed) }
}

function refusalOfNobody(scene: Scene): HostileMessage {
  return refusal(scene, { ...refusalOf(scene, pick(scene).id), signature: signatureOfNobody(scene) })
}

function refusalOfInsider(scene: Scene): HostileMessage {
  const { curve } = scene.network
  const { refusal: said } = refusalOf(scene, pick(scene).id)
  return refusal(scene, new NoticeSigner({ curve, key: scene.insider }).signRefusal(said))
}

function refusalOfNothing(scene: Scene): HostileMessage {
  const id = toHex(scene.random.bytes(32)) as StatementId
  return refusal(scene, { ...refusalOf(scene, id), signature: signatureOfNobody(scene) })
}

function refusalOf(
  { agreed, random, nowMs, insider }: Scene,
  statement: StatementId,
): Omit<SignedRefusal, 'signature'> {
  return {
    signer: insider.address,
    refusal: {
      network: agreed.network,
      statement,
      reason: random.pick(REASONS),
      ownPrice: undefined,
      signedInstead: undefined,
      refusedAt: nowMs + random.below(2 ** 31),
    },
  }
}

function refusal({ agreed }: Scene, signed: SignedRefusal): HostileMessage {
  return { topic: 'refusals', data: encodeRefusalMessage([signed], agreed) }
}

function prices(data: Uint8Array): HostileMessage {
  return { topic: 'prices', data }
}

function pick({ honest, random }: Scene): Attestation {
  return random.pick(honest)
}

function anyPair({ constants }: SigningNetwork, random: Random): string {
  return constants.pairs[random.below(constants.pairs.length)] ?? ''
}

function proposers({ statement, signatures }: Attestation): Signature {
  return signatures.get(statement.proposer) ?? new Uint8Array()
}

function anyPeer({ random }: Scene): string {
  return peerIdOf(`claimed${random.below(2 ** 32)}`)
}

/** Sound, and by a signer that nobody knows: every s is good beside an r that is. */
function signatureOfNobody(scene: Scene): Signature {
  const signature = Uint8Array.from(proposers(pick(scene)))
  signature.set(scene.random.bytes(31), 33)
  return signature
}

/** In shape; half of them no key can have made. */
function signatureOfNoKey({ random }: Scene): Signature {
  const signature = random.bytes(65)
  signature[32] = 1
  signature[64] = 27
  return signature
}

/** (r, n − s, v′): the same signer recovers from it. */
function highTwin(signature: Signature): Signature {
  const s = BigInt(toHex(signature.subarray(32, 64)))
  const twin = fromHex(`0x${(ORDER - s).toString(16).padStart(64, '0')}`)
  return Uint8Array.of(...signature.subarray(0, 32), ...twin, signature[64] === 27 ? 28 : 27)
}
