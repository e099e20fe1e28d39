import type { PriceRow } from '../../src/core/price-table.ts'
import type { RowFaultCode } from '../../src/core/row-fault.ts'
import { rowParameters } from '../../src/store/stored-price.ts'
import type { TestDatabase } from './postgres.ts'
import { priceRow } from './price-rows.ts'
import { INTERVAL_MS, OBSERVED_AT, price, testSigner } from './statements.ts'

/** Takes from the tables all that guards them: constraints, indexes, triggers, types. */
export async function strip(database: Pick<TestDatabase, 'query'>): Promise<void> {
  await database.query(`
    DROP TRIGGER prices_append_only ON prices;
    DROP TRIGGER prices_committed ON prices;
    DROP TRIGGER equivocations_append_only ON equivocations;
    DROP TRIGGER networks_interval_fixed ON networks;
    DROP VIEW price_rounds, latest_price, undisputed_prices;
    DO $$
    DECLARE found record;
    BEGIN
      FOR found IN
        SELECT conrelid::regclass AS relation, conname FROM pg_constraint
        WHERE conrelid IN ('prices'::regclass, 'equivocations'::regclass) AND contype IN ('c', 'f', 'u', 'p')
      LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.relation, found.conname);
      END LOOP;
      ALTER TABLE networks DROP CONSTRAINT networks_pkey;
      FOR found IN
        SELECT attrelid::regclass AS relation, attname FROM pg_attribute
        WHERE attrelid IN ('prices'::regclass, 'equivocations'::regclass) AND attnum > 0
      LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', found.relation, found.attname);
      END LOOP;
    END
    $$;
    DROP INDEX prices_newest, prices_newest_of_feed, equivocations_slot;
    ALTER TABLE prices ALTER COLUMN price TYPE numeric;
  `)
}

/** Changes the one row whose id is $1 into a false one. */
export interface Falsehood {
  readonly name: string
  readonly sql: string
  readonly codes: readonly RowFaultCode[]
}

const mallory = testSigner(99)

/** One of each kind; the row that each changes is alice's, with signatures of bob and carol. */
export const FALSEHOODS: readonly Falsehood[] = [
  { name: 'the price changed', sql: `price = price + 0.000000000000000001`, codes: ['wrong-id'] },
  { name: 'a price that is not a number', sql: `price = 'NaN'`, codes: ['price-format'] },
  { name: 'a price with 19 decimals', sql: `price = price + 1e-19`, codes: ['price-format'] },
  {
    name: 'signatures swapped',
    sql: `sign_data = jsonb_set(jsonb_set(sign_data, '{0,signature}', sign_data #> '{1,signature}'),
      '{1,signature}', sign_data #> '{0,signature}')`,
    codes: ['wrong-signer'],
  },
  {
    name: 'a signer renamed',
    sql: `sign_data = jsonb_set(sign_data, '{1,signer}', '"${mallory.address}"')`,
    codes: ['wrong-signer', 'signer-not-allowed', 'below-threshold'],
  },
  {
    name: 'a signer dropped',
    sql: `sign_data = sign_data - 0`,
    codes: ['wrong-count', 'below-threshold'],
  },
  {
    name: 'a signer dropped, and the count with it',
    sql: `sign_data = sign_data - 1, signer_count = 2`,
    codes: ['below-threshold'],
  },
  { name: 'a wrong proposer', sql: `first_signer = '${mallory.address}'`, codes: ['wrong-id', 'proposer-missing'] },
  { name: 'a foreign network', sql: `network = 'foreign'`, codes: ['wrong-id', 'unknown-network'] },
  { name: 'another round', sql: `round = round + 1`, codes: ['wrong-id', 'wrong-round'] },
  {
    name: 'another round and time',
    sql: `round = round + 1, observed_time = observed_time + interval '10 minutes'`,
    codes: ['wrong-id'],
  },
  {
    name: 'a time finer than milliseconds',
    sql: `observed_time = observed_time + interval '1 microsecond'`,
    codes: ['time-format'],
  },
  { name: 'an endless time', sql: `observed_time = 'infinity'`, codes: ['time-format'] },
  { name: 'another pair', sql: `pair = 'ETH-EUR'`, codes: ['wrong-id'] },
  { name: 'another source', sql: `source = 'kraken'`, codes: ['wrong-id'] },
  { name: 'capital letters', sql: `id = upper(id)`, codes: ['id-format'] },
  {
    name: 'nothing at all',
    sql: `id = NULL, network = NULL, pair = NULL, price = NULL, sign_data = NULL`,
    codes: ['id-format', 'price-format', 'network-format', 'pair-format', 'sign-data'],
  },
  {
    name: 'a time of writing that is none',
    sql: `created_time = NULL, lastsigned_time = '-infinity'`,
    codes: ['writing-time'],
  },
]

/** Two rounds: a row that is moved to the next one is in nobody's way. */
export const APART_MS = 2 * INTERVAL_MS

/** A row for each falsehood, and one more that stays true. */
export function rowsToSpoil(): PriceRow[] {
  return Array.from({ length: FALSEHOODS.length + 1 }, (_, index) =>
    priceRow({ price: price(`${index + 1}`), observedAt: OBSERVED_AT + index * APART_MS }),
  )
}

/** Rows of `row` in `equivocations`, whatever that table would say to it. */
export async function addEquivocation(database: Pick<TestDatabase, 'query'>, row: PriceRow): Promise<void> {
  const [id, value, firstSigner, signData, lastSigned, pair, round, source, observed] = rowParameters([row]).map(
    ([each]) => each,
  )
  await database.query(
    `INSERT INTO equivocations (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source,
       observed_time, signer_count)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), $6, $7, $8, $9,
       'epoch'::timestamptz + $10::bigint * interval '1 millisecond', jsonb_array_length($4))`,
    [id, value, firstSigner, signData, lastSigned, row.attestation.statement.network, pair, round, source, observed],
  )
}
