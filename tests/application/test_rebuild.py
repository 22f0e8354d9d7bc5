"""The read model, made anew: nothing changes where it was right, and what was wrong is mended, and only that."""

from __future__ import annotations

from threading import Thread

import pytest

import ipo_ledger
from ipo_ledger import Ledger, StoreUnusable, SystemLedger
from ipo_ledger.adapters.store.tables import READ_MODEL
from ipo_ledger.application import rebuilding
from ipo_ledger.application.ports.store import Store
from tests.stores.people import person
from tests.stores.places import Place, PostgresPlace, SqlitePlace
from tests.stores.tampering_tools import payload, sql


@pytest.fixture
def place(url: str) -> Place:
    """The ledger, behind the program's back."""
    if url.startswith("sqlite:///"):
        from pathlib import Path

        return SqlitePlace(Path(url.removeprefix("sqlite:///")))
    return PostgresPlace(url)


DAMAGE = [
    "UPDATE {}extensions SET user_name = 'Extn209' WHERE extension_id = 3",
    "UPDATE {}seats SET recorded_to = 5 WHERE extension_id = 4",
    "DELETE FROM {}log_entries WHERE position = 12",
    "INSERT INTO {}log_entries (position, system_id, occurred_at, actor) VALUES (9000, 1, 0, 'eva')",
    "UPDATE {}users SET removed = NOT removed WHERE user_name LIKE '%5'",
    "UPDATE {}systems SET name = 'elsewhere'",
]


def damage(place: Place) -> None:
    """Change the read model, which whoever writes may."""
    for statement in DAMAGE:
        place.run(statement.format(place.schema))


def forget(place: Place) -> None:
    """Empty the read model."""
    for table in READ_MODEL:
        place.run(f"DELETE FROM {place.schema}{table.name}")


def test_what_was_right_stays(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    hq.swap("202", "203", done=True)
    before = place.dump()

    done = ledger.rebuild()

    assert done.changed == 0
    assert done.events == hq.log().events[0].position
    assert place.dump() == before
    assert {table.table: table.rows for table in done.tables}["log_entries"] == done.events


def test_what_was_wrong_is_mended(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    hq.swap("202", "203", done=True)
    before, digests = place.dump(), [table.digest for table in ledger.rebuild().tables]
    damage(place)
    assert not ledger.verify().verified

    planned, done = ledger.rebuild(dry_run=True), ledger.rebuild()

    assert planned.changed == done.changed == 6
    assert planned.tables == done.tables
    counts = {t.table: (t.missing, t.extra, t.different) for t in done.tables}
    assert counts["log_entries"] == (1, 1, 0)
    assert counts["extensions"] == (0, 0, 1)
    assert [table.digest for table in done.tables] == digests
    assert place.dump() == before
    assert ledger.verify().verified


def test_a_dry_run_writes_nothing(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    damage(place)
    before = place.dump()

    ledger.rebuild(dry_run=True)

    assert place.dump() == before


def test_a_read_model_that_is_gone_is_made_anew(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    hq.swap("202", "203", done=True)
    before = place.dump()
    forget(place)

    planned, done = ledger.rebuild(dry_run=True), ledger.rebuild()

    assert place.dump() == before
    assert planned.tables == done.tables
    assert all((t.missing, t.extra, t.different) == (t.rows, 0, 0) for t in done.tables)
    assert ledger.verify().verified  # the indexes are there again, too
    assert ledger.system("hq").swap("204", "205", done=True).status == "settled"


def test_a_read_model_that_is_gone_is_made_anew_by_two(
    ledger: Ledger, hq: SystemLedger, place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq.swap("202", "203", done=True)
    before = place.dump()
    forget(place)
    answers = rebuilding._said  # noqa: SLF001 - between the look and the writing

    def meanwhile() -> None:
        with ipo_ledger.open(url, actor="eva") as other:
            other.rebuild()

    def said(*args: object) -> object:
        monkeypatch.setattr(rebuilding, "_said", answers)
        yield from answers(*args)  # type: ignore[arg-type]
        thread = Thread(target=meanwhile)
        thread.start()
        thread.join()

    monkeypatch.setattr(rebuilding, "_said", said)

    done = ledger.rebuild()

    assert done.changed == 0
    assert place.dump() == before


def test_what_is_recorded_meanwhile_is_there_and_right(
    ledger: Ledger, hq: SystemLedger, place: Place, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(place)
    place.run(f"UPDATE {place.schema}systems SET name = 'hq'")  # so that others can go on
    answers = rebuilding._said  # noqa: SLF001 - between the look and the writing

    def meanwhile() -> None:
        with ipo_ledger.open(url, actor="eva") as other:
            other.system("hq").swap("206", "207", done=True)

    def said(*args: object) -> object:
        yield from answers(*args)  # type: ignore[arg-type]
        thread = Thread(target=meanwhile)
        thread.start()
        thread.join()

    monkeypatch.setattr(rebuilding, "_said", said)

    done = ledger.rebuild()

    assert done.changed > 0
    assert done.events == 28
    assert ledger.verify().verified
    assert ledger.system("hq").who(7, on="now").stays[-1].number == "206"


def test_interrupted_it_changed_nothing(
    ledger: Ledger, hq: SystemLedger, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(place)
    before = place.dump()
    writings = ledger._store  # noqa: SLF001 - it is stopped in the middle

    class Stopped(Exception):
        pass

    def stop(*args: object) -> None:
        raise Stopped

    monkeypatch.setattr(_writing_class(writings), "replace_rows", stop)

    with pytest.raises(Stopped):
        ledger.rebuild()

    assert place.dump() == before


def _writing_class(store: Store) -> type:
    with store.writing() as writing:
        return type(writing)


def test_an_event_that_cannot_be_read_stops_it(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    sql(place, f"UPDATE stored_events SET state = {payload(place, 'schema', 'no')} WHERE [position] = 12")
    before = place.dump()

    with pytest.raises(StoreUnusable, match="12"):
        ledger.rebuild()

    assert place.dump() == before


def test_an_event_that_cannot_follow_stops_it(ledger: Ledger, hq: SystemLedger, place: Place) -> None:
    elsewhere = payload(place, '"extension_id":', '"extension_id":7')
    sql(place, f"UPDATE stored_events SET state = {elsewhere} WHERE [position] = 22")

    with pytest.raises(StoreUnusable, match="cannot follow"):
        ledger.rebuild()


def test_a_writer_may_and_an_auditor_may_only_look(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    with ipo_ledger.open(postgres_url, actor="ana") as ledger:
        ledger.init()
        ledger.add_system("hq", release="11", timezone="UTC")
        place.run("UPDATE ipo_ledger.systems SET release = '12'")
    with person(place, "ipo_ledger_auditor") as seen, ipo_ledger.open(seen.url, actor="eva") as auditor:
        assert auditor.rebuild(dry_run=True).changed == 1
        assert not auditor.verify().verified
        with pytest.raises(StoreUnusable, match="permission denied"):
            auditor.rebuild()
    with person(place, "ipo_ledger_writer") as seen, ipo_ledger.open(seen.url, actor="eva") as writer:
        assert writer.rebuild().changed == 1
        assert writer.verify().verified
    place.close()
