"""From points, each of which says "from this moment on", to stays with a beginning and an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ipo_ledger.application.asking import MOMENT
from ipo_ledger.domain.moments import iso, local
from ipo_ledger.domain.refusals import Removed
from ipo_ledger.domain.trail import PlacePoint, SeatPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

P = TypeVar("P", SeatPoint, PlacePoint)


def stays_within(points: Sequence[P], start: datetime, end: datetime) -> Iterator[tuple[P, datetime | None, P | None]]:
    """Return each stay that touches [start, end]: its point, its true end (None: it goes on), what ended it.

    Stays of no length are not shown, and nothing is a stay once the extension or user is gone.
    """
    for place, point in enumerate(points):
        next_ = points[place + 1] if place + 1 < len(points) else None
        until = next_.at if next_ is not None else None
        if point.gone or point.at > end or until == point.at or (until is not None and until <= start):
            continue
        yield point, until, next_


def refuse_removed(
    points: Sequence[SeatPoint] | Sequence[PlacePoint], start: datetime, end: datetime, what: str, zone: ZoneInfo
) -> None:
    """Raise `Removed` where what is asked about was gone before the time asked for, and did not come back in it."""
    within = [point for point in points if point.at <= end]
    last = within[-1] if within else None
    if last is not None and last.gone and last.at <= start:
        day = local(last.at - MOMENT, zone).date().isoformat()
        raise Removed(what=what[0].upper() + what[1:], since=iso(last.at, zone), day=day)


def end_within(until: datetime | None, end: datetime) -> datetime:
    """Return the last instant of a stay within the time asked for."""
    return end if until is None or until > end else until - MOMENT
