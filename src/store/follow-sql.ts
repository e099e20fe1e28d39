import { STORED_COLUMNS } from './price-sql.ts'

/** The statements of those who follow the table. $2 is a network, or null for all. */

export const PRICES_BY_ID = `
SELECT ${STORED_COLUMNS}
FROM prices
WHERE id = ANY ($1::text[]) AND ($2::text IS NULL OR network = $2)
ORDER BY observed_time, id`

/** The first $5 rows beyond the place ($3, $4) that were written at $1 or later, milliseconds on the clock of the database. */
export const PRICES_WRITTEN_SINCE = `
SELECT ${STORED_COLUMNS}, created_time::text AS created
FROM prices
WHERE created_time >= 'epoch'::timestamptz + $1::bigint * interval '1 millisecond'
  AND ($2::text IS NULL OR network = $2)
  AND ($3::timestamptz IS NULL OR (created_time, id) > ($3::timestamptz, $4::text))
ORDER BY created_time, id
LIMIT $5`

/** From the first statement in between on, all see what that saw, and no notification comes. */
export const BEGIN_SNAPSHOT = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
export const END_SNAPSHOT = `COMMIT`

/** The clock of the database, milliseconds since the Unix epoch. */
export const NOW = `
SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms`
