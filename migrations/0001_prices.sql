-- Up Migration

CREATE TABLE networks (
  network          text CONSTRAINT networks_pkey PRIMARY KEY,
  interval_seconds numeric(12, 3) NOT NULL,

  CONSTRAINT networks_network_format CHECK (network ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  CONSTRAINT networks_interval_positive CHECK (interval_seconds > 0)
);

COMMENT ON TABLE networks IS 'The networks whose prices this database holds.';
COMMENT ON COLUMN networks.interval_seconds IS
  'Length of a round: a statement observed at second t belongs to round floor(t / interval_seconds). '
  'Fixed from the network''s first price on.';

-- A CHECK cannot look into the elements of an array by itself.
CREATE FUNCTION is_sign_data(sign_data jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(sign_data)
  WHEN 'array' THEN (
    SELECT coalesce(bool_and(coalesce(
      element = jsonb_build_object('signer', signer, 'signature', signature)
      AND signer ~ '^0x[0-9a-f]{40}$'
      AND signature ~ '^0x[0-9a-f]{128}1[bc]$'
      AND (position = 1 OR previous_signer < signer),
      false)), false)
    FROM (
      SELECT
        element,
        position,
        element ->> 'signer' AS signer,
        element ->> 'signature' AS signature,
        lag(element ->> 'signer') OVER (ORDER BY position) COLLATE "C" AS previous_signer
      FROM jsonb_array_elements(sign_data) WITH ORDINALITY AS elements (element, position)
    ) AS entries
  )
  ELSE false
END;

COMMENT ON FUNCTION is_sign_data(jsonb) IS
  'Whether this is an array of at least one {signer, signature}, in ascending order of signer, each signer once; '
  'a signer is a lower-case address, a signature 65 bytes r, s, v in lower-case hexadecimal with v 27 or 28.';

CREATE TABLE prices (
  id              text CONSTRAINT prices_pkey PRIMARY KEY,
  price           numeric(38, 18) NOT NULL,
  first_signer    text NOT NULL,
  sign_data       jsonb NOT NULL,
  lastsigned_time timestamptz NOT NULL,
  created_time    timestamptz NOT NULL DEFAULT now(),
  network         text NOT NULL CONSTRAINT prices_network_known REFERENCES networks,
  pair            text NOT NULL,
  round           bigint NOT NULL,
  source          text NOT NULL,
  observed_time   timestamptz NOT NULL,
  signer_count    integer NOT NULL,

  CONSTRAINT prices_slot UNIQUE (network, pair, round, first_signer),

  CONSTRAINT id_format CHECK (id ~ '^0x[0-9a-f]{64}$'),
  CONSTRAINT price_range CHECK (price > 0 AND price < 1e18),
  CONSTRAINT first_signer_format CHECK (first_signer ~ '^0x[0-9a-f]{40}$'),
  CONSTRAINT sign_data_format CHECK (is_sign_data(sign_data)),
  CONSTRAINT first_signer_signed CHECK (
    jsonb_path_exists(sign_data, 'strict $[*].signer ? (@ == $first)', jsonb_build_object('first', first_signer), true)
  ),
  CONSTRAINT signer_count_exact CHECK (
    signer_count = CASE jsonb_typeof(sign_data) WHEN 'array' THEN jsonb_array_length(sign_data) END
  ),
  CONSTRAINT network_format CHECK (network ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  CONSTRAINT pair_format CHECK (pair ~ '^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$'),
  CONSTRAINT round_range CHECK (round >= 0),
  CONSTRAINT source_format CHECK (source ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  -- What was signed is a whole number of milliseconds; anything finer could not be signed and so not be proved.
  CONSTRAINT observed_time_exact CHECK (
    isfinite(observed_time) AND observed_time = date_trunc('milliseconds', observed_time)
  ),
  CONSTRAINT lastsigned_time_finite CHECK (isfinite(lastsigned_time))
);

CREATE INDEX prices_newest ON prices (observed_time DESC, id);
CREATE INDEX prices_newest_of_feed ON prices (network, pair, source, observed_time DESC, id);

COMMENT ON TABLE prices IS
  'Committed price statements: each row holds the whole statement and a quorum of signatures over it. Append-only.';
COMMENT ON COLUMN prices.id IS 'EIP-712 digest of the statement.';
COMMENT ON COLUMN prices.price IS 'Quote units for one base unit, exact. Signed as an integer with 18 decimals.';
COMMENT ON COLUMN prices.first_signer IS 'Address of the proposer, who made the statement and signed it first. Signed.';
COMMENT ON COLUMN prices.sign_data IS
  'Array of {signer, signature} in ascending order of signer; a signature is r, s, v over the id.';
COMMENT ON COLUMN prices.lastsigned_time IS
  'When the last signature was added, on the clock of the node that wrote the row. Informs; only what is signed proves.';
COMMENT ON COLUMN prices.created_time IS 'When the row was written, on the clock of the database. Informs only.';
COMMENT ON COLUMN prices.network IS 'Name of the network; keccak256 of it is the salt of the EIP-712 domain.';
COMMENT ON COLUMN prices.pair IS 'BASE-QUOTE, as ETH-USD. Signed.';
COMMENT ON COLUMN prices.round IS 'floor(observed_time / interval of the network). Signed.';
COMMENT ON COLUMN prices.source IS 'Where the price comes from, as coinbase. Signed.';
COMMENT ON COLUMN prices.observed_time IS 'When the proposer saw the price, exact to the millisecond. Signed.';
COMMENT ON COLUMN prices.signer_count IS 'Number of signatures in sign_data.';

CREATE TABLE equivocations (
  LIKE prices INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
  CONSTRAINT equivocations_pkey PRIMARY KEY (id),
  CONSTRAINT equivocations_network_known FOREIGN KEY (network) REFERENCES networks
);

CREATE INDEX equivocations_slot ON equivocations (network, pair, round, first_signer);

COMMENT ON TABLE equivocations IS
  'Proof of double signing: statements that reached a quorum although prices already held another statement of their '
  'slot (network, pair, round, first_signer). Such a slot is disputed, and the views leave it out. Append-only.';

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE TRIGGER prices_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON prices
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER equivocations_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON equivocations
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_new_interval() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF EXISTS (SELECT FROM prices WHERE network = OLD.network) THEN
    RAISE EXCEPTION 'network % has prices at an interval of % seconds: its rounds cannot change',
      OLD.network, trim_scale(OLD.interval_seconds)
      USING ERRCODE = 'GP001';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER networks_interval_fixed
  BEFORE UPDATE ON networks
  FOR EACH ROW WHEN (OLD.interval_seconds <> NEW.interval_seconds)
  EXECUTE FUNCTION refuse_new_interval();

CREATE VIEW undisputed_prices AS
SELECT *
FROM prices
WHERE NOT EXISTS (
  SELECT
  FROM equivocations
  WHERE equivocations.network = prices.network
    AND equivocations.pair = prices.pair
    AND equivocations.round = prices.round
    AND equivocations.first_signer = prices.first_signer
);

COMMENT ON VIEW undisputed_prices IS 'The rows of prices whose slot is not disputed.';

-- Hops from feed to feed along prices_newest_of_feed: a few index look-ups, however many rows each feed has.
CREATE VIEW latest_price AS
WITH RECURSIVE feeds AS (
  (
    SELECT network, pair, source
    FROM prices
    ORDER BY network, pair, source
    LIMIT 1
  )
  UNION ALL
  SELECT next_feed.network, next_feed.pair, next_feed.source
  FROM feeds
  CROSS JOIN LATERAL (
    SELECT network, pair, source
    FROM prices
    WHERE (prices.network, prices.pair, prices.source) > (feeds.network, feeds.pair, feeds.source)
    ORDER BY network, pair, source
    LIMIT 1
  ) AS next_feed
)
SELECT
  newest.network,
  newest.pair,
  newest.source,
  newest.price,
  newest.observed_time,
  newest.round,
  newest.id,
  newest.first_signer,
  newest.signer_count,
  newest.lastsigned_time,
  newest.created_time
FROM feeds
CROSS JOIN LATERAL (
  SELECT *
  FROM undisputed_prices
  WHERE undisputed_prices.network = feeds.network
    AND undisputed_prices.pair = feeds.pair
    AND undisputed_prices.source = feeds.source
  ORDER BY observed_time DESC, id
  LIMIT 1
) AS newest;

COMMENT ON VIEW latest_price IS
  'For every network, pair and source the undisputed row that was observed last.';

CREATE VIEW price_rounds AS
SELECT
  network,
  pair,
  source,
  round,
  -- Times 0.5 rather than by 2: numeric multiplication is exact, division rounds.
  trim_scale(
    (percentile_disc(0.5) WITHIN GROUP (ORDER BY price) + percentile_disc(0.5) WITHIN GROUP (ORDER BY price DESC)) * 0.5
  ) AS median,
  count(*) AS rows,
  min(price) AS lowest,
  max(price) AS highest,
  extract(epoch FROM now()) >= round * interval_seconds + 2 * interval_seconds AS final
FROM undisputed_prices
JOIN networks USING (network)
GROUP BY network, pair, source, round, interval_seconds;

COMMENT ON VIEW price_rounds IS 'What the undisputed rows of a round say together.';
COMMENT ON COLUMN price_rounds.median IS 'Exact: the middle price, or the mean of the two middle prices.';
COMMENT ON COLUMN price_rounds.rows IS 'Number of undisputed rows, one for every proposer.';
COMMENT ON COLUMN price_rounds.final IS
  'Whether the collect window has ended: no further statement of this round can reach a quorum. One that reached it '
  'in time may still arrive from a node whose database was away.';

-- A role that may write but not migrate must be able to see whether the schema is the one it knows.
GRANT SELECT ON pgmigrations TO PUBLIC;

-- Down Migration

DROP VIEW price_rounds;
DROP VIEW latest_price;
DROP VIEW undisputed_prices;
DROP TABLE equivocations;
DROP TABLE prices;
DROP TABLE networks;
DROP FUNCTION refuse_new_interval();
DROP FUNCTION refuse_change();
DROP FUNCTION is_sign_data(jsonb);
