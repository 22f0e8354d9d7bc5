"""The state that decisions are made from is what the events leave, however it is come by."""

from __future__ import annotations

import uuid
from itertools import zip_longest

from hypothesis import given, settings
from msgspec.structs import replace

from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import BatchFilter
from ipo_ledger.domain import fold
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System
from tests.domain.given import state_of
from tests.domain.thoroughness import examples
from tests.stores.places import Place
from tests.stores.random_steps import EXTENSIONS, play, steps
from tests.stores.stored_story import StoredStory, a_stored_site, a_stored_system

# All examples share a ledger, and each has a system of its own there.
a_few = settings(max_examples=examples(12))


class StateContract:
    """Loaded from the read model equals folded from the events."""

    def test_a_loaded_system_is_the_folded_one(self, place: Place) -> None:
        @a_few
        @given(chosen=steps)
        def check(chosen: list[tuple[str, int]]) -> None:
            story = a_stored_site(place.ledger(), EXTENSIONS, _a_name())

            play(story, chosen)

            with story.store.reading() as reading:
                loaded = reading.system(story.name)
                assert loaded is not None
                assert state_of(loaded) == state_of(_folded(reading, story.name))
                assert state_of(loaded) == state_of(story.system)
                _same_batches(reading, loaded, story)
                _same_last_states(reading, loaded, story)

        check()

    def test_systems_have_nothing_to_do_with_each_other(self, place: Place) -> None:
        @a_few
        @given(chosen=steps, meanwhile=steps)
        def check(chosen: list[tuple[str, int]], meanwhile: list[tuple[str, int]]) -> None:
            one, other = (a_stored_site(place.ledger(), EXTENSIONS, _a_name()) for _ in range(2))

            for step, its in zip_longest(chosen, meanwhile):
                play(one, [step] if step else [])
                play(other, [its] if its else [])

            with place.ledger().reading() as reading:
                for story in (one, other):
                    loaded = reading.system(story.name)
                    assert loaded is not None
                    assert state_of(loaded) == state_of(story.system)
                    _same_batches(reading, loaded, story)

        check()

    def test_an_unknown_system_is_none(self, place: Place) -> None:
        store = place.ledger()

        with store.reading() as reading:
            assert reading.system("hq") is None
            assert reading.system_row("hq") is None
            assert reading.system("\0") is None
            assert reading.system("\udcff") is None

    def test_a_system_of_which_nothing_is_known_is_loaded(self, place: Place) -> None:
        story = a_stored_system(place.ledger())

        with story.store.reading() as reading:
            loaded = reading.system("hq")
            assert loaded is not None
            assert state_of(loaded) == state_of(story.system)

    def test_what_was_removed_is_kept_as_it_was_last(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 3)
        story.remove_extension(1)
        story.remove_user("U2")

        with story.store.reading() as reading:
            key = story.system.key
            gone, left = reading.extension(key, 1), reading.user(key, "U2")
            assert reading.extension(key, 9) is None
            assert reading.extension(key, 10**30) is None
            assert reading.user(key, "U9") is None
        assert gone is not None
        assert left is not None
        assert (gone.base, gone.user, gone.last.name) == ("201", None, "ExtensionRemoved")
        assert (left.number, left.extension_id, left.last.name) == ("202", None, "UserRemoved")

    def test_what_was_removed_and_came_back_is_there(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        story.remove_extension(1)
        story.observe_extension(1, "201")

        with story.store.reading() as reading:
            loaded = reading.system("hq")
            assert loaded is not None
            assert state_of(loaded) == state_of(story.system)
            assert reading.extension(loaded.key, 1) == loaded.extensions[1]


def _a_name() -> str:
    return uuid.uuid4().hex


def _folded(reading: Reading, name: str) -> System:
    system = System(name)
    for fact in reading.facts():
        if fact.system == name:
            fold.apply(system, fact)
    return system.copy()


def _same_batches(reading: Reading, loaded: System, story: StoredStory) -> None:
    for number in story.past.seen:
        found, expected = reading.batch(loaded.key, number), story.past.batch(number)
        assert found == expected
        assert list(found.changes) == list(expected.changes), "in order of first touch"
        if expected.in_force:
            after = reading.connected_after(loaded.key, expected)
            assert list(after) == list(story.past.connected_after(expected))
            assert [list(b.changes) for b in after] == [list(story.past.batch(b.number).changes) for b in after]
    for number, batch in loaded.open.items():
        assert list(batch.changes) == list(story.past.batch(number).changes)
    assert reading.batch(loaded.key, len(story.past.seen) + 1) is None
    assert _without_changes(story) == {b.number: n for b, n in _all_batches(reading, loaded.key)}


def _all_batches(reading: Reading, key: int) -> list[tuple[Batch, int]]:
    return list(reading.batches(key, BatchFilter(limit=1000)))


def _without_changes(story: StoredStory) -> dict[int, int]:
    return {number: len(batch.changes) for number, batch in story.past.seen.items()}


def _same_last_states(reading: Reading, loaded: System, story: StoredStory) -> None:
    for extension_id in {p.extension_id for p in story.seat_points}:
        found = reading.extension(loaded.key, extension_id)
        assert found is not None
        if extension_id in loaded.extensions:
            assert found == loaded.extensions[extension_id]
        else:
            assert replace(found, user=None) == found, "nobody sits where nothing is"
