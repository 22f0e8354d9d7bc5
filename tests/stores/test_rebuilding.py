"""A rebuild of many systems: no more of them are kept in memory than fit, and the rows are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger.adapters.store import rebuilding
from ipo_ledger.adapters.store.rebuilding import Projection
from tests.stores.places import SqlitePlace
from tests.stores.stored_story import StoredStory, a_stored_site

RECORDS = 8  # of a site of four: extensions and users


@pytest.fixture
def place(tmp_path: Path) -> SqlitePlace:
    """Three systems whose events lie among each other."""
    found = SqlitePlace(tmp_path / "ledger.db")
    store = found.ledger()
    told = {name: a_stored_site(store, 4, name) for name in ("a", "b", "c")}
    drafts = {name: story.swap("U1", "U2") for name, story in told.items()}
    for name in ("c", "a", "b", "a"):
        _goes_on(told[name], drafts[name])
    return found


def _goes_on(story: StoredStory, number: int) -> None:
    if story.status(number) == "draft":
        story.send(number)
    story.log_out("U1" if story.seats[1] == "U1" else "U2")


@pytest.mark.parametrize("kept", [0, RECORDS, 2 * RECORDS])
def test_what_is_forgotten_on_the_way_is_read_back(
    place: SqlitePlace, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(rebuilding, "_RECORDS_KEPT", kept)
    before, most = place.read_model(), list[int]()

    with place.store().writing() as writing:
        facts = list(writing.facts())
        writing.forget()
        projection = Projection(writing)
        for fact in facts:
            projection.add(fact)
            systems = list(projection._systems.values())  # noqa: SLF001 - what is kept in memory
            most.append(sum(len(s.extensions) + len(s.users) for s in systems[:-1]))
        projection.write()

    assert place.read_model() == before
    assert max(most) <= kept


def test_the_system_that_was_not_needed_for_longest_is_forgotten(
    place: SqlitePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_RECORDS_KEPT", 2 * RECORDS)

    with place.store().writing() as writing:
        projection = Projection(writing)
        for name in ("a", "b", "a", "c"):
            projection.system(name)
        kept = list(projection._systems)  # noqa: SLF001 - as above

    assert kept == ["a", "c"]
