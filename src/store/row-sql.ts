import type { RowClash, RowTable } from '../core/raw-row.ts'

/**
 * The statements that look at rows without believing the table: every column as text, whatever its type, found by where
 * the row lies and not by an index. $1 to $3 are the range: first moment, end (milliseconds or null), network or null.
 */

/** Longer than any true value; more of a false one is not worth the memory. */
const LONGEST = { value: 200, signData: 32_768 }

const text = (column: string, longest = LONGEST.value): string => `left(${column}::text, ${longest})`

const rowColumns = (table: RowTable): string => `
  '${table}' AS table,
  ctid::text AS place,
  ${text('id')} AS id,
  ${text('price')} AS price,
  ${text('first_signer')} AS "firstSigner",
  ${text('sign_data', LONGEST.signData)} AS "signData",
  ${text('network')} AS network,
  ${text('pair')} AS pair,
  ${text('round')} AS round,
  ${text('source')} AS source,
  trim_scale(extract(epoch FROM observed_time) * 1000)::text AS "observedMs",
  ${text('signer_count')} AS "signerCount",
  isfinite(lastsigned_time)::text AS "lastSignedFinite",
  isfinite(created_time)::text AS "createdFinite",
  (
    SELECT string_agg(trim_scale(interval_seconds * 1000)::text, ' ')
    FROM networks
    WHERE networks.network = rows.network
  ) AS "intervalMs"`

// What has no moment, or no network, is in every range: there it can be found false.
const IN_RANGE = `
  ($1::bigint IS NULL OR observed_time IS NULL OR NOT isfinite(observed_time)
    OR observed_time >= 'epoch'::timestamptz + $1::bigint * interval '1 millisecond')
  AND ($2::bigint IS NULL OR observed_time IS NULL OR NOT isfinite(observed_time)
    OR observed_time < 'epoch'::timestamptz + $2::bigint * interval '1 millisecond')
  AND ($3::text IS NULL OR rows.network IS NULL OR rows.network = $3)`

/** The rows that lie from $4 up to $5, both `(block,item)`. */
export const READ_ROWS: Readonly<Record<RowTable, string>> = {
  prices: readRows('prices'),
  equivocations: readRows('equivocations'),
}

function readRows(table: RowTable): string {
  return `
SELECT ${rowColumns(table)}
FROM ${table} AS rows
WHERE ctid >= $4::tid AND ctid < $5::tid
  AND ${IN_RANGE}`
}

/**
 * How many blocks the table named $1 has, and whether all its rows lie in them: those of a view, a partitioned table or
 * one with descendants lie elsewhere.
 */
export const SIZE_OF = `
SELECT ${sizeOf('$1::regclass')} AS size`

function sizeOf(relation: string): string {
  return `(
    SELECT json_build_object(
      'blocks', pg_relation_size(oid) / current_setting('block_size')::integer,
      'plain', relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = pg_class.oid)
    )
    FROM pg_class
    WHERE oid = ${relation}
  )`
}

/**
 * What became of both tables since the look $1, from the places $2 and $3 on, the first $4 of each; $5, unless it is
 * null, is told on the channel $6. Whoever wrote or changed a row since then has a transaction id that was not given
 * away or not yet at its end at that time; nobody can take another one. A frozen row has no age.
 */
export const FIND_CHANGES = `
WITH look AS MATERIALIZED (
  SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS mark,
    age($1::xid8::xid) AS since,
    CASE WHEN $5::text IS NOT NULL THEN pg_notify($6::text, $5::text)::text END AS told
),
sizes AS MATERIALIZED (
  SELECT json_object_agg(relation.name, ${sizeOf('relation.name::regclass')}) AS sizes
  FROM (VALUES ('prices'), ('equivocations')) AS relation (name)
)
SELECT look.mark, look.told, sizes.sizes, rows.*
FROM look CROSS JOIN sizes LEFT JOIN (
  (${changesOf('prices', '$2')})
  UNION ALL
  (${changesOf('equivocations', '$3')})
) AS rows ON true`

function changesOf(table: RowTable, from: string): string {
  return `
  SELECT ${rowColumns(table)}
  FROM ${table} AS rows
  WHERE ctid >= ${from}::tid AND age(xmin) BETWEEN 0 AND (SELECT since FROM look)
  ORDER BY age(xmin), ctid DESC
  LIMIT $4::integer`
}

/** Row-level security would leave rows out without a word; so it is an error instead. */
export const SEE_ALL_ROWS = `SET row_security = off`

/** What other rows make false, the first $4 rows of each kind: see `RowClash`. */
export const FIND_CLASHES = `
WITH taken_slots AS (
  SELECT network, pair, round, first_signer
  FROM prices
  GROUP BY network, pair, round, first_signer
  HAVING count(*) > 1
),
taken_ids AS (
  SELECT id FROM equivocations GROUP BY id HAVING count(*) > 1
)
${[
  clashesOf('prices', 'slot-taken', 'JOIN taken_slots USING (network, pair, round, first_signer) WHERE true'),
  clashesOf('equivocations', 'id-taken', 'JOIN taken_ids USING (id) WHERE true'),
  clashesOf(
    'equivocations',
    'undisputed',
    `WHERE NOT EXISTS (
    SELECT FROM prices
    WHERE prices.network = rows.network
      AND prices.pair = rows.pair
      AND prices.round = rows.round
      AND prices.first_signer = rows.first_signer
  )`,
  ),
  clashesOf('equivocations', 'committed-too', 'WHERE EXISTS (SELECT FROM prices WHERE prices.id = rows.id)'),
].join('\nUNION ALL\n')}`

function clashesOf(table: RowTable, code: RowClash['code'], which: string): string {
  return `(
  SELECT '${code}' AS code, '${table}' AS table, rows.ctid::text AS place, ${text('rows.id')} AS id
  FROM ${table} AS rows
  ${which}
  AND ${IN_RANGE}
  ORDER BY network, pair, round, first_signer, rows.id, rows.ctid
  LIMIT $4::integer
)`
}

/** The rows whose id is $1. */
export const FIND_ROWS_BY_ID: Readonly<Record<RowTable, string>> = {
  prices: rowsById('prices'),
  equivocations: rowsById('equivocations'),
}

function rowsById(table: RowTable): string {
  return `
SELECT ${rowColumns(table)}
FROM ${table} AS rows
WHERE id = $1`
}
