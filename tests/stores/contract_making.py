"""How a store is made, and what is refused to be taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger.adapters.store.faults import MigrationChanged, NoLedgerYet, StoreAhead, StoreBehind
from ipo_ledger.adapters.store.tables import READ_MODEL
from ipo_ledger.errors import StoreUnusable
from tests.stores.places import Place, SqlitePlace
from tests.stores.stored_story import note


class MakingContract:
    """A store is made once, whole, and is what it says it is."""

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

    def test_a_migration_that_fails_leaves_nothing(self, place: Place, request: pytest.FixtureRequest) -> None:
        place.ledger()
        folder: Path = request.getfixturevalue("next_release")
        for dialect in ("sqlite", "postgres"):
            with (folder / dialect / "0002_more.sql").open("a", encoding="utf-8") as file:
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


def _refused(place: Place, kind: type[StoreUnusable], naming: str) -> None:
    store = place.store()
    for transaction in (store.reading, store.writing):
        with pytest.raises(kind, match=naming), transaction():
            pass
    with pytest.raises(kind, match=naming):
        store.create()
