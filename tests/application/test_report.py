"""The data of a report says what `seats`, `who`, `show` and `status` answer, at every moment of its span."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipo_ledger
from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.application.asking import MOMENT
from ipo_ledger.application.refusals import BadArgument, NotKnownThen
from ipo_ledger.application.report import Report, clock_changes
from ipo_ledger.domain.moments import local
from ipo_ledger.domain.refusals import NothingKnown
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, SeatPoint
from tests.domain.story import DAWN, moment
from tests.stores.contract_state import a_few
from tests.stores.random_steps import EXTENSIONS, play, steps
from tests.stores.stored_story import StoredStory, a_stored_site

P = TypeVar("P", SeatPoint, PlacePoint, BasePoint, NumberPoint)
MADRID = ZoneInfo("Europe/Madrid")


# --- the plain way to read it -------------------------------------------------------------------------------


def last(points: Sequence[P], at: datetime) -> P | None:
    """Return the point in force at an instant."""
    found = [point for point in points if point.at <= at]
    return found[-1] if found else None


def seats_in(report: Report, at: datetime) -> list[tuple[Any, ...]]:
    """Return who sits where at an instant, with number, base extension and since when."""
    numbers = {user.name: last(user.numbers, at) for user in report.users}
    found: list[tuple[Any, ...]] = []
    for extension in report.extensions:
        seat, base = last(extension.seats, at), last(extension.bases, at)
        if seat is not None and not seat.gone:
            assert base is not None
            number = numbers[seat.user] if seat.user is not None else None
            of = (extension.extension_id, extension.module, extension.port, extension.label)
            found.append((*of, base.base, seat.user, number.number if number is not None else None, seat.at))
    return found


def off_the_air_in(report: Report, at: datetime) -> list[str]:
    """Return who is seated nowhere at an instant."""
    places = {user.name: last(user.places, at) for user in report.users}
    return [name for name, p in places.items() if p is not None and not p.gone and p.extension_id is None]


def same_seats(hq: SystemLedger, report: Report, at: datetime) -> None:
    """Hold a report at an instant against the answer to `seats`."""
    answer = hq.seats(on=at, known_at=report.position)

    assert seats_in(report, at) == [
        (s.extension_id, s.module, s.port, s.label, s.base_extension, s.user, s.number, s.since.astimezone(UTC))
        for s in answer.seats
    ]
    assert off_the_air_in(report, at) == list(answer.off_the_air)


def same_stays(hq: SystemLedger, report: Report, day: str) -> None:
    """Hold a report of one whole day against the answer to `who` of each extension that was there at its end."""
    for extension in report.extensions:
        if extension.seats[-1].gone:
            continue
        stays = hq.who(extension.extension_id, on=day, known_at=report.position).stays
        points = [point for point in extension.seats if not point.gone]
        assert [(p.user, p.at, p.cause, p.batch) for p in points] == [
            (s.user, s.from_.astimezone(UTC), s.cause, int(s.batch[1:]) if s.batch is not None else None) for s in stays
        ]


def same_batches(hq: SystemLedger, report: Report) -> None:
    """Hold the batches of a report against the answers to `show`."""
    for each in report.batches:
        shown = hq.show(each.batch.name, known_at=report.position)
        assert (each.batch.status, each.live, each.batch.title) == (shown.status, shown.live, shown.title)
        assert [f"B{n}" for n in each.batch.reverses] == list(shown.reverses)
        assert [f"B{n}" for n in each.reversed_by[-1:]] == ([shown.reversed_by] if shown.reversed_by else [])
        assert [(c.extension_id, c.old, c.new) for c in each.batch.changes.values()] == [
            (c.extension_id, c.old, c.new) for c in shown.changes
        ]
        assert each.pending == shown.pending


# --- random histories ---------------------------------------------------------------------------------------


@a_few
@given(chosen=steps, part=st.floats(0, 1), begins=st.floats(0, 1), ends=st.floats(0, 1))
def _says_the_same(url: str, chosen: list[tuple[str, int]], part: float, begins: float, ends: float) -> None:
    with ipo_ledger.open(url) as ledger:
        story = a_stored_site(ledger._store, EXTENSIONS, uuid.uuid4().hex)  # noqa: SLF001 - to tell stories into
        play(story, chosen)
        _correct_something(story, chosen)
        hq, newest = ledger.system(story.name), story.facts[-1].position
        first, final = sorted((int(story.minute * begins), int(story.minute * ends) + 1))
        site = next(f.position for f in reversed(story.facts) if f.occurred_at == DAWN)
        for known in (None, newest, site + int((newest - site) * part)):
            report = hq.report_data(moment(first), moment(final), known)
            moments = {report.start, report.end, *(p.at for x in report.extensions for p in x.seats)}
            moments |= {p.at for x in report.extensions for p in x.bases}
            for at in sorted(moments | {at - MOMENT for at in moments}):
                if report.start <= at <= report.end:
                    same_seats(hq, report, at)
            same_batches(hq, report)


def _correct_something(story: StoredStory, chosen: list[tuple[str, int]]) -> None:
    told = [f.position for f in story.facts if f.occurred_at > DAWN and f.caused_by is None]
    for position in told[-(len(chosen) % 3) :]:
        with contextlib.suppress(ipo_ledger.LedgerError, RestedOn):
            story.correct(position)


def test_a_report_of_any_span_as_known_at_any_time_says_what_the_questions_answer(url: str, ledger: Ledger) -> None:
    ledger.init()
    _says_the_same(url)


# --- by example ---------------------------------------------------------------------------------------------


def test_without_a_span_it_begins_with_the_baseline_and_ends_now(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)

    report = hq.report_data()

    assert local(report.start, MADRID).isoformat() == "2026-03-01T10:00:00+01:00"
    assert report.recorded_at <= report.end
    assert report.position == hq.log(limit=1).events[0].position
    assert report.known_at is None
    assert [each.batch.name for each in report.batches] == ["B1"]
    same_seats(hq, report, report.end)


def test_a_day_of_a_report_has_the_stays_of_that_day(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    hq.logout("205", at="2026-03-02T12:00")
    hq.swap("202", "204", at="2026-03-04T10:00", done=True)

    report = hq.report_data("2026-03-02", "2026-03-02")

    assert local(report.start, MADRID).isoformat() == "2026-03-02T00:00:00+01:00"
    assert local(report.end, MADRID).isoformat() == "2026-03-02T23:59:59.999999+01:00"
    assert [each.batch.name for each in report.batches] == ["B1"]
    same_stays(hq, report, "2026-03-02")


def test_of_several_points_at_one_instant_the_last_is_there(hq: SystemLedger) -> None:
    hq.user_set("205", login_code=True)
    for extension in (6, 5, 6):
        hq.login("205", extension, at="2026-03-03T09:00")

    report = hq.report_data()

    here = {x.extension_id: [p.user for p in x.seats] for x in report.extensions}
    assert (len(here[5]), len(here[6])) == (2, 2)
    assert here[5][1] is None
    assert here[6][1] == here[5][0]


def test_a_batch_of_which_nothing_is_in_the_span_is_left_out_unless_it_is_open(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    hq.rollback("B1", at="2026-03-03T10:00", done=True)
    hq.swap("204", "205", at="2026-03-04T10:00")
    hq.swap("206", "207", at="2026-03-05T10:00", done=True)

    report = hq.report_data("2026-03-05")

    # B2 put the bases and people where they are as the span begins, B3 is still a draft
    assert [each.batch.name for each in report.batches] == ["B2", "B3", "B4"]


def test_reversals_and_what_is_pending_are_those_of_show(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    hq.rollback("B1", at="2026-03-03T10:00", done=True)
    hq.swap("204", "205", at="2026-03-04T10:00")
    hq.send("B3", at="2026-03-04T11:00")

    report = hq.report_data()

    assert [(b.live, b.reversed_by, len(b.pending)) for b in report.batches] == [
        (False, (2,), 0),
        (True, (), 0),
        (True, (), 2),
    ]
    same_batches(hq, report)


def test_as_known_earlier_it_ends_when_that_was_recorded_and_never_changes(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    known = hq.log(limit=1).events[0].position
    before = hq.report_data(known_at=known)

    hq.label(2, "window")
    hq.swap("202", "203", at="2026-03-03T10:00", done=True)
    hq.rollback("B2", done=True)

    assert hq.report_data(known_at=known) == before
    assert before.end == before.recorded_at


def test_nothing_is_reported_before_the_baseline_or_before_it_was_known(hq: SystemLedger) -> None:
    with pytest.raises(NothingKnown):
        hq.report_data(to="2026-02-01")
    with pytest.raises(NotKnownThen):
        hq.report_data(known_at=1)


def test_a_span_that_ends_before_it_begins_is_refused(hq: SystemLedger) -> None:
    with pytest.raises(BadArgument, match="begin at 2026-03-05T00:00:00"):
        hq.report_data("2026-03-05", "2026-03-04")


def test_the_future_is_not_reported(hq: SystemLedger) -> None:
    report = hq.report_data(to="9000-01-01")

    assert report.end < datetime.now(UTC) + timedelta(minutes=1)


# --- clocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
def test_the_clocks_of_a_report_show_what_the_zone_shows(zone: str) -> None:
    start, there = datetime(2024, 3, 10, 7, 13, 5, tzinfo=UTC), ZoneInfo(zone)

    clocks = list(clock_changes(there, start, start + timedelta(days=800)))

    for hour in range(800 * 24):
        at = start + timedelta(hours=hour)
        shown = [clock for clock in clocks if clock.at <= at][-1]
        assert (shown.offset, shown.name) == (local(at, there).utcoffset(), local(at, there).tzname())
    for clock in clocks[1:]:
        before, after = local(clock.at - MOMENT, there), local(clock.at, there)
        assert (after.utcoffset(), after.tzname()) == (clock.offset, clock.name)
        assert (before.utcoffset(), before.tzname()) != (clock.offset, clock.name)
