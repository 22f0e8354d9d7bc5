-- The ledger: the events, append-only, and the read model that is projected in the same transaction.
-- Times are microseconds since 1970-01-01T00:00:00Z. Positions count 1, 2, 3, ... without gaps, in commit order.

-- Run as ipo_ledger_owner, a role nobody logs in as (roles.sql beside this file): it owns all that is made here.

CREATE FUNCTION ipo_ledger.clock_micros() RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog
AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

CREATE TABLE ipo_ledger.head (
  one integer PRIMARY KEY CHECK (one = 1),
  position bigint NOT NULL,
  recorded_at bigint NOT NULL
);
INSERT INTO ipo_ledger.head (one, position, recorded_at) VALUES (1, 0, 0);

-- Whoever moves the head is stamped with the server's clock, which never runs backwards here.
CREATE FUNCTION ipo_ledger.stamp_head() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.position < OLD.position THEN
    RAISE EXCEPTION 'the head of the ledger never moves back';
  END IF;
  NEW.recorded_at := greatest(OLD.recorded_at, ipo_ledger.clock_micros());
  RETURN NEW;
END
$$;
CREATE TRIGGER head_stamped BEFORE UPDATE ON ipo_ledger.head
FOR EACH ROW EXECUTE FUNCTION ipo_ledger.stamp_head();
ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped;

CREATE FUNCTION ipo_ledger.recording_time() RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$ SELECT recorded_at FROM ipo_ledger.head $$;

CREATE FUNCTION ipo_ledger.refuse_rewriting() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- One row an event, never changed. The stream is the system's name. The writer gives the first five columns and
-- cannot give the rest (column grants below): the server's clock and the database role come by default.
CREATE TABLE ipo_ledger.stored_events (
  position bigint PRIMARY KEY,
  originator_id text NOT NULL,
  originator_version bigint NOT NULL,
  topic text NOT NULL,
  state bytea NOT NULL,
  recorded_at bigint NOT NULL DEFAULT ipo_ledger.recording_time(),
  db_role text NOT NULL DEFAULT session_user,
  UNIQUE (originator_id, originator_version)
);
CREATE TRIGGER stored_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ipo_ledger.stored_events
FOR EACH STATEMENT EXECUTE FUNCTION ipo_ledger.refuse_rewriting();
ALTER TABLE ipo_ledger.stored_events ENABLE ALWAYS TRIGGER stored_events_append_only;

-- The first answer to each command id that somebody gave: what makes a repeated command one effect.
CREATE TABLE ipo_ledger.answers (
  command_id text PRIMARY KEY,
  fingerprint text NOT NULL,
  answer bytea NOT NULL
);
CREATE TRIGGER answers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ipo_ledger.answers
FOR EACH STATEMENT EXECUTE FUNCTION ipo_ledger.refuse_rewriting();
ALTER TABLE ipo_ledger.answers ENABLE ALWAYS TRIGGER answers_append_only;

-- What is true now: the state that decisions are made from. system_id is the position of SystemAdded.

CREATE TABLE ipo_ledger.systems (
  system_id bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  version bigint NOT NULL,
  release text NOT NULL,
  timezone text NOT NULL,
  base_extension_by text NOT NULL,
  logout_code text NOT NULL,
  baseline_at bigint,
  baseline_position bigint,
  baseline_name text,
  floor_at bigint,
  floor_position bigint,
  floor_name text,
  last_batch bigint NOT NULL,
  extensions bigint NOT NULL,
  users bigint NOT NULL
);

CREATE TABLE ipo_ledger.extensions (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  module text NOT NULL,
  port bigint NOT NULL,
  kind bigint,
  label text,
  base text,
  base_batch bigint,
  base_position bigint NOT NULL,
  user_name text,
  since bigint NOT NULL,
  last_at bigint NOT NULL,
  last_position bigint NOT NULL,
  last_name text NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (system_id, extension_id)
);

CREATE TABLE ipo_ledger.users (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  number text,
  full_name text,
  has_login_code boolean NOT NULL,
  forced_login boolean NOT NULL,
  extension_id bigint,
  since bigint NOT NULL,
  last_at bigint NOT NULL,
  last_position bigint NOT NULL,
  last_name text NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (system_id, user_name)
);
CREATE INDEX users_by_number ON ipo_ledger.users (system_id, number) WHERE number IS NOT NULL;

CREATE TABLE ipo_ledger.batches (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  status text NOT NULL,
  title text NOT NULL,
  observed boolean NOT NULL,
  opened_at bigint NOT NULL,
  opened_position bigint NOT NULL,
  actor text NOT NULL,
  reason text,
  ticket text,
  last_at bigint NOT NULL,
  last_position bigint NOT NULL,
  last_name text NOT NULL,
  part text NOT NULL,
  sent_at bigint,
  sent_position bigint,
  mode text,
  outcome text,
  conflicts text,
  sent_by text,
  in_force_at bigint,
  in_force_position bigint,
  settled_at bigint,
  PRIMARY KEY (system_id, batch)
);
CREATE INDEX batches_open ON ipo_ledger.batches (system_id) WHERE status IN ('draft', 'sent');
CREATE INDEX batches_in_force ON ipo_ledger.batches (system_id, in_force_position) WHERE in_force_position IS NOT NULL;

-- Net changes of a batch, one an extension, in order of first touch.
CREATE TABLE ipo_ledger.changes (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  extension_id bigint NOT NULL,
  place bigint NOT NULL,
  old_base text,
  new_base text,
  PRIMARY KEY (system_id, batch, extension_id)
);
CREATE INDEX changes_by_extension ON ipo_ledger.changes (system_id, extension_id, batch);

-- Which batches a batch takes back, newest in force first.
CREATE TABLE ipo_ledger.reversals (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  reverses bigint NOT NULL,
  place bigint NOT NULL,
  PRIMARY KEY (system_id, reverses, batch)
);
CREATE INDEX reversals_by_batch ON ipo_ledger.reversals (system_id, batch);

-- What was true when: one point a move, its end derived from the next. recorded_from is the position that made it
-- known; a correction closes recorded_to; nothing else ever changes a point.

CREATE TABLE ipo_ledger.seats (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  valid_from bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  user_name text,
  number text,
  cause text NOT NULL,
  batch bigint,
  gone boolean NOT NULL DEFAULT false,
  PRIMARY KEY (system_id, extension_id, valid_from, recorded_from)
);

CREATE TABLE ipo_ledger.places (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  valid_from bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  extension_id bigint,
  cause text NOT NULL,
  batch bigint,
  gone boolean NOT NULL DEFAULT false,
  PRIMARY KEY (system_id, user_name, valid_from, recorded_from)
);

CREATE TABLE ipo_ledger.bases (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  valid_from bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  base text,
  batch bigint,
  PRIMARY KEY (system_id, extension_id, valid_from, recorded_from)
);

CREATE TABLE ipo_ledger.numbers (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  valid_from bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  number text,
  PRIMARY KEY (system_id, user_name, valid_from, recorded_from)
);

-- How to find events by what they are about.
CREATE TABLE ipo_ledger.log_entries (
  position bigint PRIMARY KEY,
  system_id bigint NOT NULL,
  occurred_at bigint NOT NULL,
  actor text NOT NULL,
  batch bigint,
  extension_id bigint,
  user_name text
);
CREATE INDEX log_entries_by_system ON ipo_ledger.log_entries (system_id, position);
CREATE INDEX log_entries_by_extension ON ipo_ledger.log_entries (system_id, extension_id, position) WHERE extension_id IS NOT NULL;
CREATE INDEX log_entries_by_user ON ipo_ledger.log_entries (system_id, user_name, position) WHERE user_name IS NOT NULL;
CREATE INDEX log_entries_by_batch ON ipo_ledger.log_entries (system_id, batch, position) WHERE batch IS NOT NULL;

-- The writer appends, and keeps the read model; the auditor reads. Nobody else has any right here.
GRANT USAGE ON SCHEMA ipo_ledger TO ipo_ledger_writer, ipo_ledger_auditor;
REVOKE ALL ON ALL TABLES IN SCHEMA ipo_ledger FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA ipo_ledger TO ipo_ledger_writer, ipo_ledger_auditor;
GRANT UPDATE (position) ON ipo_ledger.head TO ipo_ledger_writer;
GRANT INSERT (position, originator_id, originator_version, topic, state)
  ON ipo_ledger.stored_events TO ipo_ledger_writer;
GRANT INSERT ON ipo_ledger.answers TO ipo_ledger_writer;
GRANT INSERT, UPDATE, DELETE ON
  ipo_ledger.systems, ipo_ledger.extensions, ipo_ledger.users, ipo_ledger.batches, ipo_ledger.changes,
  ipo_ledger.reversals, ipo_ledger.seats, ipo_ledger.places, ipo_ledger.bases, ipo_ledger.numbers,
  ipo_ledger.log_entries
  TO ipo_ledger_writer;
