-- Two times: the read model can say what is known now and what was known at any earlier position, and takes
-- corrections. It is made anew from the events when this is applied (`-- rebuild`).
-- rebuild

DROP TABLE log_entries;
DROP TABLE numbers;
DROP TABLE bases;
DROP TABLE places;
DROP TABLE seats;
DROP TABLE reversals;
DROP TABLE changes;
DROP TABLE batches;
DROP TABLE users;
DROP TABLE extensions;
DROP TABLE systems;

-- What is true now: the state that decisions are made from. system_id is the position of SystemAdded.

CREATE TABLE systems (
  system_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  release TEXT NOT NULL,
  timezone TEXT NOT NULL,
  base_extension_by TEXT NOT NULL,
  logout_code TEXT NOT NULL,
  baseline_at INTEGER,
  baseline_position INTEGER,
  baseline_name TEXT,
  floor_at INTEGER,
  floor_position INTEGER,
  floor_name TEXT,
  last_batch INTEGER NOT NULL,
  extensions INTEGER NOT NULL,
  users INTEGER NOT NULL
) STRICT;

-- `corrected`: the last correction that took something off this extension, or this user (0: none did).
CREATE TABLE extensions (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  module TEXT NOT NULL,
  port INTEGER NOT NULL,
  kind INTEGER,
  label TEXT,
  base TEXT,
  base_batch INTEGER,
  base_position INTEGER NOT NULL,
  user_name TEXT,
  since INTEGER NOT NULL,
  seat_position INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_name TEXT NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  corrected INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (system_id, extension_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  number TEXT,
  full_name TEXT,
  has_login_code INTEGER NOT NULL,
  forced_login INTEGER NOT NULL,
  extension_id INTEGER,
  since INTEGER NOT NULL,
  place_position INTEGER NOT NULL,
  number_position INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_name TEXT NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  corrected INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (system_id, user_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_number ON users (system_id, number) WHERE number IS NOT NULL;

CREATE TABLE batches (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  status TEXT NOT NULL,
  title TEXT NOT NULL,
  observed INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  opened_position INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT,
  ticket TEXT,
  last_at INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_name TEXT NOT NULL,
  part TEXT NOT NULL,
  sent_at INTEGER,
  sent_position INTEGER,
  mode TEXT,
  outcome TEXT,
  conflicts TEXT,
  sent_by TEXT,
  in_force_at INTEGER,
  in_force_position INTEGER,
  settled_at INTEGER,
  settled_position INTEGER,
  PRIMARY KEY (system_id, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_open ON batches (system_id) WHERE status IN ('draft', 'sent');
CREATE INDEX batches_in_force ON batches (system_id, in_force_position) WHERE in_force_position IS NOT NULL;
CREATE INDEX batches_by_time ON batches (system_id, in_force_at) WHERE in_force_at IS NOT NULL;

-- Net changes of a batch, one an extension, in order of first touch; a draft that is changed says its own anew.
CREATE TABLE changes (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  place INTEGER NOT NULL,
  old_base TEXT,
  new_base TEXT,
  PRIMARY KEY (system_id, batch, extension_id, recorded_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_by_extension ON changes (system_id, extension_id, batch);

-- Which batches a batch takes back, newest in force first.
CREATE TABLE reversals (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  reverses INTEGER NOT NULL,
  place INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  PRIMARY KEY (system_id, reverses, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX reversals_by_batch ON reversals (system_id, batch);

-- What was true when: one point a move, its end derived from the next. recorded_from is the position that made it
-- known. The points of one extension, or user, lie on each other in order of time and of recording alike; `below` is
-- the one a point lies on. A correction takes points off the top and closes recorded_to; nothing else changes them.

CREATE TABLE seats (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  valid_from INTEGER NOT NULL,
  user_name TEXT,
  number TEXT,
  cause TEXT NOT NULL,
  batch INTEGER,
  gone INTEGER NOT NULL DEFAULT 0,
  below INTEGER,
  PRIMARY KEY (system_id, extension_id, recorded_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX seats_standing ON seats (system_id, extension_id, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE places (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  valid_from INTEGER NOT NULL,
  extension_id INTEGER,
  cause TEXT NOT NULL,
  batch INTEGER,
  gone INTEGER NOT NULL DEFAULT 0,
  below INTEGER,
  PRIMARY KEY (system_id, user_name, recorded_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_standing ON places (system_id, user_name, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE bases (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  valid_from INTEGER NOT NULL,
  base TEXT,
  batch INTEGER,
  below INTEGER,
  PRIMARY KEY (system_id, extension_id, recorded_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX bases_standing ON bases (system_id, extension_id, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;

CREATE TABLE numbers (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  valid_from INTEGER NOT NULL,
  number TEXT,
  below INTEGER,
  PRIMARY KEY (system_id, user_name, recorded_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX numbers_standing ON numbers (system_id, user_name, valid_from, recorded_from) WHERE recorded_to = 9223372036854775807;
CREATE INDEX numbers_by_number ON numbers (system_id, number) WHERE number IS NOT NULL;
CREATE INDEX numbers_changed ON numbers (system_id, user_name) WHERE below IS NOT NULL;

CREATE TABLE restarts (
  system_id INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  valid_from INTEGER NOT NULL,
  PRIMARY KEY (system_id, recorded_from)
) STRICT, WITHOUT ROWID;

-- What was so until a position: settings, what a desk or a user is called, how far a batch was.

CREATE TABLE former_settings (
  system_id INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL,
  release TEXT NOT NULL,
  timezone TEXT NOT NULL,
  base_extension_by TEXT NOT NULL,
  logout_code TEXT NOT NULL,
  PRIMARY KEY (system_id, recorded_to)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_extensions (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL,
  module TEXT NOT NULL,
  port INTEGER NOT NULL,
  kind INTEGER,
  label TEXT,
  PRIMARY KEY (system_id, extension_id, recorded_to)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_users (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  recorded_to INTEGER NOT NULL,
  full_name TEXT,
  has_login_code INTEGER NOT NULL,
  forced_login INTEGER NOT NULL,
  PRIMARY KEY (system_id, user_name, recorded_to)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_batches (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL,
  status TEXT NOT NULL,
  sent_at INTEGER,
  sent_position INTEGER,
  mode TEXT,
  outcome TEXT,
  conflicts TEXT,
  sent_by TEXT,
  in_force_at INTEGER,
  in_force_position INTEGER,
  settled_at INTEGER,
  settled_position INTEGER,
  PRIMARY KEY (system_id, batch, recorded_to)
) STRICT, WITHOUT ROWID;

-- Facts that a correction took away.
CREATE TABLE corrections (
  position INTEGER PRIMARY KEY,
  corrected_by INTEGER NOT NULL
) STRICT;

-- How to find events by what they are about.
CREATE TABLE log_entries (
  position INTEGER PRIMARY KEY,
  system_id INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  batch INTEGER,
  extension_id INTEGER,
  user_name TEXT
) STRICT;
CREATE INDEX log_entries_by_system ON log_entries (system_id, position);
CREATE INDEX log_entries_by_extension ON log_entries (system_id, extension_id, position) WHERE extension_id IS NOT NULL;
CREATE INDEX log_entries_by_user ON log_entries (system_id, user_name, position) WHERE user_name IS NOT NULL;
CREATE INDEX log_entries_by_batch ON log_entries (system_id, batch, position) WHERE batch IS NOT NULL;
