"""Times as people write them, and as the ledger keeps them: a whole day, or an instant.

Inside, every time is aware UTC with microseconds; the zone of a system is used only to read and to show.
Nothing here reads a clock: whoever calls says what time it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msgspec import Struct

from ipo_ledger.errors import Malformed

FIRST_YEAR = 1970  # a year before it is a slip of the finger
LAST_YEAR = 9998  # a day of the next one may end after the last datetime
EARLIEST = datetime.min.replace(tzinfo=UTC)  # before all there can be
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _MINUTE, _SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
_MICROSECOND = timedelta.resolution
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# Stricter than `fromisoformat`, which also takes 20260314, 2026-W11-6, a space for the T, and (3.14) 24:00.
_FORM = (  # compiled, and kept, by `re` where it is used first
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    rf"(?P<time>T{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?(?:Z|[+-]{_CLOCK})?)?"
)
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_NOT_A_PLACE = re.compile(r"(?:posix|right)/.*|posixrules|localtime|Factory")  # not the same on every machine


class UnreadableTime(Malformed):
    """It is written in none of the forms, or names a day that no calendar has."""

    code = "unreadable-time"
    says = "{text!r:.80} cannot be read as a time: {why}."
    way_out = "Write 2026-11-20, 2026-11-20T14:05 (with seconds, +01:00 or Z if need be), now, today, yesterday."


class YearOutOfRange(Malformed):
    """The year is so far off that it can only be a mistake."""

    code = "year-out-of-range"
    says = "{text} is out of range: the years {first} to {last} are read."
    way_out = "Write a year from {first} to {last}."


class TimeSkipped(Malformed):
    """The clocks of the zone never show this time of day: they are put forward across it."""

    code = "time-skipped"
    says = "{text} is skipped in {zone}: the clock goes from {clock[0]} to {clock[1]}."
    way_out = "Write {would_do[0]} (= {meaning[0]}) or {would_do[1]} (= {meaning[1]})."


class DaySkipped(TimeSkipped):
    """The calendar of the zone has no such day: it was skipped, to change sides of the date line."""

    code = "day-skipped"
    says = "{text} is skipped in {zone}: the calendar goes from {would_do[0]} to {would_do[1]}."
    way_out = "Write {would_do[0]} or {would_do[1]}."


class TimeRepeated(Malformed):
    """The clocks of the zone show this time of day twice: they are put back across it."""

    code = "time-repeated"
    says = "{text} happens twice in {zone}."
    way_out = "Write {would_do[0]} (the first time) or {would_do[1]} (the second)."


class TimeOfDayNeeded(Malformed):
    """A whole day was given where one instant is asked for."""

    code = "time-of-day-needed"
    says = "{text} is the whole day {day}: a time of day is needed."
    way_out = "Write {day}T14:05 with the right time of day, or now."


class UnknownZone(Malformed):
    """No time zone has this name."""

    code = "unknown-time-zone"
    says = "{name!r:.80} is no time zone."
    way_out = "Write a name of the IANA time zone database, such as Europe/Madrid or America/New_York."


class Day(Struct, frozen=True):
    """A whole day of a zone, 23 to 25 hours as it happens: from `start` to just before `end`, both in UTC."""

    date: date
    start: datetime
    end: datetime


class Instant(Struct, frozen=True):
    """One moment: `at`, in UTC, to the microsecond."""

    at: datetime


When: TypeAlias = Day | Instant


def read_when(text: str, zone: ZoneInfo, now: datetime) -> When:
    """Read a time as a person in `zone` writes it; `now` (aware) is what now, today and yesterday go by.

    Raises UnreadableTime, YearOutOfRange, TimeSkipped (DaySkipped for a whole day) or TimeRepeated.
    """
    word = text.strip()
    match word.lower():
        case "now":
            return Instant(local(now, UTC))
        case "today":
            return _whole_day(local(now, zone).date(), zone)
        case "yesterday":
            return _whole_day(local(now, zone).date() - _DAY, zone)
    form = re.fullmatch(_FORM, word)
    if form is None:
        raise UnreadableTime(text=text, why="it is in none of the accepted forms")
    try:
        written = datetime.fromisoformat(word)
    except ValueError:
        raise UnreadableTime(text=text, why="the calendar has no such day") from None
    if not FIRST_YEAR <= written.year <= LAST_YEAR:
        raise YearOutOfRange(text=word, first=FIRST_YEAR, last=LAST_YEAR)
    if form["time"] is None:
        return _whole_day(written.date(), zone)
    return Instant(written.astimezone(UTC) if written.tzinfo else _on_the_clock(word, written, zone))


def read_instant(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read a moment, in UTC. Raises what `read_when` raises, and TimeOfDayNeeded for a whole day."""
    when = read_when(text, zone, now)
    if isinstance(when, Day):
        raise TimeOfDayNeeded(text=text.strip(), day=when.date.isoformat())
    return when.at


@lru_cache(maxsize=64)  # every question asks for it; what is refused is not kept
def zone_of(name: str) -> ZoneInfo:
    """Give the time zone of that IANA name. Raises UnknownZone, which names those that look alike."""
    if _ZONE_NAME.fullmatch(name) and not _NOT_A_PLACE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # nothing, a file that is no zone, a directory
            pass
    near = _zones_like(name)
    raise UnknownZone(hint=f"Did you mean {' or '.join(near)}?" if near else None, name=name, near=near)


def describe(when: When, zone: ZoneInfo) -> str:
    """Say how a time was understood, for the echo: the day or the instant, and the zone."""
    if isinstance(when, Day):
        return f"{when.date.isoformat()}, the whole day, {zone}"
    return as_shown(iso(when.at, zone), zone)


def as_shown(written: str, zone: ZoneInfo) -> str:
    """Say how an instant was understood that is written already."""
    return f"{written}, {zone}"


def local(at: datetime, zone: tzinfo) -> datetime:
    """Give an aware time as the clocks of `zone` show it: to show, not to compare. ValueError if naive."""
    if at.tzinfo is not UTC:
        _offset(at)
    return at.astimezone(zone)


def iso(at: datetime, zone: tzinfo) -> str:
    """Write an aware time in ISO 8601 as in `zone`, for `read_when` to read back. ValueError if naive."""
    written = local(at, zone).isoformat()
    return written if written[-6] in "+-" else _written(local(at, zone))


def to_micros(at: datetime) -> int:
    """Count the microseconds from 1970-01-01 UTC to an aware time, exactly. Raises ValueError if naive."""
    try:
        since = at - _EPOCH
    except TypeError:
        raise _naive(at) from None
    return since // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Undo `to_micros`, exactly. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + _MICROSECOND * micros  # half the time of making it: every answer is full of times


def _offset(at: datetime) -> timedelta:
    """Give the offset of an aware time; a naive one would silently be read in this machine's zone."""
    offset = at.utcoffset()
    if offset is None:
        raise _naive(at)
    return offset


def _naive(at: datetime) -> ValueError:
    return ValueError(f"a time without an offset: {at}")


def _written(at: datetime) -> str:
    """Write with its own offset, or in UTC if that has seconds (Monrovia, 1971), as ISO 8601 has none."""
    return (at.astimezone(UTC) if _offset(at) % _MINUTE else at).isoformat()


def _both(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the UTC of a naive local time by the offset before (fold 0) and after (fold 1) a change of clocks.

    Equal: it is an ordinary time. Rising: it happens twice. Falling: it is skipped.
    """
    return wall.replace(tzinfo=zone).astimezone(UTC), wall.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _on_the_clock(text: str, wall: datetime, zone: ZoneInfo) -> datetime:
    """Give the one UTC time at which the clocks of `zone` show `wall`. Raises TimeSkipped or TimeRepeated."""
    first, second = _both(wall, zone)
    if first == second:
        return first
    folds = [_written(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)]
    would_do = [fold.replace(wall.isoformat(), text) for fold in folds]  # as it was typed, and the offset
    if first < second:
        raise TimeRepeated(text=text, zone=str(zone), would_do=would_do)
    clock, meaning = _change(first, second, zone), [iso(first, zone), iso(second, zone)]
    raise TimeSkipped(text=text, zone=str(zone), clock=clock, would_do=would_do, meaning=meaning)


def _whole_day(day: date, zone: ZoneInfo) -> Day:
    """Give the day of that date. Raises DaySkipped (Apia has no 2011-12-30)."""
    start, end = _start(day, zone), _start(day + _DAY, zone)
    if start == end:
        neighbours = [f"{day - _DAY}", f"{day + _DAY}"]
        raise DaySkipped(text=f"{day}", zone=str(zone), would_do=neighbours)
    return Day(day, start, end)


def _start(day: date, zone: ZoneInfo) -> datetime:
    """Give the first instant at which `zone` has `day` or, if it has no such day, a later one.

    Where clocks were put back across midnight (St John's, until 2010), the repeated evening is the new day's.
    """
    first, second = _both(datetime.combine(day, time.min), zone)
    return first if first <= second else _moved(first, second, zone)


def _moved(first: datetime, second: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant the clocks are put forward across a skipped time, from both its readings in UTC."""
    early = second.replace(microsecond=0)
    before = _offset(local(early, zone))
    span = range((first - early) // _SECOND)
    steps = bisect_left(span, 1, key=lambda n: _offset(local(early + n * _SECOND, zone)) != before)
    return early + steps * _SECOND


def _change(first: datetime, second: datetime, zone: ZoneInfo) -> list[str]:
    """Say what the clocks show before and after they are put forward: with the date, if that changes too."""
    at = _moved(first, second, zone)
    old, new = local(at - _SECOND, zone) + _SECOND, local(at, zone)
    shown = [old.time(), new.time()] if old.date() == new.date() else [old, new]
    return [clock.replace(tzinfo=None).isoformat().removesuffix(":00") for clock in shown]


def _zones_like(name: str) -> list[str]:
    """Name up to three zones whose name, or the city in it, looks like `name`."""
    from difflib import get_close_matches  # only an error pays for it

    zones = sorted(zone for zone in available_timezones() if not _NOT_A_PLACE.fullmatch(zone))
    named = {zone.rpartition("/")[2].lower(): zone for zone in zones} | {zone.lower(): zone for zone in zones}
    alike = get_close_matches(name.strip().lower()[:64], named, n=3)
    return list(dict.fromkeys(named[match] for match in alike))
