/**
 * The statements about prices. Rows travel as parallel arrays, parameters $2 to $10, beside their network, $1. A time
 * travels as whole milliseconds since the Unix epoch and is added to it as an interval: exact, where a fraction of
 * seconds would not be.
 */

const ROWS = `
  unnest($2::text[], $3::numeric[], $4::text[], $5::jsonb[], $6::bigint[], $7::text[], $8::bigint[], $9::text[],
    $10::bigint[]) WITH ORDINALITY
    AS given (id, price, first_signer, sign_data, lastsigned_ms, pair, round, source, observed_ms, position)`

const COLUMNS = `
  id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source, observed_time, signer_count`

const VALUES = `
  id,
  price,
  first_signer,
  sign_data,
  'epoch'::timestamptz + lastsigned_ms * interval '1 millisecond',
  $1,
  pair,
  round,
  source,
  'epoch'::timestamptz + observed_ms * interval '1 millisecond',
  jsonb_array_length(sign_data)`

/**
 * Inserts what is new, provided that the network's interval is still $11 milliseconds. The lock on that fact makes a
 * change of the interval wait for these rows, and these rows for the change.
 */
export const INSERT_PRICES = `
WITH claim AS MATERIALIZED (
  SELECT FROM networks
  WHERE network = $1 AND interval_seconds = $11::bigint / 1000.0
  FOR SHARE
),
inserted AS (
  INSERT INTO prices (${COLUMNS})
  SELECT ${VALUES}
  FROM claim CROSS JOIN ${ROWS}
  ORDER BY position
  ON CONFLICT DO NOTHING
  RETURNING id
)
SELECT EXISTS (SELECT FROM claim) AS claimed, ARRAY(SELECT id FROM inserted) AS inserted`

/**
 * Which id holds the slot of each given id. A statement of its own: the snapshot of the insert cannot see a row that
 * somebody else committed meanwhile, though it waited for it.
 */
export const FIND_HOLDERS = `
SELECT given.id, prices.id AS holder
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS given (id, pair, round, first_signer)
JOIN prices ON prices.network = $1
  AND prices.pair = given.pair
  AND prices.round = given.round
  AND prices.first_signer = given.first_signer`

export const FIND_PRESENT = `
SELECT id FROM prices WHERE id = ANY ($1::text[])`

export const INSERT_EQUIVOCATIONS = `
INSERT INTO equivocations (${COLUMNS})
SELECT ${VALUES}
FROM ${ROWS}
ORDER BY position
ON CONFLICT DO NOTHING`

/** Registers a network and its interval; a trigger refuses to change that of a network that has prices. */
export const CLAIM_INTERVAL = `
INSERT INTO networks (network, interval_seconds)
VALUES ($1, $2::bigint / 1000.0)
ON CONFLICT (network) DO UPDATE SET interval_seconds = EXCLUDED.interval_seconds
WHERE networks.interval_seconds <> EXCLUDED.interval_seconds`

/** SQLSTATE of that trigger. */
export const INTERVAL_FIXED = 'GP001'

export const FIND_INTERVAL = `
SELECT interval_seconds * 1000 AS interval_ms FROM networks WHERE network = $1`

/** The columns of `PriceRecord`. */
export const STORED_COLUMNS = `
  id,
  price::text,
  first_signer,
  sign_data,
  floor(extract(epoch FROM lastsigned_time) * 1000) AS lastsigned_ms,
  floor(extract(epoch FROM created_time) * 1000) AS created_ms,
  network,
  pair,
  round,
  source,
  floor(extract(epoch FROM observed_time) * 1000) AS observed_ms`

export const NEWEST_PRICES = `
SELECT ${STORED_COLUMNS}
FROM prices
WHERE ($2::text IS NULL OR network = $2)
  AND ($3::bigint IS NULL OR observed_time >= 'epoch'::timestamptz + $3 * interval '1 millisecond')
  AND ($4::bigint IS NULL OR observed_time < 'epoch'::timestamptz + $4 * interval '1 millisecond')
ORDER BY observed_time DESC, id
LIMIT $1`

/** Where a trigger tells which rows are committed; what it says is described there. */
export const COMMITTED_CHANNEL = 'price_committed'

export const LISTEN = `LISTEN ${COMMITTED_CHANNEL}`

/** Says $1 to all who listen, this session included. */
export const NOTIFY_ALL = `SELECT pg_notify('${COMMITTED_CHANNEL}', $1)`
