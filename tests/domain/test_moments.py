"""What may be written for a time, what it means in a zone, and that nothing else is guessed."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ipo_ledger.domain import moments
from ipo_ledger.domain.moments import (
    Day,
    Instant,
    describe,
    from_micros,
    iso,
    local,
    read_instant,
    read_when,
    to_micros,
    zone_of,
)
from ipo_ledger.errors import Malformed

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)  # in Madrid it is already the 15th

# Zones with something of their own: half hours, changes at midnight, a moved date line, offsets with seconds.
ODD_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Asuncion",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Madrid",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
    "UTC",
]
NOT_PORTABLE = {"localtime", "Factory"}

zones = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones() - NOT_PORTABLE))
instants = st.datetimes(datetime(1970, 1, 3), datetime(9998, 12, 29), timezones=st.just(UTC))


@cache
def changes(name: str) -> list[datetime]:
    """Every change of the offset from 1970 to 2038, in UTC: found by looking, not by what is tested."""
    zone, found = ZoneInfo(name), []
    at = datetime(1970, 1, 3, tzinfo=UTC)
    while at.year < 2038:
        after = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at = after
    return found


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone, and an instant close to one of its changes of the clock."""
    name = draw(st.sampled_from(ODD_ZONES[:-1]))
    away = draw(st.timedeltas(timedelta(hours=-30), timedelta(hours=30)))
    return ZoneInfo(name), draw(st.sampled_from(changes(name))) + away


anywhere = st.tuples(zones.map(ZoneInfo), instants) | near_changes()


def utc(text: str) -> datetime:
    """A UTC time, for the tables."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str, name: str = "Europe/Madrid") -> Day:
    """The day that is read from a date."""
    when = read_when(text, ZoneInfo(name), NOW)
    assert isinstance(when, Day)
    return when


# --- what may be written -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T14:05", "2026-11-20T13:05"),
        ("2026-11-20T14:05:09", "2026-11-20T13:05:09"),
        ("2026-11-20T14:05:09.5", "2026-11-20T13:05:09.500000"),
        ("2026-11-20T14:05:09.123456", "2026-11-20T13:05:09.123456"),
        ("2026-11-20T14:05Z", "2026-11-20T14:05"),
        ("2026-11-20T14:05:09.25Z", "2026-11-20T14:05:09.250000"),
        ("2026-11-20T14:05+05:30", "2026-11-20T08:35"),
        ("2026-11-20T14:05:09-03:30", "2026-11-20T17:35:09"),
        ("2026-07-20T14:05", "2026-07-20T12:05"),
        ("  2026-11-20T14:05\n", "2026-11-20T13:05"),
        ("1970-01-01T00:00", "1969-12-31T23:00"),
        ("9998-12-31T23:59:59.999999", "9998-12-31T22:59:59.999999"),
    ],
)
def test_a_date_with_a_time_is_an_instant_in_the_zone_unless_it_has_an_offset(text: str, at: str) -> None:
    """What is written is what is meant, to the microsecond."""
    assert read_when(text, MADRID, NOW) == Instant(utc(at))
    assert read_instant(text, MADRID, NOW) == utc(at)


def test_what_is_read_is_kept_in_utc() -> None:
    """Not in an offset that compares equal: what is stored and hashed is one form."""
    for text in ("2026-11-20T14:05", "2026-11-20T14:05+05:30", "2026-11-20T14:05Z", "now"):
        assert read_instant(text, MADRID, NOW.astimezone(MADRID)).tzinfo is UTC
    assert day("2026-11-20").start.tzinfo is UTC
    assert day("2026-11-20").end.tzinfo is UTC


@pytest.mark.parametrize("text", ["now", "NOW", " Now "])
def test_now_is_the_instant_that_was_handed_in(text: str) -> None:
    """No clock is read."""
    assert read_when(text, MADRID, NOW) == Instant(NOW)


def test_today_and_yesterday_go_by_the_calendar_of_the_zone() -> None:
    """At 23:30 UTC Madrid is a day ahead of Havana."""
    assert day("Today").date == date(2026, 3, 15)
    assert day("yesterday").date == date(2026, 3, 14)
    assert day("today", "America/Havana").date == date(2026, 3, 14)
    assert day("YESTERDAY", "America/Havana") == day("2026-03-13", "America/Havana")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "20260314",
        "2026-W11-6",
        "2026-073",
        "2026-03",
        "2026",
        "14:05",
        "T14:05",
        "tomorrow",
        "yeſterday",
        "noon",
        "now-1h",
        "2 days ago",
        "2026-3-1",
        "26-03-01",
        "+2026-03-01",
        "02026-03-01",
        "-2026-03-01",
        "2026/03/01",
        "01.03.2026",
        "2026-03-01 14:05",
        "2026-03-01t14:05",
        "2026-03-01T14:05z",
        "2026-03-01T14",
        "2026-03-01T1405",
        "2026-03-01T14:5",
        "2026-03-01T14:05:9",
        "2026-03-01T24:00",
        "2026-03-01T24:00:00",
        "2026-03-01T14:60",
        "2026-03-01T23:59:60",
        "2026-03-01T14:05:09.",
        "2026-03-01T14:05:09,5",
        "2026-03-01T14:05.5",
        "2026-03-01T14:05:09.1234567",
        "2026-03-01T14:05+1:00",
        "2026-03-01T14:05+01",
        "2026-03-01T14:05+0100",
        "2026-03-01T14:05+01:60",
        "2026-03-01T14:05+24:00",
        "2026-03-01T14:05+01:00:30",
        "2026-03-01T14:05 +01:00",
        "2026-03-01T14:05 Europe/Madrid",
        "2026-03-01T14:05+01:00[Europe/Madrid]",
        "2026-03-01T14:05\u221201:00",
        "2026-03-01Z",
        "2026-03-01+01:00",
        "2026-03-01T",
        "2026-03-01 2026-03-02",
        "2026-03-01\n2026-03-02",
        "x2026-03-01",
        "2026-03-01x",
        "2026-03-01\0",
        "２０２６-03-01",
        "٢٠٢٦-03-01",
        "2026-03-0１",
    ],
)
def test_nothing_else_is_guessed(text: str) -> None:
    """Also not what `datetime.fromisoformat` would take."""
    with pytest.raises(moments.UnreadableTime, match="none of the accepted forms") as refusal:
        read_when(text, MADRID, NOW)

    assert refusal.value.code == "unreadable-time"
    assert "2026-11-20T14:05" in refusal.value.hint


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "2026-04-31T10:00", "2026-13-01", "2026-00-10", "2026-03-00T10:00Z", "0000-03-01"],
)
def test_a_day_that_no_calendar_has_is_refused(text: str) -> None:
    """It is not rolled over into the next month."""
    with pytest.raises(moments.UnreadableTime, match="the calendar has no such day") as refusal:
        read_when(text, MADRID, NOW)

    assert refusal.value.details["text"] == text


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31T23:59Z", "9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_a_year_that_can_only_be_a_slip_is_refused(text: str) -> None:
    """And no date ends beyond what can be computed."""
    with pytest.raises(moments.YearOutOfRange, match="1970 to 9998") as refusal:
        read_when(text, MADRID, NOW)

    assert refusal.value.code == "year-out-of-range"


@pytest.mark.parametrize("name", ["Etc/GMT+12", "Pacific/Kiritimati", "UTC"])
@pytest.mark.parametrize("text", ["1970-01-01", "9998-12-31"])
def test_the_first_and_the_last_day_can_be_read_everywhere(text: str, name: str) -> None:
    """The range leaves room for every offset."""
    assert day(text, name).end - day(text, name).start == timedelta(hours=24)


def test_a_refused_text_is_shown_harmless_and_short() -> None:
    """It may hold control characters, braces, or a whole file."""
    with pytest.raises(moments.UnreadableTime) as refusal:
        read_when("\x1b[31m{text}" + "9" * 100_000, MADRID, NOW)

    assert "\x1b" not in refusal.value.message
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    ("text", "read_as"),
    [("2026-03-13", "2026-03-13"), (" today ", "2026-03-15"), ("Yesterday", "2026-03-14")],
)
def test_a_whole_day_is_refused_where_an_instant_is_needed(text: str, read_as: str) -> None:
    """Midnight is not guessed."""
    with pytest.raises(moments.TimeOfDayNeeded) as refusal:
        read_instant(text, MADRID, NOW)

    assert refusal.value.code == "time-of-day-needed"
    assert refusal.value.message == f"{text.strip()} is the whole day {read_as}: a time of day is needed."
    assert f"{read_as}T14:05" in refusal.value.hint


# --- days --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "start", "end"),
    [
        ("Europe/Madrid", "2026-03-13", "2026-03-12T23:00", "2026-03-13T23:00"),
        ("Europe/Madrid", "2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("Europe/Madrid", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("America/Havana", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),  # begins at 01:00
        ("America/Havana", "2025-11-02", "2025-11-02T04:00", "2025-11-03T05:00"),  # has two midnights
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", "2026-04-05T13:30"),  # 24.5 hours
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", "2026-10-04T13:00"),  # 23.5 hours
        ("Africa/Cairo", "2026-04-23", "2026-04-22T22:00", "2026-04-23T22:00"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", "2026-04-24T21:00"),  # has no midnight
        ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00", "2026-10-29T22:00"),  # 24:00 is put back to 23:00
        ("America/St_Johns", "2026-03-08", "2026-03-08T03:30", "2026-03-09T02:30"),
        ("America/St_Johns", "2026-11-01", "2026-11-01T02:30", "2026-11-02T03:30"),
        ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", "2010-11-07T02:30"),  # to the first midnight
        (
            "America/St_Johns",
            "2010-11-07",
            "2010-11-07T02:30",
            "2010-11-08T03:30",
        ),  # 00:01 was put back to 23:01
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", "2011-12-31T10:00"),
        ("Africa/Monrovia", "1972-01-07", "1972-01-07T00:44:30", "1972-01-08T00:00"),  # put forward by 44:30
    ],
)
def test_a_day_goes_from_its_first_instant_to_the_next_days(name: str, text: str, start: str, end: str) -> None:
    """Whatever the clocks do in between."""
    assert day(text, name) == Day(date.fromisoformat(text), utc(start), utc(end))


def test_a_midnight_inside_a_skipped_hour_is_no_start_of_a_day() -> None:
    """Toronto once put its clocks from 23:30 to 00:30: before 1970, so it takes an old now to get there."""
    toronto = ZoneInfo("America/Toronto")
    now = utc("1919-03-31T12:00")

    assert read_when("today", toronto, now) == Day(date(1919, 3, 31), utc("1919-03-31T04:30"), utc("1919-04-01T04:00"))
    assert read_when("yesterday", toronto, now) == Day(
        date(1919, 3, 30), utc("1919-03-30T05:00"), utc("1919-03-31T04:30")
    )


@pytest.mark.parametrize("text", ["2011-12-30", "yesterday"])
def test_a_date_that_the_calendar_jumped_over_is_refused(text: str) -> None:
    """Samoa went from the 29th to the 31st."""
    with pytest.raises(moments.DaySkipped) as refusal:
        read_when(text, ZoneInfo("Pacific/Apia"), utc("2011-12-30T12:00"))

    assert refusal.value.code == "day-skipped"
    assert refusal.value.message == (
        "2011-12-30 is skipped in Pacific/Apia: the calendar goes from 2011-12-29 to 2011-12-31."
    )
    assert refusal.value.hint == "Write 2011-12-29 or 2011-12-31."


@given(where=anywhere)
def test_days_tile_the_time_line(where: tuple[ZoneInfo, datetime]) -> None:
    """Each begins where the one before ends; only a day that does not exist is left out."""
    zone, at = where
    today = day(local(at, zone).date().isoformat(), str(zone))

    after = today.date + timedelta(days=1)
    try:
        following = day(after.isoformat(), str(zone))
    except moments.DaySkipped:
        following = day((after + timedelta(days=1)).isoformat(), str(zone))

    assert today.start < today.end == following.start


@given(where=anywhere, share=st.floats(0, 1, exclude_max=True))
@example(where=(ZoneInfo("America/St_Johns"), utc("2010-11-07T02:30")), share=0.0)
@example(where=(ZoneInfo("America/St_Johns"), utc("2010-11-07T02:30")), share=0.03)
def test_every_instant_of_a_day_has_its_date(where: tuple[ZoneInfo, datetime], share: float) -> None:
    """But for an evening that was repeated after its midnight (fold, and the date before)."""
    zone, at = where
    today = day(local(at, zone).date().isoformat(), str(zone))
    last = today.end - timedelta(microseconds=1)

    for moment in (today.start, last, today.start + (last - today.start) * share):
        shown = local(moment, zone)
        assert shown.date() == today.date or (shown.fold and shown.date() == today.date - timedelta(days=1))
    assert local(today.start, zone).date() == today.date
    assert local(today.start - timedelta(microseconds=1), zone).date() < today.date


# --- daylight saving ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "would_do"),
    [
        ("Europe/Madrid", "2026-10-25T02:00", ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]),
        ("Europe/Madrid", "2026-10-25T02:30", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]),
        (
            "Europe/Madrid",
            "2026-10-25T02:59:59.9",
            ["2026-10-25T02:59:59.9+02:00", "2026-10-25T02:59:59.9+01:00"],
        ),
        ("America/Havana", "2025-11-02T00:00", ["2025-11-02T00:00-04:00", "2025-11-02T00:00-05:00"]),
        ("Australia/Lord_Howe", "2026-04-05T01:30", ["2026-04-05T01:30+11:00", "2026-04-05T01:30+10:30"]),
        ("Africa/Cairo", "2026-10-29T23:15", ["2026-10-29T23:15+03:00", "2026-10-29T23:15+02:00"]),
        ("America/St_Johns", "2026-11-01T01:30", ["2026-11-01T01:30-02:30", "2026-11-01T01:30-03:30"]),
        ("Europe/London", "2026-10-25T01:30", ["2026-10-25T01:30+01:00", "2026-10-25T01:30+00:00"]),
    ],
)
def test_a_time_that_happens_twice_is_refused_with_both_offsets(name: str, text: str, would_do: list[str]) -> None:
    """In the order in which they happen."""
    with pytest.raises(moments.TimeRepeated) as refusal:
        read_when(text, ZoneInfo(name), NOW)

    assert refusal.value.code == "time-repeated"
    assert refusal.value.message == f"{text} happens twice in {name}."
    assert refusal.value.details["would_do"] == would_do
    assert all(offer in refusal.value.hint for offer in would_do)
    first, second = (read_instant(offer, ZoneInfo(name), NOW) for offer in would_do)
    assert first < second


@pytest.mark.parametrize(
    ("name", "text", "clock", "would_do", "meaning"),
    [
        (
            "Europe/Madrid",
            "2026-03-29T02:30",
            ["02:00", "03:00"],
            ["2026-03-29T02:30+01:00", "2026-03-29T02:30+02:00"],
            ["2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00+01:00"],
        ),
        (
            "Europe/Madrid",
            "2026-03-29T02:59:59.999999",
            ["02:00", "03:00"],
            ["2026-03-29T02:59:59.999999+01:00", "2026-03-29T02:59:59.999999+02:00"],
            ["2026-03-29T03:59:59.999999+02:00", "2026-03-29T01:59:59.999999+01:00"],
        ),
        (
            "America/Havana",
            "2026-03-08T00:00",
            ["00:00", "01:00"],
            ["2026-03-08T00:00-05:00", "2026-03-08T00:00-04:00"],
            ["2026-03-08T01:00:00-04:00", "2026-03-07T23:00:00-05:00"],
        ),
        (
            "Australia/Lord_Howe",
            "2026-10-04T02:15",
            ["02:00", "02:30"],
            ["2026-10-04T02:15+10:30", "2026-10-04T02:15+11:00"],
            ["2026-10-04T02:45:00+11:00", "2026-10-04T01:45:00+10:30"],
        ),
        (
            "Africa/Cairo",
            "2026-04-24T00:30",
            ["00:00", "01:00"],
            ["2026-04-24T00:30+02:00", "2026-04-24T00:30+03:00"],
            ["2026-04-24T01:30:00+03:00", "2026-04-23T23:30:00+02:00"],
        ),
        (
            "America/St_Johns",
            "2026-03-08T02:30",
            ["02:00", "03:00"],
            ["2026-03-08T02:30-03:30", "2026-03-08T02:30-02:30"],
            ["2026-03-08T03:30:00-02:30", "2026-03-08T01:30:00-03:30"],
        ),
        (
            "Pacific/Apia",
            "2011-12-30T10:00",
            ["2011-12-30T00:00", "2011-12-31T00:00"],
            ["2011-12-30T10:00-10:00", "2011-12-30T10:00+14:00"],
            ["2011-12-31T10:00:00+14:00", "2011-12-29T10:00:00-10:00"],
        ),
        (  # an offset with seconds cannot be written: UTC can
            "Africa/Monrovia",
            "1972-01-07T00:10",
            ["00:00", "00:44:30"],
            ["1972-01-07T00:54:30+00:00", "1972-01-07T00:10+00:00"],
            ["1972-01-07T00:54:30+00:00", "1972-01-07T00:10:00+00:00"],
        ),
    ],
)
def test_a_time_that_the_clocks_jump_over_is_refused_with_what_would_do(
    name: str, text: str, clock: list[str], would_do: list[str], meaning: list[str]
) -> None:
    """And what each of them is on the clocks of the zone."""
    with pytest.raises(moments.TimeSkipped) as refusal:
        read_when(text, ZoneInfo(name), NOW)

    assert refusal.value.code == "time-skipped"
    assert refusal.value.message == (f"{text} is skipped in {name}: the clock goes from {clock[0]} to {clock[1]}.")
    assert refusal.value.hint == (f"Write {would_do[0]} (= {meaning[0]}) or {would_do[1]} (= {meaning[1]}).")
    for offer, same in zip(would_do, meaning, strict=True):
        assert read_when(offer, ZoneInfo(name), NOW) == read_when(same, ZoneInfo(name), NOW)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-29T01:59:59.999999", "2026-03-29T00:59:59.999999"),
        ("2026-03-29T03:00", "2026-03-29T01:00"),
        ("2026-10-25T01:59:59.999999", "2026-10-24T23:59:59.999999"),
        ("2026-10-25T03:00", "2026-10-25T02:00"),
        ("2026-03-29T02:30+01:00", "2026-03-29T01:30"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30"),
    ],
)
def test_what_lies_beside_a_change_or_has_an_offset_is_plain(text: str, at: str) -> None:
    """The first and the last microsecond too."""
    assert read_instant(text, MADRID, NOW) == utc(at)


@given(where=near_changes())
def test_a_local_time_is_read_if_the_clocks_show_it_exactly_once(where: tuple[ZoneInfo, datetime]) -> None:
    """Told apart by looking for it at every offset that the zone has around then."""
    zone, at = where
    shown = at.replace(tzinfo=None)  # any local time near a change
    nearby = [shown.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-49, 50)]
    offsets = {near.astimezone(zone).utcoffset() or timedelta() for near in nearby}
    times = [shown.replace(tzinfo=timezone(offset)) for offset in offsets]
    meant = sorted(t for t in times if t.astimezone(zone).replace(tzinfo=None) == shown)

    try:
        found = [read_instant(shown.isoformat(), zone, NOW)]
    except moments.TimeSkipped:
        found = []
    except moments.TimeRepeated as refusal:
        found = [read_instant(offer, zone, NOW) for offer in refusal.details["would_do"]]

    assert found == meant


# --- what is shown -----------------------------------------------------------------------------------------


@given(where=anywhere)
def test_every_instant_reads_back_as_it_is_shown(where: tuple[ZoneInfo, datetime]) -> None:
    """In its own zone and in any other, offsets with seconds included."""
    zone, at = where

    assert read_instant(iso(at, zone), zone, NOW) == at
    assert read_when(iso(at, zone), MADRID, NOW) == Instant(at)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-03-13T13:05", "2026-03-13T14:05:00+01:00"),
        ("2026-07-13T12:05:09", "2026-07-13T14:05:09+02:00"),
        ("2026-03-13T13:05:09.500000", "2026-03-13T14:05:09.500000+01:00"),
        ("2026-10-25T00:30", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_a_time_is_shown_with_seconds_and_offset_and_a_fraction_only_if_it_has_one(at: str, shown: str) -> None:
    """ISO 8601, in the zone."""
    assert iso(utc(at), MADRID) == shown
    assert local(utc(at), MADRID).isoformat() == shown


def test_an_offset_with_seconds_is_shown_in_utc() -> None:
    """Liberia was 44 minutes and 30 seconds behind; ISO 8601 cannot say that."""
    assert iso(utc("1971-05-01T12:00"), ZoneInfo("Africa/Monrovia")) == "1971-05-01T12:00:00+00:00"


def test_a_reading_is_echoed_with_its_zone() -> None:
    """The person sees what was understood."""
    assert describe(read_when("2026-03-13", MADRID, NOW), MADRID) == "2026-03-13, the whole day, Europe/Madrid"
    assert describe(read_when("2026-03-13T13:05Z", MADRID, NOW), MADRID) == ("2026-03-13T14:05:00+01:00, Europe/Madrid")


# --- zones -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Europe/Madrid", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"])
def test_a_zone_is_found_by_its_name(name: str) -> None:
    """The name that is kept is the name that was given."""
    assert str(zone_of(name)) == name


def test_every_zone_of_the_database_is_found() -> None:
    """The strict form of a name leaves none of them out."""
    names = available_timezones() - NOT_PORTABLE

    assert {str(zone_of(name)) for name in names} == names


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "/",
        "../x",
        "../zoneinfo/Europe/Madrid",
        "Europe/../Europe/Madrid",
        "/usr/share/zoneinfo/Europe/Madrid",
        "/etc/localtime",
        "Europe",
        "Europe/",
        "Europe//Madrid",
        "Europe\\Madrid",
        "Europe/Madrid ",
        "Europe/Madrid\0",
        "Europe/Madrid\n",
        "Europe/Mâdrid",
        "\udcff",
        "x" * 10_000,
        "zone.tab",
        "leapseconds",
        "localtime",
        "posixrules",
        "Factory",
        "right/Europe/Madrid",
        "posix/Europe/Madrid",
        "CEST",
        "+01:00",
        "Europe/Nowhere",
    ],
)
def test_what_is_no_zone_of_the_database_is_refused(name: str) -> None:
    """Also files that happen to lie there, and names that mean something else on every machine."""
    with pytest.raises(moments.UnknownZone) as refusal:
        zone_of(name)

    assert refusal.value.code == "unknown-time-zone"
    assert refusal.value.hint
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize("name", ["", "../x", "/etc/localtime", "Europe\\Madrid", "Europe/Madrid.", "a\0b", "٣"])
def test_what_cannot_be_a_name_is_never_looked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would take a backslash for a slash and overlook a last dot."""
    monkeypatch.setattr(moments, "ZoneInfo", lambda name: pytest.fail(f"looked for {name!r}"))

    with pytest.raises(moments.UnknownZone):
        zone_of(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Madird", "Europe/Madrid"),
        ("europe/madri", "Europe/Madrid"),
        ("Madrid", "Europe/Madrid"),
        ("NEW YORK", "America/New_York"),
        ("America/Habana", "America/Havana"),
    ],
)
def test_a_misspelt_zone_is_refused_with_what_looks_like_it(name: str, meant: str) -> None:
    """By the whole name, or by its city."""
    with pytest.raises(moments.UnknownZone, match=re.escape(name)) as refusal:
        zone_of(name)

    assert refusal.value.details["near"][0] == meant
    assert refusal.value.hint.startswith(f"Did you mean {meant}")


def test_a_zone_like_no_other_is_refused_with_what_a_name_looks_like() -> None:
    """Nothing near is no reason to say nothing."""
    with pytest.raises(moments.UnknownZone) as refusal:
        zone_of("qqqqqqqqq")

    assert refusal.value.details["near"] == []
    assert "Europe/Madrid" in refusal.value.hint


# --- microseconds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "micros"),
    [
        ("1970-01-01T00:00", 0),
        ("1969-12-31T23:59:59.999999", -1),
        ("2026-03-13T13:05:09.000001", 1_773_407_109_000_001),
        ("9999-12-31T23:59:59.999999", 253_402_300_799_999_999),
    ],
)
def test_a_time_is_so_many_microseconds(at: str, micros: int) -> None:
    """From 1970 in UTC; a float would lose the last digits."""
    assert to_micros(utc(at)) == micros
    assert from_micros(micros) == utc(at)


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_microseconds_lose_nothing(at: datetime) -> None:
    """There and back, for all that a datetime can hold."""
    assert from_micros(to_micros(at)) == at
    assert from_micros(to_micros(at)).tzinfo is UTC


@given(where=anywhere)
def test_microseconds_do_not_depend_on_the_zone(where: tuple[ZoneInfo, datetime]) -> None:
    """Nor on which of two equal local times it is."""
    zone, at = where

    assert to_micros(local(at, zone)) == to_micros(at)


def test_a_naive_time_is_never_taken_for_one() -> None:
    """It would be read in the zone of whatever machine this is."""
    naive = utc("2026-03-13T13:05").replace(tzinfo=None)

    for use in (
        lambda: to_micros(naive),
        lambda: iso(naive, MADRID),
        lambda: local(naive, MADRID),
        lambda: read_when("now", MADRID, naive),
        lambda: read_when("today", MADRID, naive),
    ):
        with pytest.raises(ValueError, match="without an offset"):
            use()


# --- outside the grammar -----------------------------------------------------------------------------------

DIGIT, FORMS = "[0-9]", ["dddd-dd-dd", "dddd-dd-ddTdd:dd", "dddd-dd-ddTdd:dd:dd"]
FRACTIONS = [f"dddd-dd-ddTdd:dd:dd.{'d' * digits}" for digits in range(1, 7)]
SHAPES = {
    f"{form}{offset}"
    for form in FORMS + FRACTIONS
    for offset in ("", "Z", "+dd:dd", "-dd:dd")
    if "T" in form or not offset
}


def shape(text: str) -> str:
    """What is left of a text when its ASCII digits are all the same: a second way to state the grammar."""
    return re.sub(DIGIT, "d", text.strip())


alike = st.text(st.sampled_from("0123456789-:.TZ+tz W/,٣"), max_size=32)
edited = st.builds(
    lambda text, at, put, cut: text[:at] + put + text[at + cut :],
    st.sampled_from(["2026-11-20", "2026-11-20T14:05", "2026-11-20T14:05:09.123456+01:00", "now", "today"]),
    st.integers(0, 32),
    st.text(st.sampled_from("0123456789-:.TZ+tz W/,٣\0\n"), max_size=2),
    st.integers(0, 3),
)


@given(text=st.text() | alike | edited)
@example(text="20260314")
@example(text="2026-W11-6")
def test_only_what_has_an_accepted_shape_is_read(text: str) -> None:
    """Whatever is typed is read, or refused as malformed; nothing else comes out."""
    assume(text.strip().lower() not in {"now", "today", "yesterday"})

    try:
        read_when(text, MADRID, NOW)
    except Malformed as refusal:
        assert refusal.hint
    else:
        assert shape(text) in SHAPES


@settings(deadline=None, max_examples=50)  # each refusal reads the whole database to find near matches
@given(text=st.text() | alike | edited)
def test_no_text_breaks_the_look_up_of_a_zone(text: str) -> None:
    """A zone, or a refusal."""
    try:
        assert str(zone_of(text)) == text
    except moments.UnknownZone as refusal:
        assert refusal.details["name"] == text


# --- the module --------------------------------------------------------------------------------------------


def test_a_refusal_survives_pickling() -> None:
    """It may come out of a process pool."""
    with pytest.raises(moments.TimeSkipped) as refusal:
        read_when("2026-03-29T02:30", MADRID, NOW)

    again = pickle.loads(pickle.dumps(refusal.value))

    assert (again.message, again.hint, again.details) == (
        refusal.value.message,
        refusal.value.hint,
        refusal.value.details,
    )


def test_importing_it_brings_nothing_heavy() -> None:
    """Difflib is for errors only; every command pays for what is imported here."""
    code = "import sys, ipo_ledger.domain.moments; print(*sorted(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "ipo_ledger.domain.moments" in loaded
    assert not {"difflib", "click", "rich", "psycopg", "eventsourcing", "importlib.resources"} & set(loaded)
