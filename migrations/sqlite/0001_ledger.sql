-- The ledger: the events, append-only, and the read model that is projected in the same transaction.
-- Times are microseconds since 1970-01-01T00:00:00Z. Positions count 1, 2, 3, ... without gaps, in commit order.

CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  position INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;
INSERT INTO head (one, position, recorded_at) VALUES (1, 0, 0);

-- One row an event, never changed. The position is the rowid; the stream is the system's name.
CREATE TABLE stored_events (
  rowid INTEGER PRIMARY KEY AUTOINCREMENT,
  originator_id TEXT NOT NULL,
  originator_version INTEGER NOT NULL,
  topic TEXT NOT NULL,
  state BLOB NOT NULL,
  recorded_at INTEGER NOT NULL,
  db_role TEXT NOT NULL DEFAULT '',
  UNIQUE (originator_id, originator_version)
) STRICT;

CREATE TRIGGER stored_events_no_update BEFORE UPDATE ON stored_events
BEGIN SELECT RAISE(ABORT, 'stored_events is append-only'); END;
CREATE TRIGGER stored_events_no_delete BEFORE DELETE ON stored_events
BEGIN SELECT RAISE(ABORT, 'stored_events is append-only'); END;
-- INSERT OR REPLACE deletes without firing the trigger above: refuse what would replace.
CREATE TRIGGER stored_events_no_replace BEFORE INSERT ON stored_events
WHEN EXISTS (SELECT 1 FROM stored_events WHERE rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'stored_events is append-only'); END;
CREATE TRIGGER stored_events_no_replace_version BEFORE INSERT ON stored_events
WHEN EXISTS (
  SELECT 1 FROM stored_events
  WHERE originator_id = NEW.originator_id AND originator_version = NEW.originator_version
)
BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: stored_events.originator_id, stored_events.originator_version'); END;

-- The first answer to each command id that somebody gave: what makes a repeated command one effect.
CREATE TABLE answers (
  command_id TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  answer BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END;
CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END;
CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers
WHEN EXISTS (SELECT 1 FROM answers WHERE command_id = NEW.command_id)
BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END;

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
  last_at INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_name TEXT NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
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
  last_at INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  last_name TEXT NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
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
  PRIMARY KEY (system_id, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_open ON batches (system_id) WHERE status IN ('draft', 'sent');
CREATE INDEX batches_in_force ON batches (system_id, in_force_position) WHERE in_force_position IS NOT NULL;

-- Net changes of a batch, one an extension, in order of first touch.
CREATE TABLE changes (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  old_base TEXT,
  new_base TEXT,
  PRIMARY KEY (system_id, batch, extension_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_by_extension ON changes (system_id, extension_id, batch);

-- Which batches a batch takes back, newest in force first.
CREATE TABLE reversals (
  system_id INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  reverses INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (system_id, reverses, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX reversals_by_batch ON reversals (system_id, batch);

-- What was true when: one point a move, its end derived from the next. recorded_from is the position that made it
-- known; a correction closes recorded_to; nothing else ever changes a point.

CREATE TABLE seats (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  user_name TEXT,
  number TEXT,
  cause TEXT NOT NULL,
  batch INTEGER,
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (system_id, extension_id, valid_from, recorded_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE places (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  extension_id INTEGER,
  cause TEXT NOT NULL,
  batch INTEGER,
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (system_id, user_name, valid_from, recorded_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE bases (
  system_id INTEGER NOT NULL,
  extension_id INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  base TEXT,
  batch INTEGER,
  PRIMARY KEY (system_id, extension_id, valid_from, recorded_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE numbers (
  system_id INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  recorded_from INTEGER NOT NULL,
  recorded_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  number TEXT,
  PRIMARY KEY (system_id, user_name, valid_from, recorded_from)
) STRICT, WITHOUT ROWID;

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
