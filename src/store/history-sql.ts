import { STORED_COLUMNS } from './price-sql.ts'

/**
 * The statements about committed history: of network $1, observed from $2 on and before $3, in milliseconds since the
 * Unix epoch. Days are counted in seconds since then, so the time zone of the session does not matter. The rounds $4 to
 * $5 hold all statements of those slots.
 */

const WITHIN = `
  observed_time >= 'epoch'::timestamptz + $2::bigint * interval '1 millisecond'
  AND observed_time < 'epoch'::timestamptz + $3::bigint * interval '1 millisecond'`

// A row's id alone, and what says that its slot is disputed, so that an index has all that is needed.
const LEAVES = `
  SELECT
    id,
    observed_time,
    id IN (
      SELECT holder.id
      FROM equivocations
      JOIN prices AS holder USING (network, pair, round, first_signer)
      WHERE equivocations.network = $1 AND equivocations.round BETWEEN $4::bigint AND $5::bigint
    ) AS disputed
  FROM prices
  WHERE network = $1 AND ${WITHIN}
  UNION ALL
  SELECT id, observed_time, true AS disputed
  FROM equivocations
  WHERE network = $1 AND ${WITHIN}
    -- Nobody writes an id to both; who puts backups together might.
    AND NOT EXISTS (SELECT FROM prices WHERE prices.id = equivocations.id)`

/** Each day's leaves in one hash. */
export const HASH_DAYS = `
SELECT
  floor(extract(epoch FROM observed_time) / 86400)::integer AS day,
  count(*)::integer AS leaves,
  '0x' || encode(sha256(string_agg(
    decode(substr(id, 3), 'hex') || CASE WHEN disputed THEN '\\x01'::bytea ELSE '\\x00'::bytea END,
    ''::bytea ORDER BY id COLLATE "C"
  )), 'hex') AS hash
FROM (${LEAVES}) AS leaves
GROUP BY day
ORDER BY day`

/**
 * Each day's leaves: before the day $6 in one hash, from then on each by itself, with the milliseconds of its day at
 * which it was observed in four bytes. `previous_ms` is when the last statement before them was observed.
 */
export const SEE_DAYS = `
SELECT
  (
    SELECT floor(extract(epoch FROM max(observed_time)) * 1000)::bigint
    FROM (
      ${(['prices', 'equivocations'] as const).map(newestBefore).join('\n      UNION ALL\n      ')}
    ) AS newest
  ) AS previous_ms,
  day,
  CASE WHEN day < $6::integer THEN sha256(bytes) ELSE bytes END AS bytes,
  floor(extract(epoch FROM newest) * 1000)::bigint AS newest_ms
FROM (
  SELECT
    day,
    max(observed_time) FILTER (WHERE NOT disputed) AS newest,
    string_agg(
      decode(substr(id, 3), 'hex') || CASE WHEN disputed THEN '\\x01'::bytea ELSE '\\x00'::bytea END ||
        CASE WHEN day < $6::integer THEN ''::bytea
          ELSE int4send((extract(epoch FROM observed_time) * 1000 - day * 86400000::bigint)::integer)
        END,
      ''::bytea ORDER BY id COLLATE "C"
    ) AS bytes
  FROM (
    SELECT *, floor(extract(epoch FROM observed_time) / 86400)::integer AS day
    FROM (${LEAVES}) AS leaves
  ) AS dated
  GROUP BY day
) AS days
RIGHT JOIN (VALUES (true)) AS look ON true
ORDER BY day`

function newestBefore(table: 'prices' | 'equivocations'): string {
  return `SELECT max(observed_time) AS observed_time FROM ${table}
      WHERE network = $1 AND observed_time < 'epoch'::timestamptz + $2::bigint * interval '1 millisecond'
        AND observed_time >= 'epoch'`
}

/** The first $7 leaves beyond $6. */
export const FIND_LEAVES = `
SELECT id, disputed
FROM (${LEAVES}) AS leaves
WHERE id COLLATE "C" > $6
ORDER BY id COLLATE "C"
LIMIT $7`

/** When the first statement was observed. */
export const FIND_FIRST = `
SELECT floor(extract(epoch FROM least(
  (SELECT min(observed_time) FROM prices WHERE network = $1 AND ${WITHIN}),
  (SELECT min(observed_time) FROM equivocations WHERE network = $1 AND ${WITHIN})
)) * 1000)::bigint AS observed_ms`

/** The rounds of statements by their ids, $2. */
export const FIND_ROUNDS = `
SELECT DISTINCT round
FROM (
  SELECT round FROM prices WHERE network = $1 AND id = ANY ($2::text[])
  UNION ALL
  SELECT round FROM equivocations WHERE network = $1 AND id = ANY ($2::text[])
) AS found`

/** Statements by their ids, $2, wherever they are. */
export const FIND_ATTESTATIONS = ['prices', 'equivocations']
  .map(
    (table) => `
SELECT ${STORED_COLUMNS}
FROM ${table}
WHERE network = $1 AND id = ANY ($2::text[])`,
  )
  .join('\nUNION ALL')
