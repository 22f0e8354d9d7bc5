"""How a store is made, and what is refused to be taken for one."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest

from ipo_ledger.adapters import migrations
from ipo_ledger.adapters.store.faults import MigrationChanged, NoLedgerYet, StoreAhead, StoreBehind
from ipo_ledger.adapters.store.tables import READ_MODEL
from ipo_ledger.domain import events as e
from ipo_ledger.errors import StoreUnusable
from tests.stores.places import Place, PostgresPlace, SqlitePlace
from tests.stores.random_steps import EXTENSIONS, STEPS, play
from tests.stores.stored_story import a_stored_site, note

ROOT = Path(__file__).parents[2]


class MakingContract:
    """A store is made once, whole, and is what it says it is."""

    def test_first_starts_at_the_same_moment_all_succeed(self, place: Place) -> None:
        together = Barrier(30)

        def start(_: int) -> bool:
            store = place.store()
            together.wait(30)
            try:
                made = store.create()
                with store.reading() as reading:
                    reading.head()
            finally:
                store.close()
            return made

        with ThreadPoolExecutor(30) as threads:
            assert Counter(threads.map(start, range(30))) == {True: 1, False: 29}

    def test_making_it_twice_is_harmless(self, place: Place) -> None:
        store = place.store()

        assert store.create()
        note(store, "hq")
        before = place.dump()

        assert not store.create()
        assert not place.store().create()
        assert place.dump() == before
        assert {table.name for table in READ_MODEL} < set(place.tables())

    def test_what_was_not_made_is_no_ledger_yet(self, place: Place) -> None:
        store = place.store()

        for transaction in (store.reading, store.writing):
            with pytest.raises(NoLedgerYet) as refused, transaction():
                pass

        assert "init" in refused.value.hint
        assert store.create()
        note(store, "hq")

    def test_a_later_release_is_refused(self, place: Place) -> None:
        place.ledger()
        place.run(f"INSERT INTO {place.schema}schema_migrations VALUES (9999, '9999_later.sql', 'x', 0)")
        before = place.dump()

        _refused(place, StoreAhead, "9999")

        assert place.dump() == before

    def test_a_migration_that_was_another_is_refused(self, place: Place) -> None:
        place.ledger()
        place.run(f"UPDATE {place.schema}schema_migrations SET checksum = 'other'")
        before = place.dump()

        _refused(place, MigrationChanged, "0001_ledger.sql")

        assert place.dump() == before

    def test_a_store_of_an_earlier_release_is_brought_to_this_one(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        note(place.ledger(), "hq")
        request.getfixturevalue("next_release")

        if not isinstance(place, SqlitePlace):  # only the embedded store brings itself there
            with pytest.raises(StoreBehind) as refused, place.store().reading():
                pass
            assert "init" in refused.value.hint
            assert place.store().create()
        with place.store().reading() as reading:
            assert reading.head().position == 1

        assert place.run(f"SELECT one FROM {place.schema}more") == [(1,)]
        assert not place.store().create()

    def test_a_read_model_of_the_first_release_is_made_anew_from_its_events(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = SqlitePlace(tmp_path / "told.db")
        _a_full_story(told)
        events = told.run(
            "SELECT rowid, originator_id, originator_version, topic, state, recorded_at FROM stored_events"
        )
        with monkeypatch.context() as earlier:
            earlier.setattr(migrations, "_folder", lambda: _only_the_first(tmp_path))
            place.ledger()
        assert "former_batches" not in place.tables()
        _insert_as_the_first_release_did(place, events)

        assert place.store().create()

        assert all(told.read_model().values()), "every table has something in it"
        assert place.read_model() == told.read_model()
        assert not place.store().create()
        note(place.store(), "hq")
        note(told.store(), "hq")
        assert place.read_model() == told.read_model()
        told.close()

    def test_a_migration_that_fails_leaves_nothing(self, place: Place, request: pytest.FixtureRequest) -> None:
        place.ledger()
        folder: Path = request.getfixturevalue("next_release")
        for dialect in ("sqlite", "postgres"):
            (last,) = (folder / dialect).glob("*_more.sql")
            with last.open("a", encoding="utf-8") as file:
                file.write("CREATE TABLE nothing that works;\n")
        before = place.dump()

        with pytest.raises(StoreUnusable):
            place.store().create()

        assert place.dump() == before

    def test_the_url_is_shown_as_it_was_given(self, place: Place) -> None:
        assert place.store().url == place.url

    def test_a_closed_store_opens_again(self, place: Place) -> None:
        store = place.ledger()
        note(store, "hq")

        store.close()
        store.close()

        note(store, "hq")
        with store.reading() as reading:
            assert reading.head().position == 2


def _a_full_story(place: Place) -> None:
    """Tell of one system whatever a random story tells; of another what was corrected, which came later."""
    story, branch = a_stored_site(place.ledger(), EXTENSIONS), a_stored_site(place.ledger(), 2, "branch")
    chance = Random(7)  # noqa: S311 - no secret
    play(story, [(chance.choice(STEPS), chance.randrange(2**16)) for _ in range(120)])
    branch.send(branch.swap("U1", "U2"))
    branch.settle()
    branch.correct(branch.last[0].position, never=True)
    branch.restart()
    branch.correct(branch.last[0].position, never=True)
    branch.happens(e.SystemChanged("11.1", "Europe/Madrid", "merge", "*36"))


def _only_the_first(folder: Path) -> Path:
    kept = folder / "first"
    for dialect in ("sqlite", "postgres"):
        (kept / dialect).mkdir(parents=True, exist_ok=True)
        for name in ("0001_ledger.sql", "roles.sql"):
            file = ROOT / "migrations" / dialect / name
            if file.exists():
                shutil.copy(file, kept / dialect / name)
    return kept


def _insert_as_the_first_release_did(place: Place, events: list[tuple[Any, ...]]) -> None:
    for position, stream, version, topic, state, recorded_at in events:
        blob = f"'\\x{state.hex()}'" if isinstance(place, PostgresPlace) else f"x'{state.hex()}'"
        place.run(
            f"INSERT INTO {place.schema}stored_events ({place.position}, originator_id, originator_version, topic, "
            f"state, recorded_at) VALUES ({position}, '{stream}', {version}, '{topic}', {blob}, {recorded_at})"
        )
    stamps = isinstance(place, PostgresPlace)  # the head with the server's clock; here it is at the last event's time
    if stamps:
        place.run("ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped")
    place.run(f"UPDATE {place.schema}head SET position = {events[-1][0]}, recorded_at = {events[-1][5]}")
    if stamps:
        place.run("ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped")


def _refused(place: Place, kind: type[StoreUnusable], naming: str) -> None:
    store = place.store()
    for transaction in (store.reading, store.writing):
        with pytest.raises(kind, match=naming), transaction():
            pass
    with pytest.raises(kind, match=naming):
        store.create()
