"""What was true when, as known when: compared with the points that the domain left, searched the plain way."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.domain import events as e
from ipo_ledger.domain.refusals import CorrectedAlready
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, SeatPoint
from tests.domain.story import DAWN, moment
from tests.stores.contract_state import a_few
from tests.stores.places import Place
from tests.stores.random_steps import EXTENSIONS, play, steps
from tests.stores.stored_story import StoredStory, a_stored_site

P = TypeVar("P", SeatPoint, BasePoint, PlacePoint, NumberPoint)

FOREVER = 10**30
SECOND = timedelta(seconds=1)
CORRECTED_HERE = e.ConfigurationSent | e.UserLoggedIn | e.UserRenumbered


class WhenContract:
    """Points in time, known at a position."""

    def test_points_are_those_of_the_domain(self, place: Place) -> None:
        @a_few
        @given(chosen=steps, part=st.floats(0, 1))
        def check(chosen: list[tuple[str, int]], part: float) -> None:
            story = a_stored_site(place.ledger(), EXTENSIONS, uuid.uuid4().hex)
            play(story, chosen)
            last = story.facts[-1].position

            with story.store.reading() as reading:
                for known in {last, FOREVER, story.system.key + int((last - story.system.key) * part)}:
                    for minute in {0, 1, story.minute // 2, story.minute}:
                        _same_points(reading, story, moment(minute), known)

        check()

    def test_an_answer_for_a_known_position_never_changes(self, place: Place) -> None:
        @a_few
        @given(chosen=steps, later=steps)
        def check(chosen: list[tuple[str, int]], later: list[tuple[str, int]]) -> None:
            story = a_stored_site(place.ledger(), EXTENSIONS, uuid.uuid4().hex)
            play(story, chosen)
            known, at = story.facts[-1].position, moment(story.minute)
            with story.store.reading() as reading:
                before = _answers(reading, story.system.key, at, known)

            play(story, later)

            with story.store.reading() as reading:
                assert _answers(reading, story.system.key, at, known) == before

        check()

    def test_several_points_in_one_instant_end_in_the_last(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        story.flag("U1", login_code=True)
        story.log_in("U1", 2, at=5)
        story.log_in("U1", 1, at=5)
        story.log_in("U1", 2, at=5)
        key, known = story.system.key, story.facts[-1].position

        with story.store.reading() as reading:
            points = reading.seat_points(key, 2, moment(5), moment(5), known)
            seats = reading.seats(key, moment(5), known)
            before = reading.seats(key, moment(5) - timedelta(microseconds=1), known)

        assert [p.user for p in points] == [None, "U1", None, "U2", None, "U1"]
        assert [(s.extension_id, s.user, s.since) for s in seats] == [
            (1, None, moment(5)),
            (2, "U1", moment(5)),
        ]
        assert [s.user for s in before] == ["U1", "U2"]

    def test_a_day_has_the_point_before_it_those_in_it_and_the_one_after(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        story.flag("U1", login_code=True)
        for minute, extension_id in ((10, 2), (20, 1), (30, 2), (40, 1)):
            story.log_in("U1", extension_id, at=minute)
        key = story.system.key

        with story.store.reading() as reading:
            found = reading.place_points(key, "U1", moment(15), moment(30), FOREVER)
            early = reading.place_points(key, "U1", DAWN - SECOND, DAWN - SECOND, FOREVER)
            late = reading.place_points(key, "U1", moment(99), moment(100), FOREVER)

        assert sorted({p.at for p in found}) == [moment(10), moment(20), moment(30), moment(40)]
        assert [p.at for p in early] == [DAWN]
        assert {p.at for p in late} == {moment(40)}

    def test_what_is_gone_is_no_longer_in_the_seats(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 3)
        story.remove_extension(1, at=5)
        story.remove_user("U2", at=6)
        key = story.system.key

        with story.store.reading() as reading:
            assert [s.extension_id for s in reading.seats(key, moment(4), FOREVER)] == [1, 2, 3]
            assert [s.extension_id for s in reading.seats(key, moment(5), FOREVER)] == [2, 3]
            assert reading.off_the_air(key, moment(4), FOREVER) == []
            assert reading.off_the_air(key, moment(5), FOREVER) == ["U1"]
            assert reading.off_the_air(key, moment(6), FOREVER) == ["U1"]
            assert [s.user for s in reading.seats(key, moment(6), FOREVER)] == [None, "U3"]

    def test_nothing_is_known_before_the_first_point(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        key = story.system.key

        with story.store.reading() as reading:
            assert reading.seats(key, DAWN - SECOND, FOREVER) == []
            assert reading.off_the_air(key, DAWN - SECOND, FOREVER) == []
            assert reading.seats(key, DAWN, 1) == []
            assert reading.number_at(key, "U1", DAWN - SECOND, FOREVER) is None
            assert reading.first_seat(key, 1, FOREVER) == DAWN
            assert reading.first_place(key, "U1", FOREVER) == DAWN
            assert reading.first_seat(key, 1, 1) is None
            assert reading.first_place(key, "U1", 1) is None
            assert reading.first_seat(key, 99, FOREVER) is None
            assert reading.first_place(key, "U99", FOREVER) is None
            assert reading.seat_points(key, 99, DAWN, DAWN, FOREVER) == []

    def test_a_point_that_was_corrected_is_known_only_until_then(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        story.flag("U1", login_code=True)
        story.send(story.draft({1: "999"}, at=4), at=4)
        story.log_in("U1", 2, at=5)
        story.observe_user("U1", "777", at=6)
        key, last = story.system.key, story.facts[-1].position
        told = [f.position for f in story.facts if isinstance(f.event, CORRECTED_HERE) and f.occurred_at > DAWN]
        for position in reversed(told):  # what rests on something comes off first
            with contextlib.suppress(CorrectedAlready):  # it went with another
                story.correct(position, never=True)
        end = story.facts[-1].position

        with story.store.reading() as reading:
            assert reading.seats(key, moment(9), last + 1)[0].number is None, "U1 moved, and was not renumbered yet"
            for known, moved in ((last, True), (end, False), (FOREVER, False)):
                seats = reading.seats(key, moment(9), known)
                assert [s.user for s in seats] == ([None, "U1"] if moved else ["U1", "U2"])
                assert [s.base for s in seats] == (["999", "202"] if moved else ["201", "202"])
                assert reading.off_the_air(key, moment(9), known) == (["U2"] if moved else [])
                assert reading.number_at(key, "U1", moment(9), known) == ("777" if moved else "201")
                assert len(reading.base_points(key, 1, known)) == (2 if moved else 1)
                for points in (
                    reading.seat_points(key, 1, moment(9), moment(9), known),
                    reading.seat_points(key, 1, DAWN, DAWN, known),
                    reading.place_points(key, "U1", moment(9), moment(9), known),
                    reading.place_points(key, "U1", DAWN, moment(9), known),
                ):
                    assert (max(p.at for p in points) > DAWN) == moved


def _answers(reading: Reading, key: int, at: datetime, known: int) -> list[object]:
    points = [reading.seat_points(key, i, DAWN, at, known) for i in range(1, EXTENSIONS + 2)]
    places = [reading.place_points(key, f"U{i}", DAWN, at, known) for i in range(1, EXTENSIONS + 2)]
    seats = [(s.extension_id, s.base, s.user, s.since) for s in reading.seats(key, at, known)]
    return [points, places, seats, reading.off_the_air(key, at, known)]


# --- the plain way ------------------------------------------------------------------------------------------


def _same_points(reading: Reading, story: StoredStory, at: datetime, known: int) -> None:
    key = story.system.key
    seats = {i: _last(_of(story.seat_points, i, known), at) for i in {p.extension_id for p in story.seat_points}}
    bases = {i: _last(_bases(story, i, known), at) for i in seats}
    users = {p.user for p in story.place_points}
    places = {name: _last(_places(story, name, known), at) for name in users}

    numbers = {name: _last(_numbers(story, name, known), at) for name in users}

    assert [(s.extension_id, s.base, s.user, s.number, s.since) for s in reading.seats(key, at, known)] == [
        (i, base.base, seat.user, _number(numbers, seat.user), seat.at)
        for i, seat in sorted(seats.items())
        if seat is not None and not seat.gone and (base := bases[i]) is not None
    ]
    assert reading.off_the_air(key, at, known) == sorted(
        name for name, p in places.items() if p is not None and not p.gone and p.extension_id is None
    )
    for i in seats:
        assert reading.seat_points(key, i, at, at, known) == _around(_of(story.seat_points, i, known), at)
        assert reading.base_points(key, i, known) == _bases(story, i, known)
    for name in users:
        assert reading.place_points(key, name, at, at, known) == _around(_places(story, name, known), at)
        number = _last(_numbers(story, name, known), at)
        assert reading.number_at(key, name, at, known) == (number.number if number is not None else None)


def _number(numbers: Mapping[str, NumberPoint | None], user: str | None) -> str | None:
    """Return the number a user has at that time, which may be another than when they sat down."""
    point = numbers[user] if user is not None else None
    return point.number if point is not None else None


def _of(points: list[SeatPoint], extension_id: int, known: int) -> list[SeatPoint]:
    found = [p for p in points if p.extension_id == extension_id and p.position <= known]
    return sorted(found, key=lambda p: (p.at, p.position))


def _bases(story: StoredStory, extension_id: int, known: int) -> list[BasePoint]:
    found = [p for p in story.base_points if p.extension_id == extension_id and p.position <= known]
    return sorted(found, key=lambda p: (p.at, p.position))


def _places(story: StoredStory, name: str, known: int) -> list[PlacePoint]:
    found = [p for p in story.place_points if p.user == name and p.position <= known]
    return sorted(found, key=lambda p: (p.at, p.position))


def _numbers(story: StoredStory, name: str, known: int) -> list[NumberPoint]:
    found = [p for p in story.number_points if p.user == name and p.position <= known]
    return sorted(found, key=lambda p: (p.at, p.position))


def _last(points: list[P], at: datetime) -> P | None:
    found = [p for p in points if p.at <= at]
    return found[-1] if found else None


def _around(points: list[P], at: datetime) -> list[P]:
    """Return all points of the last instant at or before `at`, and the first after it."""
    last = _last(points, at)
    here = [p for p in points if last is not None and p.at == last.at]
    return here + [p for p in points if p.at > at][:1]
