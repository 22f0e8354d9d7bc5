"""An audit by triggers, as django-pghistory makes one: each changed row is copied into a table of events."""

from __future__ import annotations

import time

import psycopg

NAME = "trigger audit"
_SCHEMA = """
CREATE TABLE desks (extension_id bigint PRIMARY KEY, base text, user_name text, since timestamptz NOT NULL);
CREATE TABLE contexts (id uuid PRIMARY KEY, created_at timestamptz NOT NULL, metadata jsonb NOT NULL);
CREATE TABLE desk_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL,
  label text NOT NULL,
  extension_id bigint NOT NULL,
  base text,
  user_name text,
  since timestamptz NOT NULL,
  context_id uuid REFERENCES contexts DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON desk_events (extension_id);
CREATE INDEX ON desk_events (context_id);
CREATE FUNCTION note_desk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO desk_events (created_at, label, extension_id, base, user_name, since, context_id)
  VALUES (now(), 'update', NEW.extension_id, NEW.base, NEW.user_name, NEW.since,
    nullif(current_setting('audit.context', true), '')::uuid);
  RETURN NULL;
END
$$;
CREATE TRIGGER desks_noted AFTER UPDATE ON desks
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION note_desk();
"""
_CONTEXT = """
WITH made AS (INSERT INTO contexts VALUES (gen_random_uuid(), now(), '{"actor": "bench"}') RETURNING id)
SELECT set_config('audit.context', id::text, true) FROM made
"""


class TriggerAudit:
    """A table of desks whose every change is copied by a trigger, with who did it as a context."""

    def __init__(self, url: str, desks: int) -> None:
        """Make the tables, and so many desks."""
        self._connection = psycopg.connect(url)
        self._connection.execute(_SCHEMA)
        self._connection.execute(
            "INSERT INTO desks SELECT x, x::text, 'U' || x, now() FROM generate_series(1, %s) x", [desks]
        )
        self._connection.commit()
        self._turn = 0

    def change(self, rows: int) -> float:
        """Change so many desks with one statement, in one transaction; return the seconds."""
        self._turn += 1
        began = time.perf_counter()
        self._connection.execute(_CONTEXT)
        self._connection.execute(
            "UPDATE desks SET base = %s || extension_id, since = clock_timestamp() WHERE extension_id <= %s",
            [str(self._turn), rows],
        )
        self._connection.commit()
        return time.perf_counter() - began

    @property
    def count(self) -> int:
        """Return how many changes were noted."""
        row = self._connection.execute("SELECT count(*) FROM desk_events").fetchone()
        self._connection.commit()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()
