import type { RowTable } from '../core/raw-row.ts'

/**
 * The statements that look at rows without believing the table: every column as text, whatever its type, found by where
 * the row lies and not by an index. $1 to $3 are the range: first moment, end (milliseconds or null), network or null.
 */

const rowColumns = (table: RowTable): string => `
  '${table}' AS table,
  ctid::text AS place,
  id::text AS id,
  price::text AS price,
  first_signer::text AS "firstSigner",
  sign_data::text AS "signData",
  network::text AS network,
  pair::text AS pair,
  round::text AS round,
  source::text AS source,
  trim_scale(extract(epoch FROM observed_time) * 1000)::text AS "observedMs",
  signer_count::text AS "signerCount",
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
export const COUNT_BLOCKS = `
SELECT
  pg_relation_size(oid) / current_setting('block_size')::integer AS blocks,
  relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = pg_class.oid) AS plain
FROM pg_class
WHERE oid = $1::regclass`

/** Row-level security would leave rows out without a word; so it is an error instead. */
export const SEE_ALL_ROWS = `SET row_security = off`

/** Rows of the range that share their slot with another one, the first $4. */
export const FIND_TAKEN_SLOTS = `
WITH taken AS (
  SELECT network, pair, round, first_signer
  FROM prices
  GROUP BY network, pair, round, first_signer
  HAVING count(*) > 1
)
SELECT 'prices' AS table, rows.ctid::text AS place, rows.id::text AS id
FROM prices AS rows
JOIN taken USING (network, pair, round, first_signer)
WHERE ${IN_RANGE}
ORDER BY network, pair, round, first_signer, rows.id, rows.ctid
LIMIT $4`

export const FIND_TAKEN_IDS = `
WITH taken AS (
  SELECT id FROM equivocations GROUP BY id HAVING count(*) > 1
)
SELECT 'equivocations' AS table, rows.ctid::text AS place, rows.id::text AS id
FROM equivocations AS rows
JOIN taken USING (id)
WHERE ${IN_RANGE}
ORDER BY rows.id, rows.ctid
LIMIT $4`

/** Statements that dispute a slot which nobody holds. */
export const FIND_UNDISPUTED = `
SELECT 'equivocations' AS table, rows.ctid::text AS place, rows.id::text AS id
FROM equivocations AS rows
WHERE NOT EXISTS (
    SELECT FROM prices
    WHERE prices.network = rows.network
      AND prices.pair = rows.pair
      AND prices.round = rows.round
      AND prices.first_signer = rows.first_signer
  )
  AND ${IN_RANGE}
ORDER BY rows.id, rows.ctid
LIMIT $4`

export const FIND_COMMITTED_TOO = `
SELECT 'equivocations' AS table, rows.ctid::text AS place, rows.id::text AS id
FROM equivocations AS rows
WHERE EXISTS (SELECT FROM prices WHERE prices.id = rows.id)
  AND ${IN_RANGE}
ORDER BY rows.id, rows.ctid
LIMIT $4`

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
