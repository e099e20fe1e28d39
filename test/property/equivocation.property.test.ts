import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { digest, price, statement, testSigners } from '../helpers/statements.ts'

const [proposer, ...coSigners] = testSigners(6)
assert.ok(proposer)
const statements = ['3021.455', '3021.456'].map((text) => statement({ price: price(text) }))

/** Which of the two statements an attestation is over, and who co-signs it in which order. */
const part = fc.record({ of: fc.constantFrom(0, 1), by: fc.shuffledSubarray(coSigners) })
const history = fc.record({
  parts: fc.array(part, { minLength: 1, maxLength: 8 }),
  maximumSigners: fc.integer({ min: 3, max: 8 }),
  waitMs: fc.constantFrom(0, 1_000, 20_000, 45_000),
})

describe('equivocation', () => {
  it('is found of exactly those who signed both statements, in whatever order and however late signatures come', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ parts, maximumSigners, waitMs }) => {
        const node = new EngineAtWork({ maximumSigners })
        const signed = statements.map(() => new Set<string>())
        for (const [index, { of, by }] of parts.entries()) {
          const [one, signers] = [statements[of], signed[of]]
          assert.ok(one && signers)
          const attestation = attest(one, proposer, ...by)
          node.receive(attestation)
          for (const signer of attestation.signatures.keys()) signers.add(signer)
          await node.until(index * waitMs)
          for (const { row } of node.commits()) node.settle(row.attestation.id)
        }
        const [first = new Set<string>(), second = new Set<string>()] = signed
        const found = node.equivocations()
        const both = [...first].filter((signer) => second.has(signer))
        assert.deepEqual(found.map((each): string => each.signer).toSorted(), both.toSorted())
        const ids = statements.map(digest).toSorted()
        for (const { statements: proof } of found) {
          assert.deepEqual(
            proof.map(({ id }) => id),
            ids,
          )
        }
        for (const id of ids) assert.ok((node.engine.pool.signaturesOf(id)?.size ?? 0) <= maximumSigners)
      }),
    )
  })
})
