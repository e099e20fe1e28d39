import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, type TypedDataDefinition, keccak256, recoverTypedDataAddress, stringToHex, toHex } from 'viem'
import { REFUSAL_TYPES, STATUS_TYPES } from '../../src/core/typed-data.ts'
import { priceFromBytes } from '../../src/gossip/attestation-shape.ts'
import { decodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { decodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { TOPICS, openStage, takeErrors } from '../helpers/hostile-stage.ts'
import { message as priceMessage } from '../helpers/inbox-at-work.ts'
import type { RawPeer } from '../helpers/raw-peer.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { alice, attest, price, testSigner } from '../helpers/statements.ts'

const DOMAIN = { name: 'gossip-price', version: '1', salt: keccak256(stringToHex('test-network')) }
const ALL = [TOPICS.prices, TOPICS.status, TOPICS.refusals] as const
const ELSEWHERE = '3172.52775'
const ZEROS = `0x${'00'.repeat(32)}` as const

interface HeardRefusal {
  readonly signer: string
  readonly statement: Hex
  readonly reason: string
  readonly ownPrice: bigint | undefined
}

/** Every refusal that reached a peer, its signer found by a library that is none of ours. */
async function refusalsHeard(peer: RawPeer): Promise<HeardRefusal[]> {
  const refusals = peer.heardOn(TOPICS.refusals).flatMap((bytes) => decodeRefusalMessage(bytes).refusals)
  return Promise.all(
    refusals.map(async ({ statement, reason, ownPrice, signedInstead, refusedAt, signature }) => {
      const refusal = {
        statement: toHex(statement),
        reason,
        ownPrice: priceFromBytes(ownPrice) ?? 0n,
        signedInstead: toHex(signedInstead.length === 0 ? new Uint8Array(32) : signedInstead),
        refusedAt,
      }
      const signer = await signerOf({ types: REFUSAL_TYPES, primaryType: 'Refusal', message: refusal }, signature)
      return { signer, statement: refusal.statement, reason, ownPrice: priceFromBytes(ownPrice) }
    }),
  )
}

/** Every status that reached a peer: who says it by the signature, and the peer id that is named. */
async function statusesHeard(peer: RawPeer): Promise<{ readonly signer: string; readonly peerId: string }[]> {
  return Promise.all(
    peer.heardOn(TOPICS.status).map(async (bytes) => {
      const { network, peerId, instance, sequence, sentAt, agent, constants, signature, report } =
        decodeStatusMessage(bytes)
      const status = {
        peerId,
        instance: toHex(instance),
        sequence,
        sentAt,
        agent,
        constants: { ...constants, network, signers: toHex(constants.signers) },
        report: {
          ...report,
          received: report.received.map((each) => ({ ...each, signer: toHex(each.signer) })),
          historyRoot: report.historyRoot.length === 0 ? ZEROS : toHex(report.historyRoot),
        },
      }
      return {
        signer: await signerOf({ types: STATUS_TYPES, primaryType: 'Status', message: status }, signature),
        peerId,
      }
    }),
  )
}

async function signerOf(data: Omit<TypedDataDefinition, 'domain'>, signature: Uint8Array): Promise<string> {
  const typedData = { ...data, domain: DOMAIN } as TypedDataDefinition
  return (await recoverTypedDataAddress({ ...typedData, signature: toHex(signature) })).toLowerCase()
}

function warningOf(signer: string, phrase: string): string {
  return `${signer} runs this network with other constants; all nodes must have the same: ${phrase}`
}

describe('what nodes tell each other', { timeout: 480_000 }, () => {
  it('of themselves and of what they refuse is heard by anybody, and proved without our code', async (t) => {
    const stage = await openStage(t, { intervalMs: roundThatLasts() * 1_000 })
    const { network, nodes, rawPeer } = stage
    const listener = await rawPeer({ topics: ALL })
    const honest = nodes.map(({ signer }) => signer)
    const stranger = attest(stage.statement(alice, { price: price(ELSEWHERE) }), alice)
    await listener.say(priceMessage([stranger]))

    const refusals = await network.until(async () => {
      const heard = await refusalsHeard(listener)
      return honest.every((signer) => heard.some((each) => each.signer === signer)) && heard
    }, 'everybody who sees another price refuses')
    for (const { signer, statement, reason, ownPrice } of refusals) {
      assert.ok(honest.some((each) => each === signer))
      assert.deepEqual([statement, reason, ownPrice], [stranger.id, 'deviation', price('3021.455')])
    }

    const statuses = await network.until(async () => {
      const heard = await statusesHeard(listener)
      return honest.every((signer) => heard.some((each) => each.signer === signer)) && heard
    }, 'every node has said what it is')
    const named = new Set(statuses.map(({ signer, peerId }) => `${signer} ${peerId}`))
    assert.deepEqual(named, new Set(nodes.map(({ signer, peerId }) => `${signer} ${peerId}`)))
  })

  it('warns the others, once, of one whose constants are not theirs, and says which', async (t) => {
    const stage = await openStage(t, {
      intervalMs: roundThatLasts() * 1_000,
      envOf: { node4: { GP_QUIETPERIOD: '2' } },
    })
    const { network, nodes } = stage
    const [odd, others] = [nodes[3], nodes.slice(0, 3)]
    assert.ok(odd)
    const warnings = (node: (typeof nodes)[number]): string[] =>
      node.logger.at('warn').filter((line) => line.includes('runs this network with other constants'))
    await network.until(() => others.every((node) => warnings(node).length > 0), 'the others hear of it')
    await network.until(() => warnings(odd).length === others.length, 'it hears of all others')
    for (const node of others) {
      assert.deepEqual(warnings(node), [warningOf(odd.signer, 'GP_QUIETPERIOD is 2 s there, 1 s here')])
      assert.equal(node.counters.value('gp_other_constants_total'), 1)
    }
    assert.deepEqual(
      warnings(odd).toSorted(),
      others.map(({ signer }) => warningOf(signer, 'GP_QUIETPERIOD is 1 s there, 2 s here')).toSorted(),
    )
  })

  it('tells either process that another signs with its key', async (t) => {
    const stage = await openStage(t, { intervalMs: roundThatLasts() * 1_000 })
    const { network, nodes, env } = stage
    const key = { ...env, GP_PRIVATEKEY: toHex(testSigner(1).privateKey.reveal()) }
    const [one, other] = await Promise.all([network.node('one', key), network.node('other', key)])
    const loud = /^another process signs with this node's key 0x\w{40}: stop one of the two/
    await network.until(() => [one, other].every((node) => node.line('error', loud)), 'both say so')
    for (const node of [one, other]) {
      assert.deepEqual(takeErrors(node, loud).length, 1)
      assert.equal(node.counters.value('gp_shared_key_total'), 1)
    }
    for (const node of nodes) assert.equal(node.line('error', loud), undefined)
  })
})
