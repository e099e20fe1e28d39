import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { hashStruct, hashTypedData, recoverTypedDataAddress } from 'viem'
import { checksumAddress } from '../../src/core/address.ts'
import { constantsDigest } from '../../src/core/agreed-constants.ts'
import { toHex } from '../../src/core/hex.ts'
import type { AgreedConstants, NodeReport, NodeStatus } from '../../src/core/status.ts'
import { DOMAIN_NAME, DOMAIN_VERSION, STATUS_TYPES, createStatusDigest, domainSalt } from '../../src/core/typed-data.ts'
import { anyConstants, anyStatus, constants, noticeSigner, status } from '../helpers/signed-notices.ts'
import { bob } from '../helpers/statements.ts'

const digestOf = createStatusDigest()

/** The constants as a wallet library takes them. */
function constantsForWallets(agreed: AgreedConstants) {
  return {
    network: agreed.network,
    pairs: agreed.pairs,
    source: agreed.source,
    interval: BigInt(agreed.intervalMs),
    quietPeriod: BigInt(agreed.quietPeriodMs),
    minimum: agreed.minimumSigners,
    maximum: agreed.maximumSigners,
    deviation: agreed.maxDeviation,
    signerCount: agreed.signerCount,
    signers: agreed.signersHash,
  }
}

/** The report as docs/protocol.md has it signed: what is not known is 0. */
function reportForWallets(told: NodeReport) {
  return {
    uptime: BigInt(told.uptimeMs),
    peers: told.peers,
    clockKnown: told.clockOffsetMs !== undefined,
    clockOffset: BigInt(told.clockOffsetMs ?? 0),
    received: told.received.map(({ signer, statements, signatures }) => ({
      signer,
      statements: BigInt(statements),
      signatures: BigInt(signatures),
    })),
    outbox: BigInt(told.outbox),
    lastCommitted: BigInt(told.lastCommittedAtMs ?? 0),
    historyRoot: told.historyRoot ?? (`0x${'00'.repeat(32)}` as const),
  }
}

function forWallets(said: NodeStatus) {
  return {
    domain: { name: DOMAIN_NAME, version: DOMAIN_VERSION, salt: toHex(domainSalt(said.constants.network)) },
    types: STATUS_TYPES,
    primaryType: 'Status',
    message: {
      ...said,
      sequence: BigInt(said.sequence),
      sentAt: BigInt(said.sentAt),
      constants: constantsForWallets(said.constants),
      report: reportForWallets(said.report),
    },
  } as const
}

describe('the typed data of a status', () => {
  it('has the members of the protocol, in their order', () => {
    const written = Object.entries(STATUS_TYPES).map(
      ([name, members]) => `${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`,
    )
    assert.deepEqual(written, [
      'Status(string peerId,bytes16 instance,uint64 sequence,uint64 sentAt,string agent,Constants constants,Report report)',
      'Constants(string network,string[] pairs,string source,uint64 interval,uint64 quietPeriod,uint16 minimum,uint16 maximum,uint64 deviation,uint16 signerCount,bytes32 signers)',
      'Received(address signer,uint64 statements,uint64 signatures)',
      'Report(uint64 uptime,string[] peers,bool clockKnown,int64 clockOffset,Received[] received,uint64 outbox,uint64 lastCommitted,bytes32 historyRoot)',
    ])
  })
})

describe('the digest of a status', () => {
  it('is what viem computes from our typed data', () => {
    fc.assert(
      fc.property(anyStatus, (said) => {
        assert.equal(digestOf(said), hashTypedData(forWallets(said)))
      }),
    )
  })

  it('is another one in another network', () => {
    const elsewhere = status({ constants: constants({ network: 'another' }) })
    assert.notEqual(digestOf(elsewhere), digestOf(status()))
    assert.equal(digestOf(status()), hashTypedData(forWallets(status())))
  })
})

describe('the digest of a network’s constants', () => {
  it('is the hash of the struct Constants, as viem computes it', () => {
    fc.assert(
      fc.property(anyConstants, (agreed) => {
        const data = constantsForWallets(agreed)
        assert.equal(constantsDigest(agreed), hashStruct({ data, types: STATUS_TYPES, primaryType: 'Constants' }))
      }),
    )
  })
})

describe('a signed status', () => {
  it('names its signer, whom viem recovers from typed data and signature', async () => {
    const signer = noticeSigner(bob)
    assert.equal(signer.address, bob.address)
    await fc.assert(
      fc.asyncProperty(anyStatus, async (said) => {
        const signed = signer.signStatus(said)
        assert.equal(signed.status, said)
        assert.equal(signed.signer, bob.address)
        const recovered = await recoverTypedDataAddress({ ...forWallets(said), signature: toHex(signed.signature) })
        assert.equal(recovered, checksumAddress(bob.address))
      }),
      { numRuns: 20 },
    )
  })
})
