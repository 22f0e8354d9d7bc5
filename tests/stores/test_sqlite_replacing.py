"""SQLite's own ways around a trigger: none of them changes what is recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.places import SqlitePlace
from tests.stores.stored_story import note


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SqlitePlace]:
    """Return a file that is not there yet."""
    place = SqlitePlace(tmp_path / "ledger.db")
    yield place
    place.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO stored_events SELECT rowid, 'x', 9, topic, state, 0, '' FROM stored_events",
        "REPLACE INTO stored_events SELECT 9, originator_id, 1, topic, state, 0, '' FROM stored_events",
        "UPDATE OR REPLACE stored_events SET topic = 'x'",
        "INSERT INTO stored_events SELECT * FROM stored_events WHERE 1 ON CONFLICT (rowid) DO UPDATE SET topic = 'x'",
        "INSERT OR REPLACE INTO answers SELECT command_id, 'x', answer FROM answers",
        "INSERT INTO answers SELECT * FROM answers WHERE true ON CONFLICT (command_id) DO UPDATE SET fingerprint = 'x'",
    ],
)
def test_replacing_is_refused(place: SqlitePlace, statement: str) -> None:
    note(place.ledger(), "hq")
    place.run("INSERT INTO answers VALUES ('c', 'f', x'7b7d')")
    before = place.dump()

    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|UNIQUE"):
        place.run(statement)

    assert place.dump() == before


@pytest.mark.parametrize("column", ["originator_version", "recorded_at"])
def test_a_column_takes_only_its_type(place: SqlitePlace, column: str) -> None:
    place.ledger()
    values = {"originator_version": 1, "recorded_at": 1} | {column: "'text'"}

    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
        place.run(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state, recorded_at) "
            f"VALUES ('hq', {values['originator_version']}, 'x', x'', {values['recorded_at']})"
        )
