import { toHex } from '../../src/core/hex.ts'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import type { RawRow } from '../../src/core/raw-row.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { INTERVAL_MS, alice, attestBy, bob, carol, digest, statement } from './statements.ts'
import { judgeRow, type ExpectedSigners } from '../../src/core/judge-row.ts'
import type { RowFaultCode } from '../../src/core/row-fault.ts'

const { curve } = loadSecp256k1()

/** Makes attestations quickly. */
export const attestFast = attestBy(curve)

/** A row of alice with a quorum, as the reader of rows gives it. */
export function rawRow(
  attestation: Attestation = attestFast(statement(), alice, bob, carol),
  changes: Partial<RawRow> = {},
): RawRow {
  const { id, statement: said, signatures } = attestation
  const [whole, places] = decimals(said.price)
  const signData = Array.from(signatures, ([signer, signature]) => ({ signer, signature: toHex(signature) }))
  return {
    table: 'prices',
    place: '(0,1)',
    id,
    price: `${whole}.${places}`,
    firstSigner: said.proposer,
    signData: JSON.stringify(signData.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))),
    network: said.network,
    pair: said.pair,
    round: `${said.round}`,
    source: said.source,
    observedMs: `${said.observedAt}`,
    signerCount: `${signatures.size}`,
    lastSignedFinite: 'true',
    createdFinite: 'true',
    intervalMs: `${INTERVAL_MS}`,
    ...changes,
  }
}

/** The codes of what is false about a row, each once. */
export function codesOf(row: RawRow, expected?: ExpectedSigners): RowFaultCode[] {
  return [...new Set(judgeRow(row, { curve, digest, expected }).map(({ code }) => code))]
}

function decimals(value: bigint): [string, string] {
  const digits = value.toString().padStart(19, '0')
  return [digits.slice(0, -18), digits.slice(-18)]
}
