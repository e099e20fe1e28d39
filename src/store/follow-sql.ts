import { STORED_COLUMNS } from './price-sql.ts'

/** The statements of those who follow the table. $2 is a network, or null for all. */

export const PRICES_BY_ID = `
SELECT ${STORED_COLUMNS}
FROM prices
WHERE id = ANY ($1::text[]) AND ($2::text IS NULL OR network = $2)
ORDER BY observed_time, id`

/** The first $5 rows beyond the place ($3, $4) that were written after $1, both on the clock of the database. */
export const PRICES_WRITTEN_SINCE = `
SELECT ${STORED_COLUMNS}, created_time::text AS created
FROM prices
WHERE created_time >= $1::timestamptz
  AND ($2::text IS NULL OR network = $2)
  AND ($3::timestamptz IS NULL OR (created_time, id) > ($3::timestamptz, $4::text))
ORDER BY created_time, id
LIMIT $5`

/** A little before now, $1 seconds: a transaction writes when it begins, and is seen when it ends. */
export const A_WHILE_AGO = `
SELECT (now() - $1::integer * interval '1 second')::text AS since`
