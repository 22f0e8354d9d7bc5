"""The report as one page of HTML that needs nothing from anywhere: its parts put together, its data as JSON.

The parts lie in the folder `report`, to be read. What comes from the ledger is in the page twice only: escaped in its
heading, and as JSON in a block that no browser runs; the script hands it on as text. The page forbids its reader's
browser everything but its own script and style, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from math import gcd
from string import Template
from typing import TYPE_CHECKING, Any

from ipo_ledger.domain.moments import local, to_micros, zone_of
from ipo_ledger_cli import wording
from ipo_ledger_cli.output import encoded, in_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ipo_ledger.application.report import Report, ReportedBatch, ReportedExtension, ReportedUser
    from ipo_ledger.domain.trail import SeatPoint

GENERATOR = b'<meta name="generator" content="ipo-ledger report">'
"""By this a file is known as a report; it stands in the first lines."""

_SCRIPTS = ("data.js", "list.js", "draw.js", "page.js")
_NONE = -1  # no such text, nobody, never
_GONE = -2
_OFF = 1


def page(report: Report) -> str:
    """Return the whole page. The same report makes the same page, to the byte."""
    script = "(() => {\n" + "".join(_part(name) for name in _SCRIPTS) + "})();\n"
    style = _part("page.css")
    zone = zone_of(report.timezone)
    known = f"event {report.position}, recorded {wording.moment(local(report.recorded_at, zone))}"
    said = {
        "title": f"Seating of {report.system}",
        "start": wording.moment(local(report.start, zone)),
        "end": wording.moment(local(report.end, zone)),
        "zone": report.timezone,
        "known": known if report.known_at is not None else f"now: {known}",
        "counts": ", ".join(counts(report)),
        "policy": _policy(script, style),
    }
    data = encoded(_Data(report).told()).decode().replace("<", "\\u003c")
    return Template(_part("page.html")).substitute(
        {name: escape(in_one_line(text)) for name, text in said.items()}, style=style, script=script, data=data
    )


def counts(report: Report) -> list[str]:
    """Return how much is in a report, in words."""
    return [
        wording.counted(len(report.extensions), "extension"),
        wording.counted(len(report.users), "person", "people"),
        wording.counted(len(report.batches), "batch", "batches"),
    ]


def _part(name: str) -> str:
    return files("ipo_ledger_cli").joinpath("report", name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _policy(script: str, style: str) -> str:
    allowed = {"script-src": _hash(script), "style-src": _hash(style), "base-uri": "'none'", "form-action": "'none'"}
    rules = "; ".join(f"{what} {whom}" for what, whom in allowed.items())
    return f"default-src 'none'; {rules}; require-trusted-types-for 'script'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class _Data:
    """A report as the page keeps it: every text once, every time once; what is told refers to them by their place."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._strings: dict[str, int] = {}
        self._user = {user.name: place for place, user in enumerate(report.users)}
        times = sorted(set(_times(report)))
        self._at = {time: place for place, time in enumerate(times)}
        self._zero = times[0]
        self._unit = gcd(*(time - self._zero for time in times)) or 1

    def told(self) -> dict[str, Any]:
        """Return what becomes the JSON of the page."""
        report = self._report
        steps = [(time - self._zero) // self._unit for time in self._at]
        found = {
            "from": to_micros(report.start),
            "to": to_micros(report.end),
            "zero": self._zero,
            "unit": self._unit,
            "times": [step - before for step, before in zip(steps, [0, *steps], strict=False)],
            "clocks": [[to_micros(c.at), round(c.offset.total_seconds()), c.name] for c in report.clocks],
            "users": [self._told_user(user) for user in report.users],
            "extensions": [self._told_extension(extension) for extension in report.extensions],
            "batches": [self._told_batch(batch) for batch in report.batches],
        }
        return {**found, "strings": list(self._strings)}

    def _text(self, text: str | None) -> int:
        return self._strings.setdefault(in_one_line(text), len(self._strings)) if text is not None else _NONE

    def _time(self, at: datetime | None) -> int:
        return self._at[to_micros(at)] if at is not None else _NONE

    def _told_user(self, user: ReportedUser) -> list[Any]:
        numbers = [value for p in user.numbers for value in (self._time(p.at), self._text(p.number))]
        places: list[int] = []
        for p in user.places:
            state = _GONE if p.gone else _OFF if p.extension_id is None else 0
            if not places or places[-2] != state:
                places += [self._time(p.at), state, self._text(wording.why(p.cause, seated=state == 0))]
        return [self._text(user.name), self._text(user.full_name), numbers, places]

    def _told_extension(self, extension: ReportedExtension) -> list[Any]:
        seats = [value for p in extension.seats for value in (self._time(p.at), *self._told_seat(p))]
        bases = [value for p in extension.bases for value in (self._time(p.at), self._text(p.base), p.batch or 0)]
        place = wording.place(extension.module, extension.port)
        return [extension.extension_id, self._text(place), self._text(extension.label), seats, bases]

    def _told_seat(self, point: SeatPoint) -> tuple[int, int, int]:
        user = _GONE if point.gone else self._user[point.user] if point.user is not None else _NONE
        return user, self._text(wording.why(point.cause, seated=point.user is not None)), point.batch or 0

    def _told_batch(self, each: ReportedBatch) -> list[Any]:
        batch = each.batch
        changes = [v for c in batch.changes.values() for v in (c.extension_id, self._text(c.old), self._text(c.new))]
        return [
            batch.number,
            self._text(batch.status),
            int(each.live),
            self._text(batch.title),
            self._time(batch.opened_at),
            self._time(batch.sends[-1].at if batch.sends else None),
            self._time(batch.in_force_at),
            self._time(batch.settled_at),
            self._text(batch.actor),
            self._text(batch.reason),
            self._text(batch.ticket),
            batch.reverses,
            each.reversed_by,
            changes,
            [self._text(wording.waiting(p, self._report.logout_code)) for p in each.pending],
            batch.reversed_by,
        ]


def _times(report: Report) -> Iterable[int]:
    """Yield every time that the page tells, but for those of the span and the clocks."""
    for extension in report.extensions:
        yield from (to_micros(seat.at) for seat in extension.seats)
        yield from (to_micros(base.at) for base in extension.bases)
    for user in report.users:
        yield from (to_micros(place.at) for place in user.places)
        yield from (to_micros(number.at) for number in user.numbers)
    for each in report.batches:
        batch = each.batch
        for at in (batch.opened_at, *(send.at for send in batch.sends), batch.in_force_at, batch.settled_at):
            if at is not None:
                yield to_micros(at)
