"""What SQLite itself finds wrong with the file of a ledger, and what of its tables and triggers is not as made."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ipo_ledger.adapters.migrations import migrations
from ipo_ledger.adapters.sqlite.file import statements

_SCHEMA = "SELECT name, type, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations'"


def in_a_temporary_file() -> sqlite3.Connection:
    """Return an empty ledger of this release that nobody else sees, and that is gone when it is closed."""
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        for migration in migrations("sqlite"):
            for statement in statements(migration.sql):
                connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def faults(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong: the file's own check first, then what is missing, another, or too much."""
    try:
        found = [said for (said,) in connection.execute("PRAGMA integrity_check(100)") if said != "ok"]
        there = _schema(connection)
    except sqlite3.DatabaseError as fault:
        return [f"the file cannot be checked: {fault}"]
    with closing(in_a_temporary_file()) as fresh:
        wanted = _schema(fresh)
    for name in sorted(wanted.keys() | there.keys()):
        kind = (wanted.get(name) or there[name])[0]
        if name not in there:
            found.append(f"the {kind} {name} is missing")
        elif name not in wanted:
            found.append(f"the {kind} {name} is none that this release makes")
        elif there[name] != wanted[name]:
            found.append(f"the {kind} {name} is not as this release makes it")
    return found


def _schema(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    return {name: (kind, sql) for name, kind, sql in connection.execute(_SCHEMA)}
