import assert from 'node:assert/strict'
import { type Hex, hashTypedData, keccak256, parseUnits, recoverAddress, stringToHex } from 'viem'
import { query } from './postgres-server.ts'

/** A committed price, as it stands in the table or as `prices --json` prints it. */
export interface ProvableRow {
  readonly id: Hex
  readonly network: string
  readonly pair: string
  /** Decimal text. */
  readonly price: string
  readonly round: number
  /** Milliseconds since the Unix epoch. */
  readonly observedAt: number
  readonly source: string
  readonly proposer: Hex
  readonly signatures: readonly { readonly signer: Hex; readonly signature: Hex }[]
}

export interface TableRow extends ProvableRow {
  readonly signerCount: number
  /** Milliseconds since the Unix epoch, with what is finer cut off; likewise {@link TableRow.createdAtMs}. */
  readonly lastSignedAtMs: number
  readonly createdAtMs: number
}

const ROWS = `
  SELECT id, network, pair, price::text AS price, round::integer AS round, source, first_signer AS proposer,
         sign_data AS signatures, signer_count AS "signerCount",
         (extract(epoch FROM observed_time) * 1000)::float8 AS "observedAt",
         floor(extract(epoch FROM lastsigned_time) * 1000)::float8 AS "lastSignedAtMs",
         floor(extract(epoch FROM created_time) * 1000)::float8 AS "createdAtMs"
  FROM prices
  ORDER BY observed_time, id`

/** All rows of `prices`, in the order in which they were observed. */
export function tableRows(databaseUrl: string): Promise<TableRow[]> {
  return query<TableRow>(databaseUrl, ROWS)
}

/**
 * Proves a row from nothing but itself and the EIP-712 types, with a library that is none of ours: its id is the digest
 * of its statement, and every signature is of who it says, the proposer among them, nobody twice.
 *
 * @returns who signed
 */
export async function prove(row: ProvableRow): Promise<readonly string[]> {
  const digest = hashTypedData({
    domain: { name: 'gossip-price', version: '1', salt: keccak256(stringToHex(row.network)) },
    types: {
      Price: [
        { name: 'pair', type: 'string' },
        { name: 'price', type: 'uint256' },
        { name: 'round', type: 'uint64' },
        { name: 'observedAt', type: 'uint64' },
        { name: 'source', type: 'string' },
        { name: 'proposer', type: 'address' },
      ],
    },
    primaryType: 'Price',
    message: {
      pair: row.pair,
      price: parseUnits(row.price, 18),
      round: BigInt(row.round),
      observedAt: BigInt(row.observedAt),
      source: row.source,
      proposer: row.proposer,
    },
  })
  assert.equal(row.id, digest, 'the id is the digest of the statement')
  const signers: string[] = []
  for (const { signer, signature } of row.signatures) {
    const recovered = await recoverAddress({ hash: digest, signature })
    assert.equal(recovered.toLowerCase(), signer, 'a signature is by who it says')
    signers.push(signer)
  }
  assert.equal(new Set(signers).size, signers.length, 'nobody signs twice')
  assert.ok(signers.includes(row.proposer), 'the proposer is among the signers')
  return signers
}
