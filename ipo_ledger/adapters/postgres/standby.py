"""What a standby says of itself to those who read from it: how far it is, and whether more is on its way."""

from __future__ import annotations

from ipo_ledger.adapters.postgres.sessions import Connection
from ipo_ledger.application.ports.rows import Head

# Whoever may not see the receiver of the log sees that there is one, and that is enough.
_STATE = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_get_wal_receiver() r WHERE r.pid IS NOT NULL),
  pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())::bigint
"""


def note(connection: Connection, head: Head) -> str:
    """Return what whoever reads here has to know."""
    row = connection.execute(_STATE).fetchone()
    assert row is not None
    follows, waiting = row
    end = (
        f"event {head.position}, recorded {head.recorded_at.isoformat(timespec='seconds')}"
        if head.position
        else "nothing"
    )
    said = f"this server is a standby; the ledger it shows ends with {end}"
    if waiting is not None and waiting > 0:
        said += f"; it has received {waiting} bytes that it does not show yet"
    return f"{said}." if follows else f"{said}. It does not follow its primary now: what is newer is missing here."
