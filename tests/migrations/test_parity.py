"""The two dialects make the same store: the same tables, columns, keys and indexes, and what tables.py says."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from ipo_ledger.adapters import migrations
from ipo_ledger.adapters.store.tables import CHANGES, EXTENSIONS, POINTS, READ_MODEL, RESTARTS, USERS, Table
from tests.stores.places import PostgresPlace, SqlitePlace

TYPES = {"bigint": "INTEGER", "integer": "INTEGER", "boolean": "INTEGER", "text": "TEXT", "bytea": "BLOB"}

# Columns that no row is written with: they have a default until a later fact says otherwise.
LEFT_OUT = {table.name: {"recorded_to"} for table in (*POINTS, CHANGES, RESTARTS)} | {
    table.name: {"corrected"} for table in (EXTENSIONS, USERS)
}

# Of what the library's recorders are asked for, SQLite's position has to be the rowid.
SAME = {("stored_events", "rowid"): "position"}


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlitePlace]:
    """Return a ledger in a file."""
    place = SqlitePlace(tmp_path / "ledger.db")
    place.ledger()
    yield place
    place.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[PostgresPlace]:
    """Return a ledger in a database."""
    place = PostgresPlace(postgres_url)
    place.ledger()
    yield place
    place.close()


def test_both_dialects_have_the_same_migrations() -> None:
    sqlite, postgres = migrations.migrations("sqlite"), migrations.migrations("postgres")

    assert [m.name for m in sqlite] == [m.name for m in postgres]
    assert [m.number for m in sqlite] == list(range(1, len(sqlite) + 1))


def test_both_stores_have_the_same_tables_and_columns(sqlite: SqlitePlace, postgres: PostgresPlace) -> None:
    ours = _postgres_columns(postgres)

    assert {key: (TYPES[kind], needed) for key, (kind, needed) in ours.items()} == _sqlite_columns(sqlite)
    assert set(sqlite.tables()) == set(postgres.tables()) == {table for table, _ in ours}


def test_the_read_model_is_what_tables_py_says(postgres: PostgresPlace) -> None:
    found = _postgres_columns(postgres)
    keys = _postgres_keys(postgres)
    defaults = _postgres_defaults(postgres)

    for table in READ_MODEL:
        columns = {column: kind for (name, column), (kind, _) in found.items() if name == table.name}
        left_out = columns.keys() - table.columns.keys()
        assert {c: kind for c, kind in columns.items() if c not in left_out} == dict(table.columns), table.name
        assert left_out == LEFT_OUT.get(table.name, set()), f"{table.name}: what only a correction, or a draft, says"
        assert all((table.name, column) in defaults for column in left_out)
        assert set(keys[table.name]) == set(table.key), table.name
        assert table.others == tuple(c for c in table.columns if c not in table.key and c not in table.fixed)


def test_tables_py_leaves_out_no_table(postgres: PostgresPlace) -> None:
    theirs = {"head", "stored_events", "answers", "tree_nodes", "checkpoints", "schema_migrations"}

    assert {table.name for table in READ_MODEL} | theirs == set(postgres.tables())
    assert len({table.name for table in READ_MODEL}) == len(READ_MODEL)


def test_both_stores_have_the_same_keys(sqlite: SqlitePlace, postgres: PostgresPlace) -> None:
    found = {}
    for table in sqlite.tables():
        columns = sqlite.run(f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk")
        found[table] = [SAME.get((table, name), name) for (name,) in columns]

    assert found == _postgres_keys(postgres)


def test_both_stores_have_the_same_indexes(sqlite: SqlitePlace, postgres: PostgresPlace) -> None:
    in_files = sqlite.run("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    in_databases = postgres.run(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'ipo_ledger' "
        "AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'"
    )

    assert {name: _columns_of(sql) for name, sql in in_files} == {name: _columns_of(sql) for name, sql in in_databases}


def test_both_stores_refuse_rewriting_the_same_tables(sqlite: SqlitePlace, postgres: PostgresPlace) -> None:
    in_files = sqlite.run("SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = 'trigger'")
    in_databases = postgres.run(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal "
        "AND tgname LIKE '%append_only' AND tgenabled = 'A'"
    )

    assert {("ipo_ledger." + name,) for (name,) in in_files} == set(in_databases)


def test_events_have_the_columns_that_the_library_would_make(sqlite: SqlitePlace) -> None:
    with closing(SQLiteDatastore(":memory:")) as datastore:
        recorder = SQLiteApplicationRecorder(datastore)
        with closing(sqlite3.connect(":memory:")) as theirs:
            for statement in recorder.create_table_statements:
                theirs.execute(statement)
            wanted = {row[1] for row in theirs.execute("PRAGMA table_info(stored_events)")}

    assert wanted
    assert wanted <= {name for (name,) in sqlite.run("SELECT name FROM pragma_table_info('stored_events')")}


@pytest.mark.parametrize("table", READ_MODEL, ids=lambda table: table.name)
def test_the_columns_of_a_key_are_its_first(table: Table) -> None:
    assert set(list(table.columns)[: len(table.key)]) == set(table.key)


# --- what is there ------------------------------------------------------------------------------------------


def _sqlite_columns(place: SqlitePlace) -> dict[tuple[str, str], tuple[str, bool]]:
    found = {}
    for table in place.tables():
        for name, kind, not_null, key in place.run(
            f'SELECT name, type, "notnull", pk FROM pragma_table_info({table!r})'
        ):
            found[table, SAME.get((table, name), name)] = (kind, bool(not_null or key))
    return found


def _postgres_columns(place: PostgresPlace) -> dict[tuple[str, str], tuple[str, bool]]:
    rows = place.run(
        "SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns "
        "WHERE table_schema = 'ipo_ledger'"
    )
    return {(table, column): (kind, needed) for table, column, kind, needed in rows}


def _postgres_keys(place: PostgresPlace) -> dict[str, list[Any]]:
    rows = place.run(
        "SELECT c.relname, (SELECT array_agg(a.attname::text ORDER BY k.n) "
        "FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n) "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "WHERE i.indisprimary AND c.relnamespace = 'ipo_ledger'::regnamespace"
    )
    return dict(rows)


def _postgres_defaults(place: PostgresPlace) -> set[tuple[str, str]]:
    rows = place.run(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'ipo_ledger' AND column_default IS NOT NULL"
    )
    return {(table, column) for table, column in rows}


def _columns_of(definition: str) -> tuple[str, str]:
    """Return an index's columns and its condition, spelled alike in both dialects."""
    found = re.search(r"\(([^()]*)\)(?:\s+WHERE\s+(.*))?$", definition, re.DOTALL)
    assert found is not None, definition
    condition = re.sub(r"'(\d+)'::bigint", r"\1", found[2] or "")  # as PostgreSQL spells a large number
    values = sorted(re.findall(r"'(\w+)'", condition))
    return found[1].replace('"', ""), f"{values}" if values else condition.strip("()")
