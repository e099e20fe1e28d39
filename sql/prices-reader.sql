-- A role that may read all there is about prices, and nothing else. Not a migration: it takes the right to make roles.
-- Run it as an administrator, in the database of the prices; running it again does no harm:
--
--   psql "$GP_DATABASEURL" -f sql/prices-reader.sql
--
-- Then give it a password, in psql so that no log has it: \password prices_reader

DO $$
BEGIN
  CREATE ROLE prices_reader LOGIN;
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

GRANT USAGE ON SCHEMA public TO prices_reader;
GRANT SELECT ON prices, equivocations, networks, undisputed_prices, latest_price, price_rounds TO prices_reader;

-- It is not a right but a guard: a session may lift it, and still has no right to write.
ALTER ROLE prices_reader SET default_transaction_read_only = on;
-- What somebody asks by mistake must not keep the database of the nodes busy for ever.
ALTER ROLE prices_reader SET statement_timeout = '10min';
ALTER ROLE prices_reader SET idle_in_transaction_session_timeout = '5min';
