"""From rows of the read model and of the events to the domain's records; columns in the order of `QUESTIONS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from ipo_ledger.application.ports.rows import SeatRow, SystemRow
from ipo_ledger.domain.moments import from_micros
from ipo_ledger.domain.records import Batch, Change, Extension, Mark, Send, Settings, User
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ipo_ledger.domain.events import Fact


def first_of(row: Sequence[Any] | None) -> datetime | None:
    """Return the time in a row of one column, or None."""
    return from_micros(row[0]) if row is not None and row[0] is not None else None


def mark_of(at: int | None, position: int | None, name: str | None) -> Mark | None:
    """Return the mark of three columns, or None where they are empty."""
    if at is None or position is None or name is None:
        return None
    return Mark(from_micros(at), position, name)


def system_of(row: Sequence[Any]) -> SystemRow:
    """Return a system's settings and counts."""
    return SystemRow(
        key=row[0],
        name=row[1],
        version=row[2],
        settings=Settings(row[3], row[4], row[5], row[6]),
        known_since=from_micros(row[7]) if row[7] is not None else None,
        batches=row[13],
        extensions=row[14],
        users=row[15],
    )


def extension_of(row: Sequence[Any]) -> Extension:
    """Return an extension."""
    return Extension(
        extension_id=row[0],
        module=row[1],
        port=row[2],
        kind=row[3],
        label=row[4],
        base=row[5],
        base_batch=row[6],
        base_position=row[7],
        user=row[8],
        since=from_micros(row[9]),
        seat_position=row[10],
        last=Mark(from_micros(row[11]), row[12], row[13]),
    )


def seats_of(rows: Iterable[Sequence[Any]]) -> list[SeatRow]:
    """Return extensions as they were at an instant, with who was seated there."""
    return [
        SeatRow(of, module, port, kind, label, base, base_batch, base_position, user, from_micros(since), at, number)
        for of, module, port, kind, label, base, base_batch, base_position, user, since, at, number in rows
    ]


def user_of(row: Sequence[Any]) -> User:
    """Return a user."""
    return User(
        name=row[0],
        number=row[1],
        full_name=row[2],
        has_login_code=bool(row[3]),
        forced_login=bool(row[4]),
        extension_id=row[5],
        since=from_micros(row[6]),
        place_position=row[7],
        number_position=row[8],
        last=Mark(from_micros(row[9]), row[10], row[11]),
    )


def batch_of(
    row: Sequence[Any], changes: dict[int, Change], reverses: tuple[int, ...], reversed_by: tuple[int, ...]
) -> Batch:
    """Return a batch; its changes and what it has to do with other batches lie in tables of their own."""
    return Batch(
        number=row[0],
        status=row[1],
        title=row[2],
        observed=bool(row[3]),
        opened_at=from_micros(row[4]),
        opened_position=row[5],
        actor=row[6],
        reason=row[7],
        ticket=row[8],
        last=Mark(from_micros(row[9]), row[10], row[11]),
        part=tuple(msgspec.json.decode(row[12])),
        **_how_far(row[13:23]),
        changes=changes,
        reverses=reverses,
        reversed_by=reversed_by,
    )


def as_it_was(batch: Batch, row: Sequence[Any]) -> Batch:
    """Return a batch as far as it was once, from the columns `FORMER_BATCH_COLUMNS` without their first."""
    return replace(batch, status=row[0], **_how_far(row[1:]))


def _how_far(row: Sequence[Any]) -> dict[str, Any]:
    sends: tuple[Send, ...] = ()
    if row[0] is not None:
        sends = (Send(from_micros(row[0]), row[1], row[2], row[3], tuple(msgspec.json.decode(row[4])), row[5]),)
    return {
        "sends": sends,
        "in_force_at": from_micros(row[6]) if row[6] is not None else None,
        "in_force_position": row[7],
        "settled_at": from_micros(row[8]) if row[8] is not None else None,
        "settled_position": row[9],
    }


def point_of(pile: Pile, row: Sequence[Any]) -> Point:
    """Return the point of a row of one of the piles, in the order of its `POINT_COLUMNS`."""
    at = from_micros(row[1])
    match pile:
        case "seats":
            return SeatPoint(row[0], at, row[2], row[5], row[6], row[7], row[8], bool(row[9]), row[4])
        case "places":
            return PlacePoint(row[0], at, row[2], row[5], row[6], row[7], bool(row[8]), row[4])
        case "bases":
            return BasePoint(row[0], at, row[2], row[5], row[6], row[4])
        case "numbers":
            return NumberPoint(row[0], at, row[2], row[5], row[4])


def facts_of(rows: Iterable[Sequence[Any]]) -> Iterator[Fact]:
    """Yield the facts of events' rows. Raises `UnreadableEvent`."""
    from ipo_ledger.adapters.store.payload import decode  # most questions read no event

    for row in rows:
        yield decode(row[0], row[1], row[2], row[3], bytes(row[4]), row[5])
