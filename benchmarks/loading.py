"""Loading big ledgers into a store, by the back door: without guards and indexes, which come back afterwards."""

# ruff: noqa: S608 - names of tables and columns are the program's own

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.copying import Growing, Part, check, copied, own_columns, pages
from benchmarks.places import Place, PostgresPlace, SqlitePlace
from ipo_ledger.adapters.store import tables
from ipo_ledger.adapters.store.from_rows import facts_of

_EVENT = "originator_id, originator_version, topic, recorded_at, db_role, state"
_IN_ORDER = {"recorded_from", "position", "batch"}


def load(place: Place, parts: Sequence[Part]) -> int:
    """Fill an empty ledger with parts, one after the other; return its last position."""
    place.made()
    place.close()
    if isinstance(place, SqlitePlace):
        _load_sqlite(place, parts)
    else:
        assert isinstance(place, PostgresPlace)
        _load_postgres(place, parts)
    for part in parts:
        for name in {part.names[0], part.names[-1]}:
            check_system(place, name)
    return sum(part.events for part in parts)


def check_system(place: Place, name: str) -> None:
    """Hold one system of a ledger against what the projection makes of its events."""
    columns = f"{place.position}, originator_id, originator_version, topic, state, recorded_at"
    events = place.ask(
        f"SELECT {columns} FROM {place.schema}stored_events WHERE originator_id = ? ORDER BY originator_version", [name]
    )
    ((key,),) = place.ask(f"SELECT system_id FROM {place.schema}systems WHERE name = ?", [name])
    there = {}
    for table in tables.READ_MODEL:
        of = "system_id = ?" if "system_id" in table.columns else "position = ?"
        columns = ", ".join(table.columns)
        there[table.name] = place.ask(f"SELECT {columns} FROM {place.schema}{table.name} WHERE {of}", [key])
    check(list(facts_of(events)), there)


# --- SQLite ------------------------------------------------------------------------------------------------


def _load_sqlite(place: SqlitePlace, parts: Sequence[Part]) -> None:
    with closing(sqlite3.connect(place.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
        aside = connection.execute(
            "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        connection.execute("BEGIN")
        for kind, name, _ in aside:
            connection.execute(f'DROP {kind} "{name}"')
        growing, after, known = Growing(), 0, 0
        for part in parts:
            for page in pages(part, after, ""):
                growing.take(page)
                known = page[-1][4]
                connection.executemany(
                    f"INSERT INTO stored_events (rowid, {_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?)", page
                )
            _copy_rows_sqlite(connection, part, after)
            after += part.events
        connection.executemany("INSERT INTO tree_nodes (level, place, hash) VALUES (?, ?, ?)", growing.nodes)
        connection.execute(
            "UPDATE head SET position = ?, recorded_at = ?, frontier = ?", (after, known, growing.frontier.to_bytes())
        )
        for _, _, statement in aside:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode = WAL")


def _copy_rows_sqlite(connection: sqlite3.Connection, part: Part, after: int) -> None:
    connection.execute("CREATE TEMP TABLE n (copy INTEGER PRIMARY KEY, name TEXT)")
    connection.executemany("INSERT INTO n VALUES (?, ?)", enumerate(part.names))
    for table in tables.READ_MODEL:
        rows, own = part.rows(table), own_columns(table)
        if rows:
            connection.execute(f"CREATE TEMP TABLE t ({', '.join(own)})")
            connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(own))})", rows)
            # The copies in turn, each in the order of its key: every row comes after the one before it.
            outer, inner = ("t", "n") if table.key == ("position",) else ("n", "t")
            connection.execute(
                f"INSERT INTO main.{table.name} ({', '.join(table.columns)}) "
                f"SELECT {copied(table, after)} FROM {outer} CROSS JOIN {inner}"
            )
            connection.execute("DROP TABLE temp.t")
    connection.execute("DROP TABLE temp.n")


# --- PostgreSQL --------------------------------------------------------------------------------------------

_INDEXES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
  format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'ipo_ledger'::regnamespace AND contype IN ('p', 'u')
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'ipo_ledger'::regnamespace
AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""


def _load_postgres(place: PostgresPlace, parts: Sequence[Part]) -> None:
    with psycopg.connect(place.url) as connection:
        connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        connection.execute("SET LOCAL work_mem = '256MB'")
        aside = connection.execute(_INDEXES).fetchall()
        for drop, _ in aside:
            connection.execute(drop)
        growing, after, known = Growing(), 0, 0
        for part in parts:
            copy = f"COPY ipo_ledger.stored_events (position, {_EVENT}) FROM STDIN (FORMAT BINARY)".encode()
            with connection.cursor() as cursor, cursor.copy(copy) as writing:
                writing.set_types(["int8", "text", "int8", "text", "int8", "text", "bytea"])
                for page in pages(part, after, "postgres"):
                    growing.take(page)
                    known = page[-1][4]
                    for row in page:
                        writing.write_row(row)
            _copy_rows_postgres(connection, part, after)
            after += part.events
        copy = b"COPY ipo_ledger.tree_nodes FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(copy) as writing:
            writing.set_types(["int8", "int8", "bytea"])
            for node in growing.nodes:
                writing.write_row(node)
        connection.execute("ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped")  # it would say now
        connection.execute(
            "UPDATE ipo_ledger.head SET position = %s, recorded_at = %s, frontier = %s",
            (after, known, growing.frontier.to_bytes()),
        )
        connection.execute("ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped")
        for _, make in aside:
            connection.execute(make)
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _copy_rows_postgres(connection: psycopg.Connection[tuple[Any, ...]], part: Part, after: int) -> None:
    connection.execute("CREATE TEMP TABLE n (copy bigint, name text)")
    with connection.cursor() as cursor, cursor.copy("COPY n FROM STDIN") as copy:
        for numbered in enumerate(part.names):
            copy.write_row(numbered)
    for table in tables.READ_MODEL:
        rows = part.rows(table)
        if rows:
            made = ", ".join(f"{column} {kind}" for column, kind in own_columns(table).items())
            connection.execute(f"CREATE TEMP TABLE t ({made})".encode())
            with connection.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            # As a ledger grows: the rows of all systems in the order they were recorded.
            order = [c for c in table.columns if c in _IN_ORDER][:1]
            connection.execute(
                sql.SQL("INSERT INTO {} ({}) SELECT {} FROM t CROSS JOIN n {}").format(
                    sql.Identifier("ipo_ledger", table.name),
                    sql.SQL(", ").join(map(sql.Identifier, table.columns)),
                    sql.SQL(copied(table, after)),
                    sql.SQL(f"ORDER BY t.{order[0]}, n.copy" if order else ""),
                )
            )
            connection.execute("DROP TABLE t")
    connection.execute("DROP TABLE n")
