"""That a read model is what the events make is told without making it anew: only where every single value is right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from ipo_ledger.adapters.store import agreeing
from ipo_ledger.adapters.store.asking import FOREVER
from ipo_ledger.adapters.store.tables import READ_MODEL, Table
from ipo_ledger.application.ledger import Ledger
from ipo_ledger.domain.site import Site
from tests.stores.places import AnyStore, Place, PostgresPlace, SqlitePlace
from tests.stores.random_history import BEGIN, STEPS, History


class Undone(Exception):
    """Nothing of this transaction stays."""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Two systems to which everything happened that can, as they are exported."""
    place = SqlitePlace(tmp_path_factory.mktemp("told") / "ledger.db")
    now = [BEGIN]

    def tick(by: timedelta) -> None:
        now[0] += by

    def clock() -> datetime:
        return now[0]

    store = place.ledger(clock=clock)
    for seed, name in enumerate(("hq", "branch"), 10):
        chance = Random(seed)  # noqa: S311 - no secret
        told = History(store, name, now=clock, tick=tick)
        told.play([(chance.choice(STEPS), chance.randrange(2**20)) for _ in range(100)])
    found = list(told.ledger.export())
    place.close()
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, lines: list[bytes]) -> Iterator[Place]:
    """The same on each store."""
    found: Place
    if request.param == "sqlite":
        found = SqlitePlace(tmp_path / "ledger.db")
    else:
        found = PostgresPlace(request.getfixturevalue("postgres_ledger_url"))
    with Ledger(found.ledger(), actor="ana", read_exports=_no_site) as ledger:
        ledger.load(lines)
    yield found
    found.close()


def test_what_is_right_is_told_with_its_rows(place: Place) -> None:
    rows = {table.name: place.run(f"SELECT count(*) FROM {place.schema}{table.name}")[0][0] for table in READ_MODEL}
    assert all(rows.values()), "the story has something of everything"
    told: list[int] = []

    with place.store().reading() as reading:
        assert reading.agreed(told.append) == rows

    assert told[-1] == rows["log_entries"]


def test_memory_is_not_needed_for_more_than_a_few_events(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreeing, "_AT_ONCE", 3)

    with place.store().reading() as reading:
        assert reading.agreed(_nobody) is not None


def test_where_there_is_no_room_for_it_nothing_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **options)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    with place.store().reading() as reading:
        monkeypatch.setattr(agreeing, "sqlite3", SimpleNamespace(connect=full, Error=sqlite3.Error))

        assert reading.agreed(_nobody) is None


def test_any_value_that_is_another_is_seen(place: Place) -> None:
    store = place.store()

    changes = [change for table in READ_MODEL for change in _changes(place, table)]
    some = changes if isinstance(place, SqlitePlace) else changes[::5]  # the comparison is the same, the server slower
    missed = [change for change in some if _agreed_after(store, change)]

    assert missed == []


def _changes(place: Place, table: Table) -> Iterator[str]:
    """Yield statements that change one value of a row, or take a row away, or add one."""
    name = f"{place.schema}{table.name}"
    kinds = _columns(place, table)
    asked = f"SELECT {', '.join(kinds)} FROM {name} ORDER BY {', '.join(table.key)}"
    row = place.run(asked)[-1]
    there = " AND ".join(f"{c} = {_written(v)}" for c, v in zip(kinds, row, strict=True) if c in table.key)
    yield f"DELETE FROM {name} WHERE {there}"
    for column, value in zip(kinds, row, strict=True):
        other = _other(column, value, kinds[column])
        yield f"UPDATE {name} SET {column} = {other} WHERE {there}"
        if column in table.key and table.name != "systems":  # each of those has a name of its own
            values = ", ".join(other if c == column else _written(v) for c, v in zip(kinds, row, strict=True))
            yield f"INSERT INTO {name} ({', '.join(kinds)}) VALUES ({values})"


def test_what_is_found_is_told_in_the_same_words(place: Place) -> None:
    with Ledger(place.store(), actor="ana", read_exports=_no_site) as ledger:
        assert ledger.verify(rules=False).verified
        place.run(f"UPDATE {place.schema}seats SET number = '1' WHERE extension_id = 3")
        place.run(f"DELETE FROM {place.schema}batches WHERE batch = 1")

        quick, whole = ledger.verify(rules=False), ledger.verify()

    assert not quick.verified
    assert quick.findings == whole.findings


def _agreed_after(store: AnyStore, statement: str) -> bool:
    agreed = True
    try:
        with store.writing() as writing:
            writing.connection.execute(statement)
            agreed = writing.agreed(_nobody) is not None
            _undo()
    except Undone:
        pass
    return agreed


def _undo() -> None:
    raise Undone


def _columns(place: Place, table: Table) -> dict[str, str]:
    """Return the columns of a table with their types: all that are there."""
    if isinstance(place, SqlitePlace):
        found = place.run(f"SELECT name, lower(type) FROM pragma_table_info('{table.name}')")
        kinds = {name: table.columns.get(name, kind) for name, kind in found}
        return {name: "integer" if kind == "boolean" else kind for name, kind in kinds.items()}
    return dict(
        place.run(
            "SELECT column_name::text, data_type::text FROM information_schema.columns "
            f"WHERE table_schema = 'ipo_ledger' AND table_name = '{table.name}'"
        )
    )


def _other(column: str, value: Any, kind: str) -> str:
    """Return another value than that one."""
    if kind == "text":
        return _written(f"{value or ''}x")
    if kind == "boolean":
        return _written(not value)
    if column == "recorded_to" and value == FOREVER:
        return "9"
    return _written((value or 0) + 1_000_003 if value != FOREVER else 3)


def _written(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def _nobody(events: int) -> None:
    """Be told nothing."""


def _no_site(paths: Sequence[Path], mapping: Path | None) -> Site:
    raise AssertionError
