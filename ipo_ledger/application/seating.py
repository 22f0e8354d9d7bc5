"""Who sat where: at an extension, a person, or in the whole system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.application import answers as a
from ipo_ledger.application import asking, telling
from ipo_ledger.application.asking import Look, span
from ipo_ledger.application.naming import extension_then, user_then
from ipo_ledger.application.stays import end_within, refuse_removed, stays_within
from ipo_ledger.domain.moments import Instant, describe, iso, local

if TYPE_CHECKING:
    from datetime import datetime


def who(at: Look, extension: int | str, on: str | datetime) -> a.Who:
    """Return every stay at an extension. Raises `NothingKnown`, `Removed`."""
    found = extension_then(at.reading, at.row, extension, at.asked)
    when = at.when(on)
    start, end = span(when)
    what = f"extension {found.extension_id}"
    points = at.reading.seat_points(at.key, found.extension_id, start, end, at.known)
    if not points or points[0].at > end:
        at.refuse_before(end, at.reading.first_seat(at.key, found.extension_id, at.known), what)
    refuse_removed(points, start, end, what, at.zone)
    renumbered = at.reading.renumbered(at.key)
    stays = [
        a.WhoStay(
            user=point.user,
            number=(
                at.reading.number_at(at.key, point.user, end_within(until, end), at.known)
                if point.user is not None and point.user in renumbered
                else point.number
            ),
            from_=local(point.at, at.zone),
            to=telling.local_or_none(until, at.zone),
            cause=point.cause,
            batch=telling.batch_id(point.batch),
            ended=next_.cause if next_ is not None else None,
        )
        for point, until, next_ in stays_within(points, start, end)
    ]
    return a.Who(
        system=at.row.name,
        extension_id=found.extension_id,
        module=found.module,
        port=found.port,
        label=found.label,
        on=asking.on(when, at.zone),
        read_as=describe(when, at.zone),
        known_at=at.asked,
        stays=tuple(stays),
    )


def where(at: Look, user: str, on: str | datetime) -> a.Where:
    """Return every stay of a person. Raises `NothingKnown`, `Removed`."""
    when = at.when(on)
    start, end = span(when)
    found = user_then(at.reading, at.row, str(user), end, at.known, asked=at.asked is not None)
    what = f"user {found.name}"
    points = at.reading.place_points(at.key, found.name, start, end, at.known)
    if not points or points[0].at > end:
        at.refuse_before(end, at.reading.first_place(at.key, found.name, at.known), what)
    refuse_removed(points, start, end, what, at.zone)
    stays = []
    for point, until, next_ in stays_within(points, start, end):
        there = at.reading.extension(at.key, point.extension_id, at.asked) if point.extension_id is not None else None
        stays.append(
            a.WhereStay(
                extension_id=point.extension_id,
                module=there.module if there is not None else None,
                port=there.port if there is not None else None,
                label=there.label if there is not None else None,
                from_=local(point.at, at.zone),
                to=telling.local_or_none(until, at.zone),
                cause=point.cause,
                batch=telling.batch_id(point.batch),
                ended=next_.cause if next_ is not None else None,
            )
        )
    return a.Where(
        system=at.row.name,
        user=found.name,
        number=at.reading.number_at(at.key, found.name, end, at.known),
        full_name=found.full_name,
        on=asking.on(when, at.zone),
        read_as=describe(when, at.zone),
        known_at=at.asked,
        stays=tuple(stays),
    )


def seats(at: Look, on: str | datetime) -> a.Seats:
    """Return the whole system at an instant. Raises `NothingKnown`."""
    instant = at.instant(on)
    at.refuse_before(instant, at.row.known_since, at.row.name)
    zone, seat = at.zone, a.Seat  # of thousands, nothing is looked up that need not be
    seats = tuple(
        [
            seat(
                extension_id=extension_id,
                module=module,
                port=port,
                label=label,
                base_extension=base,
                user=user,
                number=number,
                since=since.astimezone(zone),
            )
            for extension_id, module, port, label, base, user, number, since in at.reading.desks(
                at.key, instant, at.known
            )
        ]
    )
    seated = [seat.user for seat in seats if seat.user is not None]
    return a.Seats(
        system=at.row.name,
        on=iso(instant, at.zone),
        read_as=describe(Instant(instant), at.zone),
        known_at=at.asked,
        seats=seats,
        off_the_air=tuple(at.reading.off_the_air(at.key, instant, at.known, seated)),
    )
