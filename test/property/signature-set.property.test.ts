import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { isQuorum, type Attestation, type SignatureSet } from '../../src/core/statement.ts'
import { EngineAtWork, attestCheaply } from '../helpers/engine-at-work.ts'
import { type InboxAtWork, createInboxAtWork } from '../helpers/inbox-at-work.ts'
import { statement, testSigner } from '../helpers/statements.ts'

const QUIET_MS = 30_000

/** Four statements, one of them the rival of another in its slot, and the signatures that exist over each. */
const universe: readonly Attestation[] = [
  { proposer: 1, signers: [1, 2, 3, 4, 5, 6, 7, 8] },
  { proposer: 2, signers: [2, 3, 4] },
  { proposer: 2, signers: [2, 5], observedAt: statement().observedAt + 1 },
  { proposer: 3, signers: [3] },
].map(({ proposer, signers, observedAt = statement().observedAt }) => {
  const one = statement({ proposer: testSigner(proposer).address, observedAt })
  return attestCheaply(one, ...signers.map(testSigner))
})

/** One message's worth: of each statement the proposer's signature, as on the wire, and any of the others. */
const group = fc.uniqueArray(
  fc.constantFrom(...universe).chain(({ id, statement: one, signatures }) =>
    fc.shuffledSubarray([...signatures]).map((some) => {
      const proposers = [...signatures].slice(0, 1)
      return { id, statement: one, signatures: new Map([...proposers, ...some]) }
    }),
  ),
  { selector: ({ id }) => id, minLength: 1 },
)

/** Groups in any number and order, duplicates included, that together hold every signature at least once. */
const delivery = fc
  .tuple(fc.array(group, { maxLength: 12 }), fc.array(fc.nat({ max: 11 }), { maxLength: 6 }))
  .chain(([groups, again]) => {
    const repeated = again.flatMap((index) => groups.slice(index, index + 1))
    const rest = universe.map((whole) => [whole])
    const all = [...groups, ...repeated, ...rest]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })

const rowOf = ({ id, signatures }: Attestation) => ({ id, signatures: sorted(signatures) })
const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1)
const sorted = (signatures: SignatureSet | undefined) =>
  [...(signatures ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))

function everythingIsHeld(node: Pick<InboxAtWork, 'engine'>): void {
  for (const { id, statement: one, signatures } of universe) {
    assert.deepEqual(sorted(node.engine.pool.signaturesOf(id)), sorted(signatures))
    assert.equal(node.engine.pool.phaseOf(id), isQuorum(signatures, one, 3) ? 'quorum' : 'collecting')
  }
}

describe('however the same signatures are ordered, duplicated and grouped', () => {
  it('the engine holds the same sets, sees the same quorums and hands out the same rows', async () => {
    await fc.assert(
      fc.asyncProperty(delivery, async (groups) => {
        const node = new EngineAtWork()
        for (const attestation of groups.flat()) node.receive(attestation)
        everythingIsHeld(node)
        await node.until(QUIET_MS)
        const rows = node.commits().map(({ row: { attestation } }) => rowOf(attestation))
        const expected = universe.slice(0, 2).map(rowOf)
        assert.deepEqual(rows.toSorted(byId), expected.toSorted(byId))
      }),
      { numRuns: 100 },
    )
  })

  it('the inbox lets the same through to it, and recovers no signature twice', async () => {
    await fc.assert(
      fc.asyncProperty(delivery, async (groups) => {
        const node = createInboxAtWork()
        for (const attestations of groups) {
          const { kind } = await node.receive(...attestations)
          assert.notEqual(kind, 'reject')
        }
        everythingIsHeld(node)
        assert.equal(
          node.curve.recoveries,
          universe.reduce((sum, { signatures }) => sum + signatures.size, 0),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('a message is accepted when it brings something, and else ignored as known', async () => {
    await fc.assert(
      fc.asyncProperty(delivery, async (groups) => {
        const node = createInboxAtWork()
        const brought = new Set<string>()
        for (const attestations of groups) {
          const parts = attestations.flatMap(({ id, signatures }) => [...signatures.keys()].map((one) => id + one))
          const isNew = parts.some((part) => !brought.has(part))
          const verdict = await node.receive(...attestations)
          assert.deepEqual(verdict, isNew ? { kind: 'accept' } : { kind: 'ignore', code: 'known' })
          for (const part of parts) brought.add(part)
        }
      }),
      { numRuns: 100 },
    )
  })
})
