import type { PriceRow } from '../../src/core/price-table.ts'
import type { RowTable } from '../../src/core/raw-row.ts'
import type { RowFaultCode } from '../../src/core/row-fault.ts'
import { rowParameters } from '../../src/store/stored-price.ts'
import type { TestDatabase } from './postgres.ts'
import { priceRow } from './price-rows.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, price, testSigner } from './statements.ts'

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
  { name: 'a price without an end', sql: `price = 'Infinity'`, codes: ['price-format'] },
  { name: 'a price below 0', sql: `price = -price`, codes: ['price-format'] },
  { name: 'a price of 100,000 digits', sql: `price = repeat('9', 100000)::numeric`, codes: ['price-format'] },
  { name: 'a round below 0', sql: `round = -1`, codes: ['round-format'] },
  { name: 'the largest round there is', sql: `round = 9223372036854775807`, codes: ['round-format'] },
  { name: 'the last moment there is', sql: `observed_time = '294276-12-31 23:59:59.999999Z'`, codes: ['time-format'] },
  { name: 'a time before 1970', sql: `observed_time = '4713-01-01 BC'`, codes: ['time-format'] },
  { name: 'a pair that moves the cursor', sql: `pair = E'\\x1b[2J\\x1b[H'`, codes: ['pair-format'] },
  { name: 'a source of ten megabytes', sql: `source = repeat('x', 10000000)`, codes: ['source-format'] },
  { name: 'signatures that are no list', sql: `sign_data = '{"signer": "signature"}'`, codes: ['sign-data'] },
  { name: 'a list without signatures', sql: `sign_data = '[]', signer_count = 0`, codes: ['sign-data'] },
  { name: 'a list of anything', sql: `sign_data = '[null, 7, "x", [], {}]'`, codes: ['sign-data'] },
  { name: 'a list of lists', sql: `sign_data = jsonb_build_array(sign_data, sign_data)`, codes: ['sign-data'] },
  {
    name: 'lists in lists, a thousand deep',
    sql: `sign_data = (repeat('[', 1000) || repeat(']', 1000))::jsonb`,
    codes: ['sign-data'],
  },
  {
    name: 'signatures of ten megabytes',
    sql: `sign_data = (SELECT jsonb_agg(repeat('x', 1000)) FROM generate_series(1, 10000))`,
    codes: ['sign-data'],
  },
  {
    name: 'a signature by text that is none',
    sql: `sign_data = jsonb_set(sign_data, '{2,signature}', '"0x12"')`,
    codes: ['signature-format'],
  },
  {
    name: 'a signature that ends with another v',
    sql: `sign_data = jsonb_set(sign_data, '{2,signature}', to_jsonb(left(sign_data #>> '{2,signature}', -2) || '1d'))`,
    codes: ['signature-format'],
  },
  {
    name: 'a signature in capitals',
    sql: `sign_data = jsonb_set(sign_data, '{2,signature}', to_jsonb(upper(sign_data #>> '{2,signature}')))`,
    codes: ['signature-format'],
  },
  {
    name: 'a signer in capitals',
    sql: `sign_data = jsonb_set(sign_data, '{2,signer}', to_jsonb(upper(sign_data #>> '{2,signer}')))`,
    codes: ['signer-format', 'below-threshold'],
  },
  {
    name: 'a signer that is there twice',
    sql: `sign_data = jsonb_build_array(sign_data -> 0) || sign_data, signer_count = 4`,
    codes: ['signer-order'],
  },
  { name: 'a number of signers that is none', sql: `signer_count = NULL`, codes: ['wrong-count'] },
]

/** A way of writing something false that the constraints allow: whoever owns the table has to disable a trigger for some. */
export interface PlantedFalsehood {
  readonly name: string
  /** Spoils `row`, or writes another one. */
  readonly plant: (database: Pick<TestDatabase, 'query'>, row: PriceRow) => Promise<unknown>
  readonly codes: readonly RowFaultCode[]
  /** It takes the signers, or how many there must be, to see that it is false. */
  readonly takes?: 'signers' | 'threshold'
}

function change(sql: string): PlantedFalsehood['plant'] {
  return ({ query }, { attestation }) => query(`UPDATE prices SET ${sql} WHERE id = $1`, [attestation.id])
}

const strangers = [7, 8, 9].map(testSigner)

/** The kinds of falsehood that an auditor thinks of first. */
export const PLANTED: readonly PlantedFalsehood[] = [
  { name: 'the price changed', plant: change('price = price + 0.01'), codes: ['wrong-id'] },
  {
    name: 'a signature swapped',
    plant: change(`sign_data = jsonb_set(sign_data, '{0,signature}', sign_data #> '{1,signature}')`),
    codes: ['wrong-signer'],
  },
  {
    name: 'a signer dropped below the quorum',
    plant: change(`sign_data = (
      SELECT jsonb_agg(entry ORDER BY entry ->> 'signer' COLLATE "C")
      FROM jsonb_array_elements(sign_data) AS entry
      WHERE entry ->> 'signer' <> '${carol.address}'
    ), signer_count = 2`),
    codes: ['below-threshold'],
    takes: 'threshold',
  },
  {
    name: 'three signers whom nobody knows',
    plant(database, { attestation: { statement } }) {
      const [proposer] = strangers
      return addRow(
        database,
        'prices',
        priceRow({ ...statement, proposer: proposer?.address ?? alice.address }, strangers),
      )
    },
    codes: ['signer-not-allowed'],
    takes: 'signers',
  },
  { name: 'a wrong proposer', plant: change(`first_signer = '${bob.address}'`), codes: ['wrong-id'] },
  {
    name: 'a foreign network',
    async plant(database, row) {
      await database.query(`INSERT INTO networks VALUES ('foreign', ${INTERVAL_MS / 1_000})`)
      await change(`network = 'foreign'`)(database, row)
    },
    codes: ['wrong-id'],
  },
  {
    name: 'a row copied to another round',
    plant: ({ query }, { attestation }) =>
      query(
        `INSERT INTO prices
         SELECT '0x' || repeat('ab', 32), price, first_signer, sign_data, lastsigned_time, now(), network, pair, round + 1,
           source, observed_time + interval '10 minutes', signer_count
         FROM prices
         WHERE id = $1`,
        [attestation.id],
      ),
    codes: ['wrong-id'],
  },
]

/** Two rounds: a row that is moved to the next one is in nobody's way. */
export const APART_MS = 2 * INTERVAL_MS

/** A row for each falsehood, and one more that stays true. */
export function rowsToSpoil(count = FALSEHOODS.length): PriceRow[] {
  return Array.from({ length: count + 1 }, (_, index) =>
    priceRow({ price: price(`${index + 1}`), observedAt: OBSERVED_AT + index * APART_MS }),
  )
}

/** Writes a row, whatever a node would say to it. */
export async function addRow(database: Pick<TestDatabase, 'query'>, table: RowTable, row: PriceRow): Promise<void> {
  const [id, value, firstSigner, signData, lastSigned, pair, round, source, observed] = rowParameters([row]).map(
    ([each]) => each,
  )
  await database.query(
    `INSERT INTO ${table} (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source,
       observed_time, signer_count)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), $6, $7, $8, $9,
       'epoch'::timestamptz + $10::bigint * interval '1 millisecond', jsonb_array_length($4))`,
    [id, value, firstSigner, signData, lastSigned, row.attestation.statement.network, pair, round, source, observed],
  )
}
