import { STORED_COLUMNS } from './price-sql.ts'

/**
 * The statements of those who read prices, about the network $1. An optional parameter that is null stands for no
 * condition; they are not prepared by name, so that each is planned for what it asks.
 */

const isDisputed = (row: string): string => `
  EXISTS (
    SELECT
    FROM equivocations
    WHERE equivocations.network = ${row}.network
      AND equivocations.pair = ${row}.pair
      AND equivocations.round = ${row}.round
      AND equivocations.first_signer = ${row}.first_signer
  )`

const time = (parameter: string): string => `'epoch'::timestamptz + ${parameter}::bigint * interval '1 millisecond'`

/**
 * Who owns the table can take its constraints away. A row whose place in a list no cursor could name has none: it would
 * end the list before the true rows after it. Of a CASE Postgres takes nothing for granted; of the equality it would
 * that hardly a row fulfils it, and sort all of them rather than follow the index.
 */
const HAS_PLACE = `
  CASE
    WHEN observed_time BETWEEN 'epoch' AND '275760-09-13T00:00:00Z'
    THEN observed_time = date_trunc('milliseconds', observed_time) AND id ~ '^0x[0-9a-f]{64}$'
  END`
const IS_PAIR = `pair ~ '^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$'`

/** What is no price is in no median: NaN is the largest of all numbers to Postgres. */
const IS_PRICE = `CASE WHEN price > 0 AND price < 1e18 THEN jsonb_typeof(sign_data) = 'array' END`

/**
 * A row of a round that has not begun is false, and would hide every true one until it has. An hour is more than clocks
 * of a database and its nodes differ.
 */
const HAS_BEGUN = `(
  SELECT floor((extract(epoch FROM now()) + 3600) / interval_seconds)::bigint
  FROM networks
  WHERE networks.network = $1
)`

/**
 * Every pair and source of the network, or of the pair $2: hops along prices_newest_of_feed, a few index look-ups
 * however many rows there are.
 */
const FEEDS = `
feeds AS (
  (
    SELECT pair, source
    FROM prices
    WHERE network = $1 AND ($2::text IS NULL OR pair = $2)
    ORDER BY pair, source
    LIMIT 1
  )
  UNION ALL
  SELECT next_feed.pair, next_feed.source
  FROM feeds
  CROSS JOIN LATERAL (
    SELECT pair, source
    FROM prices
    -- Of a row comparison beside an equality Postgres would use the equality alone, and read the whole pair.
    WHERE network = $1
      AND (
        ($2::text IS NULL AND (prices.pair, prices.source) > (feeds.pair, feeds.source))
        OR ($2::text IS NOT NULL AND pair = $2 AND prices.source > feeds.source)
      )
    ORDER BY pair, source
    LIMIT 1
  ) AS next_feed
)`

/**
 * $2 pair, $3 from, $4 to, $5 proposer, $6 and $7 the time and id after which the page begins, $8 limit; times in
 * milliseconds. Each feed gives its newest rows in the order of the index, and the newest of those are the page.
 */
export const READ_PRICES = `
WITH RECURSIVE ${FEEDS}
SELECT ${STORED_COLUMNS}, ${isDisputed('page')} AS disputed
FROM (
  SELECT newest.*
  FROM feeds
  CROSS JOIN LATERAL (
    SELECT *
    FROM prices
    WHERE prices.network = $1
      AND prices.pair = feeds.pair
      AND prices.source = feeds.source
      AND ${HAS_PLACE}
      AND ($3::bigint IS NULL OR observed_time >= ${time('$3')})
      AND ($4::bigint IS NULL OR observed_time < ${time('$4')})
      AND ($5::text IS NULL OR first_signer = $5)
      AND ($6::bigint IS NULL OR (
        observed_time <= ${time('$6')} AND (observed_time < ${time('$6')} OR id > $7::text)
      ))
    ORDER BY observed_time DESC, id
    LIMIT $8
  ) AS newest
  ORDER BY observed_time DESC, id
  LIMIT $8
) AS page
ORDER BY observed_time DESC, id`

export const READ_PRICE = `
SELECT ${STORED_COLUMNS}, ${isDisputed('prices')} AS disputed
FROM prices
WHERE id = $2 AND network = $1`

/** $2 ids. */
export const READ_PRICES_OF = `
SELECT ${STORED_COLUMNS}, ${isDisputed('prices')} AS disputed
FROM prices
WHERE id = ANY ($2::text[]) AND network = $1
ORDER BY observed_time, id`

/** As in the view price_rounds: times 0.5, because numeric division rounds. */
const MEDIAN = `
  trim_scale(
    (percentile_disc(0.5) WITHIN GROUP (ORDER BY price) + percentile_disc(0.5) WITHIN GROUP (ORDER BY price DESC)) * 0.5
  )::text`

/**
 * $2 pair, $3 and $4 the round and pair after which the page begins, $5 limit. A round whose rows are all disputed, or no
 * prices, has no median: it takes a place of the page, so that paging goes on after it.
 */
export const READ_ROUNDS = `
WITH RECURSIVE ${FEEDS},
page AS (
  SELECT pairs.pair, newest.round
  FROM (SELECT DISTINCT pair FROM feeds WHERE ${IS_PAIR}) AS pairs
  CROSS JOIN LATERAL (
    SELECT DISTINCT prices.round
    FROM prices
    WHERE prices.network = $1
      AND prices.pair = pairs.pair
      AND prices.round BETWEEN 0 AND ${HAS_BEGUN}
      AND ($3::bigint IS NULL OR (prices.round <= $3 AND (prices.round < $3 OR pairs.pair > $4::text)))
    ORDER BY prices.round DESC
    LIMIT $5
  ) AS newest
  ORDER BY newest.round DESC, pairs.pair
  LIMIT $5
)
SELECT page.pair, page.round, summary.median, summary.proposers, summary.prices
FROM page
CROSS JOIN LATERAL (
  SELECT
    ${MEDIAN} AS median,
    array_agg(first_signer ORDER BY first_signer, source) AS proposers,
    array_agg(trim_scale(price)::text ORDER BY first_signer, source) AS prices
  FROM undisputed_prices
  WHERE undisputed_prices.network = $1
    AND undisputed_prices.pair = page.pair
    AND undisputed_prices.round = page.round
    AND ${IS_PRICE}
) AS summary
ORDER BY page.round DESC, page.pair`

/** $2 pair. The rows of the newest round of each pair that has an undisputed price, with the round's median. */
export const READ_LATEST = `
WITH RECURSIVE ${FEEDS},
newest AS (
  SELECT pairs.pair, row.round
  FROM (SELECT DISTINCT pair FROM feeds) AS pairs
  CROSS JOIN LATERAL (
    SELECT undisputed_prices.round
    FROM undisputed_prices
    WHERE undisputed_prices.network = $1
      AND undisputed_prices.pair = pairs.pair
      AND undisputed_prices.round <= ${HAS_BEGUN}
      AND ${IS_PRICE}
    ORDER BY undisputed_prices.round DESC
    LIMIT 1
  ) AS row
),
medians AS (
  SELECT newest.pair, newest.round, summary.median
  FROM newest
  CROSS JOIN LATERAL (
    SELECT ${MEDIAN} AS median
    FROM undisputed_prices
    WHERE undisputed_prices.network = $1
      AND undisputed_prices.pair = newest.pair
      AND undisputed_prices.round = newest.round
      AND ${IS_PRICE}
  ) AS summary
)
SELECT ${STORED_COLUMNS}, false AS disputed, median
FROM medians
JOIN undisputed_prices USING (pair, round)
WHERE undisputed_prices.network = $1
ORDER BY pair, observed_time DESC, id`
