-- The first ledger of a team. The image of docker-compose.yml runs it once, as the superuser, with psql, when its
-- volume is empty: roles and tables as `ipo-ledger init` makes them, and one login each to write and to read.

\getenv migrations IPO_LEDGER_MIGRATIONS
\getenv writer_password IPO_LEDGER_WRITER_PASSWORD
\getenv auditor_password IPO_LEDGER_AUDITOR_PASSWORD

BEGIN;
SELECT set_config('ipo_ledger.migrations', :'migrations', true) AS "migrations are read from";

DO $$
DECLARE
  folder text := current_setting('ipo_ledger.migrations');
  file text;
  said text;
BEGIN
  EXECUTE pg_read_file(folder || '/roles.sql');
  CREATE SCHEMA ipo_ledger AUTHORIZATION ipo_ledger_owner;
  SET LOCAL ROLE ipo_ledger_owner;
  CREATE TABLE ipo_ledger.schema_migrations (
    number bigint PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
  );
  RESET ROLE;
  FOR file IN SELECT name FROM pg_ls_dir(folder) AS name WHERE name ~ '^[0-9]{4}_[a-z0-9_]+\.sql$' ORDER BY name LOOP
    -- Line ends as in the repository, so that a checkout on Windows has the same checksums.
    said := replace(pg_read_file(folder || '/' || file), E'\r\n', E'\n');
    SET LOCAL ROLE ipo_ledger_owner;  -- only a superuser may read files, and only the owner is to own tables
    EXECUTE said;
    INSERT INTO ipo_ledger.schema_migrations (number, name, checksum)
    VALUES (left(file, 4)::bigint, file, encode(sha256(convert_to(said, 'UTF8')), 'hex'));
    RESET ROLE;
  END LOOP;
END
$$;

CREATE ROLE writer LOGIN PASSWORD :'writer_password' IN ROLE ipo_ledger_writer;
CREATE ROLE auditor LOGIN PASSWORD :'auditor_password' IN ROLE ipo_ledger_auditor;
COMMIT;
