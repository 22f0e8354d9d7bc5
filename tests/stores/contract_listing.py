"""Lists: systems, events and batches by what they are about, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ipo_ledger.application.ports.rows import BatchFilter, LogFilter
from ipo_ledger.domain import events as e
from ipo_ledger.domain.events import Fact
from tests.domain.story import moment
from tests.stores.places import Place
from tests.stores.stored_story import StoredStory, a_stored_site, a_stored_system


def _story(place: Place) -> StoredStory:
    story = a_stored_site(place.ledger(), 4)
    story.send(story.swap("U1", "U2", at=10), at=11)
    story.settle()
    story.swap("U3", "U4", at=20)
    story.record(lambda entry: entry.happens(e.BatchOpened(3, "by ben"), batch=3), at=30, actor="ben")
    story.draft_rollback(1)
    a_stored_site(story.store, 2, "branch")
    return story


class ListingContract:
    """Filters and pages."""

    @pytest.mark.parametrize(
        ("wanted", "fits"),
        [
            ({}, lambda f: True),
            ({"user": "U1"}, lambda f: getattr(f.event, "user", None) == "U1"),
            ({"extension_id": 2}, lambda f: getattr(f.event, "extension_id", None) == 2),
            ({"batch": 1}, lambda f: f.batch == 1),
            ({"actor": "ben"}, lambda f: f.actor == "ben"),
            ({"since": moment(11)}, lambda f: f.occurred_at >= moment(11)),
            ({"until": moment(11)}, lambda f: f.occurred_at < moment(11)),
            ({"before": 9}, lambda f: f.position < 9),
            ({"batch": 1, "user": "U2"}, lambda f: f.batch == 1 and getattr(f.event, "user", None) == "U2"),
            ({"user": "U1", "actor": "ben"}, lambda f: False),
            ({"extension_id": 10**30}, lambda f: False),
            ({"user": "\0"}, lambda f: False),
            ({"user": "' OR 1=1 --"}, lambda f: False),
        ],
    )
    def test_the_log_shows_what_fits_newest_first(
        self, place: Place, wanted: dict[str, Any], fits: Callable[[Fact], bool]
    ) -> None:
        story = _story(place)

        with story.store.reading() as reading:
            found = reading.log(LogFilter(system=story.system.key, limit=1000, **wanted))
            assert list(found) == [f for f in reversed(list(reading.facts())) if f.system == "hq" and fits(f)]

    def test_the_log_of_all_systems_is_read_page_by_page(self, place: Place) -> None:
        story = _story(place)

        with story.store.reading() as reading:
            pages, before = [], None
            while page := reading.log(LogFilter(before=before, limit=7)):
                pages.append(len(page))
                before = page[-1].position
            whole = reading.log(LogFilter(limit=1000))
            assert {fact.system for fact in whole} == {"hq", "branch"}
            assert [f.position for f in whole] == list(range(reading.head().position, 0, -1))
        assert sum(pages) == len(whole)
        assert set(pages[:-1]) == {7}

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, [4, 3, 2, 1]),
            ({"limit": 2}, [4, 3]),
            ({"before": 3}, [2, 1]),
            ({"before": 3, "limit": 1}, [2]),
            ({"status": "draft"}, [4, 3, 2]),
            ({"status": "settled"}, [1]),
            ({"status": "sent"}, []),
            ({"actor": "ben"}, [4, 3]),
            ({"extension_id": 1}, [4, 1]),
            ({"extension_id": 3}, [2]),
            ({"number": "201"}, [4, 1]),
            ({"number": "204", "status": "draft"}, [2]),
            ({"number": "999"}, []),
            ({"since": moment(20)}, [4, 3, 2]),
            ({"until": moment(20)}, [1]),
            ({"since": moment(20), "until": moment(21)}, [2]),
        ],
    )
    def test_batches_are_listed_newest_first(self, place: Place, wanted: dict[str, Any], found: list[int]) -> None:
        story = _story(place)

        with story.store.reading() as reading:
            listed = reading.batches(story.system.key, BatchFilter(**wanted))

        assert [batch.number for batch, _ in listed] == found
        assert all(batch.changes == {} for batch, _ in listed)
        assert {n: len(b.changes) for n, b in story.past.seen.items()}.items() >= {
            batch.number: changes for batch, changes in listed
        }.items()
        assert all(batch.reverses == ((1,) if batch.number == 4 else ()) for batch, _ in listed)

    def test_systems_are_listed_by_name_as_python_sorts(self, place: Place) -> None:
        store = place.ledger()
        names = ["b", "B", "a", "Z", "_", "é", "e", "10", "9", "zz", "日本", "\U0001f600", "ﬀ"]
        for name in names:
            a_stored_system(store, name)
        a_stored_site(store, 2, "with people")

        with store.reading() as reading:
            rows = reading.systems()
            assert [row.name for row in rows] == sorted([*names, "with people"])
            known = next(row for row in rows if row.name == "with people")
            assert known == reading.system_row("with people")
        assert (known.extensions, known.users, known.batches) == (2, 2, 0)
        assert known.known_since == moment(0)
        assert rows[0].known_since is None

    def test_users_who_are_off_the_air_are_listed_as_python_sorts(self, place: Place) -> None:
        story = a_stored_system(place.ledger())
        names = ["b", "B", "a", "_", "é", "\U0001f600", "ﬀ"]
        for name in names:
            story.observe_user(name, None)

        with story.store.reading() as reading:
            found = reading.off_the_air(story.system.key, moment(99), 10**9)

        assert list(found) == sorted(names)

    def test_people_and_phones_are_found_by_what_they_are_called(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 3)
        story.happens(e.ExtensionChanged(1, "BD", 1, 0, "window"))
        story.happens(e.ExtensionChanged(2, "BD", 2, 0, "window"))
        story.remove_extension(1)
        story.remove_user("U3")
        story.observe_user("203", "U1")
        key = story.system.key

        with story.store.reading() as reading:
            assert reading.extensions_labelled(key, "window") == [2, 1]
            assert reading.extensions_labelled(key, "Window") == []
            assert reading.extensions_at(key, "BD", 3) == [3]
            assert reading.extensions_at(key, "BD", 10**30) == []
            assert reading.users_called(key, "U2") == ["U2"]
            assert reading.users_called(key, "202") == ["U2"]
            assert reading.users_called(key, "203") == ["203", "U3"]
            assert reading.users_called(key, "U1") == ["203", "U1"]
            assert reading.users_called(key, "nobody") == []
            assert dict(reading.all_users(key)) == {"U1": "201", "U2": "202", "U3": "203", "203": "U1"}
