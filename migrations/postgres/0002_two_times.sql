-- Two times: the read model can say what is known now and what was known at any earlier position, and takes
-- corrections. It is made anew from the events when this is applied (`-- rebuild`).
-- rebuild

-- Run as ipo_ledger_owner, a role nobody logs in as (roles.sql beside this file).

DROP TABLE ipo_ledger.log_entries;
DROP TABLE ipo_ledger.numbers;
DROP TABLE ipo_ledger.bases;
DROP TABLE ipo_ledger.places;
DROP TABLE ipo_ledger.seats;
DROP TABLE ipo_ledger.reversals;
DROP TABLE ipo_ledger.changes;
DROP TABLE ipo_ledger.batches;
DROP TABLE ipo_ledger.users;
DROP TABLE ipo_ledger.extensions;
DROP TABLE ipo_ledger.systems;

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

-- `corrected`: the last correction that took something off this extension, or this user (0: none did).
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
  seat_position bigint NOT NULL,
  last_at bigint NOT NULL,
  last_position bigint NOT NULL,
  last_name text NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  corrected bigint NOT NULL DEFAULT 0,
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
  place_position bigint NOT NULL,
  number_position bigint NOT NULL,
  last_at bigint NOT NULL,
  last_position bigint NOT NULL,
  last_name text NOT NULL,
  removed boolean NOT NULL DEFAULT false,
  corrected bigint NOT NULL DEFAULT 0,
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
  settled_position bigint,
  PRIMARY KEY (system_id, batch)
);
CREATE INDEX batches_open ON ipo_ledger.batches (system_id) WHERE status IN ('draft', 'sent');
CREATE INDEX batches_in_force ON ipo_ledger.batches (system_id, in_force_position) WHERE in_force_position IS NOT NULL;
CREATE INDEX batches_by_time ON ipo_ledger.batches (system_id, in_force_at) WHERE in_force_at IS NOT NULL;

-- Net changes of a batch, one an extension, in order of first touch; a draft that is changed says its own anew.
CREATE TABLE ipo_ledger.changes (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  extension_id bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  place bigint NOT NULL,
  old_base text,
  new_base text,
  PRIMARY KEY (system_id, batch, extension_id, recorded_from)
);
CREATE INDEX changes_by_extension ON ipo_ledger.changes (system_id, extension_id, batch);

-- Which batches a batch takes back, newest in force first.
CREATE TABLE ipo_ledger.reversals (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  reverses bigint NOT NULL,
  place bigint NOT NULL,
  recorded_from bigint NOT NULL,
  PRIMARY KEY (system_id, reverses, batch)
);
CREATE INDEX reversals_by_batch ON ipo_ledger.reversals (system_id, batch);

-- What was true when: one point a move, its end derived from the next. recorded_from is the position that made it
-- known. The points of one extension, or user, lie on each other in order of time and of recording alike; `below` is
-- the one a point lies on. A correction takes points off the top and closes recorded_to; nothing else changes them.

CREATE TABLE ipo_ledger.seats (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  valid_from bigint NOT NULL,
  user_name text,
  number text,
  cause text NOT NULL,
  batch bigint,
  gone boolean NOT NULL DEFAULT false,
  below bigint,
  PRIMARY KEY (system_id, extension_id, recorded_from)
);
CREATE INDEX seats_standing ON ipo_ledger.seats (system_id, extension_id, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE ipo_ledger.places (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  valid_from bigint NOT NULL,
  extension_id bigint,
  cause text NOT NULL,
  batch bigint,
  gone boolean NOT NULL DEFAULT false,
  below bigint,
  PRIMARY KEY (system_id, user_name, recorded_from)
);
CREATE INDEX places_standing ON ipo_ledger.places (system_id, user_name, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE ipo_ledger.bases (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  valid_from bigint NOT NULL,
  base text,
  batch bigint,
  below bigint,
  PRIMARY KEY (system_id, extension_id, recorded_from)
);
CREATE INDEX bases_standing ON ipo_ledger.bases (system_id, extension_id, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE ipo_ledger.numbers (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  valid_from bigint NOT NULL,
  number text,
  below bigint,
  PRIMARY KEY (system_id, user_name, recorded_from)
);
CREATE INDEX numbers_standing ON ipo_ledger.numbers (system_id, user_name, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;
CREATE INDEX numbers_by_number ON ipo_ledger.numbers (system_id, number) WHERE number IS NOT NULL;
CREATE INDEX numbers_changed ON ipo_ledger.numbers (system_id, user_name) WHERE below IS NOT NULL;

CREATE TABLE ipo_ledger.restarts (
  system_id bigint NOT NULL,
  recorded_from bigint NOT NULL,
  recorded_to bigint NOT NULL DEFAULT 9223372036854775807,
  valid_from bigint NOT NULL,
  PRIMARY KEY (system_id, recorded_from)
);

-- What was so until a position: settings, what a desk or a user is called, how far a batch was.

CREATE TABLE ipo_ledger.former_settings (
  system_id bigint NOT NULL,
  recorded_to bigint NOT NULL,
  release text NOT NULL,
  timezone text NOT NULL,
  base_extension_by text NOT NULL,
  logout_code text NOT NULL,
  PRIMARY KEY (system_id, recorded_to)
);

CREATE TABLE ipo_ledger.former_extensions (
  system_id bigint NOT NULL,
  extension_id bigint NOT NULL,
  recorded_to bigint NOT NULL,
  module text NOT NULL,
  port bigint NOT NULL,
  kind bigint,
  label text,
  PRIMARY KEY (system_id, extension_id, recorded_to)
);

CREATE TABLE ipo_ledger.former_users (
  system_id bigint NOT NULL,
  user_name text COLLATE "C" NOT NULL,
  recorded_to bigint NOT NULL,
  full_name text,
  has_login_code boolean NOT NULL,
  forced_login boolean NOT NULL,
  PRIMARY KEY (system_id, user_name, recorded_to)
);

CREATE TABLE ipo_ledger.former_batches (
  system_id bigint NOT NULL,
  batch bigint NOT NULL,
  recorded_to bigint NOT NULL,
  status text NOT NULL,
  sent_at bigint,
  sent_position bigint,
  mode text,
  outcome text,
  conflicts text,
  sent_by text,
  in_force_at bigint,
  in_force_position bigint,
  settled_at bigint,
  settled_position bigint,
  PRIMARY KEY (system_id, batch, recorded_to)
);

-- Facts that a correction took away.
CREATE TABLE ipo_ledger.corrections (
  position bigint PRIMARY KEY,
  corrected_by bigint NOT NULL
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

-- The writer keeps the read model; the auditor reads.
GRANT SELECT ON ALL TABLES IN SCHEMA ipo_ledger TO ipo_ledger_writer, ipo_ledger_auditor;
GRANT INSERT, UPDATE, DELETE ON
  ipo_ledger.systems, ipo_ledger.extensions, ipo_ledger.users, ipo_ledger.batches, ipo_ledger.changes,
  ipo_ledger.reversals, ipo_ledger.seats, ipo_ledger.places, ipo_ledger.bases, ipo_ledger.numbers,
  ipo_ledger.restarts, ipo_ledger.former_settings, ipo_ledger.former_extensions, ipo_ledger.former_users, ipo_ledger.former_batches,
  ipo_ledger.corrections, ipo_ledger.log_entries
  TO ipo_ledger_writer;
