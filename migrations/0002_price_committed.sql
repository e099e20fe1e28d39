-- Up Migration

-- A payload has less than 8000 bytes: 100 ids of 66, and a name of 64 at most.
CREATE FUNCTION notify_price_committed() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_notify('price_committed', json_build_object('network', network, 'ids', json_agg(id))::text)
  FROM (
    SELECT network, id, (row_number() OVER (ORDER BY id) - 1) / 100 AS part
    FROM inserted
  ) AS parts
  GROUP BY network, part;
  RETURN NULL;
END
$$;

COMMENT ON FUNCTION notify_price_committed() IS
  'Tells whoever listens on the channel price_committed which rows of prices are committed now: '
  '{"network": name, "ids": [id, …]}, up to 100 ids of one network in a notification. Nodes that try whether they hear '
  'anything send the same without ids and with a "probe".';

CREATE TRIGGER prices_committed
  AFTER INSERT ON prices
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION notify_price_committed();

-- Down Migration

DROP TRIGGER prices_committed ON prices;
DROP FUNCTION notify_price_committed();
