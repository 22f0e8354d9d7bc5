"""What SQLite itself finds wrong with the file of a ledger, and what of its tables and triggers is not as made."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ipo_ledger.adapters.migrations import migrations
from ipo_ledger.adapters.sqlite.file import statements

_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError, MemoryError)
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
        there = _schema(connection)
        found = _in_the_file(connection)
    except _UNREADABLE as fault:
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


def _in_the_file(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds; where its check of the whole breaks off, what it finds table by table."""
    try:
        return _checked(connection, "PRAGMA integrity_check(100)")
    except _UNREADABLE as fault:
        found = [f"the check of the file breaks off: {fault}"]
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        try:
            found += _checked(connection, f"PRAGMA integrity_check({_quoted(name)})")
        except _UNREADABLE as fault:
            found.append(f"the table {name} cannot be read: {fault}")
    return found


def _checked(connection: sqlite3.Connection, check: str) -> list[str]:
    return [line for (said,) in connection.execute(check) for line in said.splitlines() if line != "ok"]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _schema(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    return {name: (kind, sql) for name, kind, sql in connection.execute(_SCHEMA)}
