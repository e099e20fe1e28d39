-- Up Migration

-- As of prices: a payload has less than 8000 bytes.
CREATE FUNCTION notify_equivocation_committed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_notify(
    'price_committed',
    json_build_object('network', network, 'ids', '[]'::json, 'equivocations', json_agg(id))::text
  )
  FROM (
    SELECT network, id, (row_number() OVER (ORDER BY id) - 1) / 100 AS part
    FROM inserted
  ) AS parts
  GROUP BY network, part;
  RETURN NULL;
END
$$;

COMMENT ON FUNCTION notify_equivocation_committed() IS
  'Tells whoever listens on the channel price_committed which rows of equivocations are committed now, so that their '
  'slots are disputed: {"network": name, "ids": [], "equivocations": [id, …]}, up to 100 ids of one network in a '
  'notification. No row of prices is new then.';

CREATE TRIGGER equivocations_committed
  AFTER INSERT ON equivocations
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION notify_equivocation_committed();

-- Down Migration

DROP TRIGGER equivocations_committed ON equivocations;
DROP FUNCTION notify_equivocation_committed();
