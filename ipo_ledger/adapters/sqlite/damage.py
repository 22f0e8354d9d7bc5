"""What can be seen at once of a file that is no whole ledger any more: whenever it is opened, at no cost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ipo_ledger.adapters.store.whole import TABLES, head_differs

APPLICATION_ID = 0x49504F4C  # "IPOL": says in the file itself what it is
_MARK_AT = 68  # where SQLite keeps it, in the first page
_OURS = frozenset({"head", "stored_events", "schema_migrations"})  # nobody else has all of them
_HEAD = """
SELECT h.position, h.recorded_at, h.frontier, e.rowid, e.recorded_at FROM head h
LEFT JOIN (SELECT rowid, recorded_at FROM stored_events ORDER BY rowid DESC LIMIT 1) e ON TRUE
"""


def is_ours(connection: sqlite3.Connection, names: set[str]) -> bool:
    """Tell whether a file that has tables of these names is a ledger, damaged or not."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    return mark == APPLICATION_ID or names >= _OURS


def names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the tables that are there."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def seen(connection: sqlite3.Connection) -> str | None:
    """Return what is wrong with a ledger of this release, as far as it costs nothing to see; None: nothing."""
    missing = sorted(TABLES - names(connection))
    if missing:
        return f"it has no table {' and no table '.join(missing)}"
    return head_differs(connection.execute(_HEAD).fetchall())


def seen_in_all_pages(connection: sqlite3.Connection) -> str | None:
    """Return the first thing that SQLite finds wrong with the file, having read all of it; None: nothing."""
    said: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return None if said == "ok" else said


def bears_our_mark(path: Path) -> bool:
    """Tell whether a file that SQLite does not take for one of its own was a ledger once.

    For that file only: closing any descriptor drops the locks that this process has on it (see `LedgerFile`).
    """
    try:
        with path.open("rb") as file:
            file.seek(_MARK_AT)
            return file.read(4) == APPLICATION_ID.to_bytes(4, "big")
    except OSError:
        return False
