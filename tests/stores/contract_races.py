"""A time to be known at, asked for while an append is under way: what is stamped and not committed is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from threading import Event

import pytest

from ipo_ledger.adapters.store.faults import StoreBusy
from ipo_ledger.application.asking import look
from ipo_ledger.domain import events as e
from ipo_ledger.domain.entry import Entry, Given
from tests.domain.story import moment
from tests.stores.places import AnyStore, Place
from tests.stores.stored_story import StoredStory, a_stored_site

PATIENCE = 30  # seconds, for what is to happen at once


class RacesContract:
    """Writers and readers at the same moment."""

    def test_a_time_known_at_waits_for_what_is_stamped_and_not_committed(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        reader, asked = place.store(), Event()
        wait = reader.wait_for_writers

        def told_first() -> None:
            asked.set()
            wait()

        setattr(reader, "wait_for_writers", told_first)  # noqa: B010 - says when it is called
        with ThreadPoolExecutor(1) as thread:
            with _under_way(story) as (position, stamped):
                future = thread.submit(_known_at, reader, stamped)
                assert asked.wait(PATIENCE)

            assert future.result(PATIENCE) == position
        assert _known_at(reader, stamped) == position

    def test_who_waits_too_long_for_an_append_is_given_no_answer(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        impatient = place.store(busy_seconds=0.05)

        with (
            _under_way(story) as (position, stamped),
            ThreadPoolExecutor(1) as thread,
            pytest.raises(StoreBusy, match=r"0\.05"),
        ):
            thread.submit(_known_at, impatient, stamped).result(PATIENCE)

        assert _known_at(impatient, stamped) == position

    def test_what_was_recorded_before_is_answered_at_once(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        story.flag("U1", login_code=True)
        impatient = place.store(busy_seconds=0.05)
        with impatient.reading() as reading:
            head = reading.head()
            first = next(iter(reading.facts())).recorded_at
        assert first is not None

        with _under_way(story), ThreadPoolExecutor(1) as thread:
            for known_at, position in ((None, head.position), (3, 3), (first, None), (head.recorded_at, head.position)):
                known = thread.submit(_known_at, impatient, known_at).result(PATIENCE)
                assert position in {None, known}

    def test_an_append_that_is_given_up_was_never_known(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        last = story.facts[-1].position
        moments: list[datetime] = []

        def fail() -> None:
            with _under_way(story) as (_, stamped):
                moments.append(stamped)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()

        assert _known_at(place.store(), moments[0]) == last
        story.draft({1: None})
        assert _known_at(place.store(), moments[0]) == last


@contextmanager
def _under_way(story: StoredStory) -> Iterator[tuple[int, datetime]]:
    """Append and do not commit until the block ends; give the position, and a time at which it is stamped already."""
    with story.store.writing() as writing:
        system = writing.system(story.name)
        assert system is not None
        given = Given(at=moment(9), actor="ben", command_id="under way")
        entry = Entry(system, given, after=writing.head().position)
        entry.happens(e.UserChanged("U2", None, False, True))
        writing.append(entry)
        (fact,) = writing.facts(after=entry.facts[-1].position - 1)
        assert fact.recorded_at is not None
        yield fact.position, writing.now()


def _known_at(store: AnyStore, known_at: datetime | int | None) -> int:
    with look(store, "hq", known_at) as at:
        return at.known
