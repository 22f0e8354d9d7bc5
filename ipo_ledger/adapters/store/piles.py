"""What was true of one extension or user when: the points of its piles, as known now or at an earlier position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.store.asking import EVER, FOREVER, LATEST, Asking
from ipo_ledger.adapters.store.from_rows import first_of, point_of
from ipo_ledger.domain.moments import EARLIEST, to_micros
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Piles(Asking):
    """Questions about single piles, and what a correction looks back at."""

    def points(  # noqa: PLR0913, PLR0917 - which, whose, when, as known when
        self, pile: Pile, key: int, of: int | str, start: datetime, end: datetime, known: int
    ) -> list[Any]:
        """Return the points of the last instant at or before `start`, every point up to `end`, and the first after it.

        What stands is found by its index. For an earlier `known`, the last point recorded by then is where to look
        from: what lies on each other at that position is what was known, and of it only what a correction took off
        later has to be walked through.
        """
        about = {"key": key, "of": of, "start": to_micros(start), "end": to_micros(end)}
        about |= {"known": LATEST, "last": LATEST}
        if known >= self.head().position:
            rows = self._rows(f"{pile}_around", about)
            return [point_of(pile, row) for row in _around(rows, to_micros(start), to_micros(end))]
        off: list[tuple[Any, ...]] = []
        top = self._row(f"{pile}_top", key=key, of=of, known=known)
        while top is not None and top[3] != FOREVER:
            if top[3] > known:
                off.append(top)
            top = self._row(f"{pile}_at", key=key, of=of, position=top[4]) if top[4] is not None else None
        rows = []
        if top is not None:
            # What lies on the top is none of it: what was recorded later would be walked through in vain.
            about |= {"known": top[2], "last": top[1]}
            about |= {"start": min(about["start"], top[1]), "end": min(about["end"], top[1])}
            rows = self._rows(f"{pile}_around", about)
        rows += reversed(off)
        return [point_of(pile, row) for row in _around(rows, to_micros(start), to_micros(end))]

    def _last(self, pile: Pile, key: int, of: int | str, at: datetime, known: int) -> Point | None:
        if known >= self.head().position:
            row = self._row(f"{pile}_last", key=key, of=of, at=to_micros(at))
            return point_of(pile, row) if row is not None else None
        found = [point for point in self.points(pile, key, of, at, at, known) if point.at <= at]
        return found[-1] if found else None

    def seat_points(self, key: int, extension_id: int, start: datetime, end: datetime, known: int) -> list[SeatPoint]:
        """Return the point in force at `start`, every point up to `end`, and the first after it."""
        return self.points("seats", key, extension_id, start, end, known)

    def place_points(self, key: int, user: str, start: datetime, end: datetime, known: int) -> list[PlacePoint]:
        """Return the same for a user."""
        return self.points("places", key, user, start, end, known)

    def base_points(self, key: int, extension_id: int, known: int) -> list[BasePoint]:
        """Return every base extension that was ever in force there, oldest first."""
        return self.points("bases", key, extension_id, EARLIEST, EVER, known)

    def number_points(self, key: int, user: str, known: int) -> list[NumberPoint]:
        """Return every number a user ever had, oldest first."""
        return self.points("numbers", key, user, EARLIEST, EVER, known)

    def first_seat(self, key: int, extension_id: int, known: int) -> datetime | None:
        """Return when the first thing is known of an extension, or None."""
        return first_of(self._row("first_seat", key=key, extension_id=extension_id, known=known))

    def first_place(self, key: int, user: str, known: int) -> datetime | None:
        """Return when the first thing is known of a user, or None."""
        return first_of(self._row("first_place", key=key, user_name=user, known=known))

    def number_at(self, key: int, user: str, at: datetime, known: int) -> str | None:
        """Return the number a user had at an instant."""
        point = self._last("numbers", key, user, at, known)
        return point.number if isinstance(point, NumberPoint) else None

    def renumbered(self, key: int) -> frozenset[str]:
        """Return the users whose number ever changed."""
        return frozenset(name for (name,) in self._rows("renumbered", {"key": key}))

    def hands_may_have_changed(self, key: int) -> bool:
        """Tell whether any user was ever renumbered or removed."""
        return bool(self._rows("any_hands", {"key": key}))

    def numbered(self, key: int, number: str, at: datetime, known: int) -> list[str]:
        """Return the users who had a number at an instant, by name."""
        if known >= self.head().position:
            return [name for (name,) in self._rows("numbered_at", {"key": key, "number": number, "at": to_micros(at)})]
        names = sorted(name for (name,) in self._rows("numbered", {"key": key, "number": number}))
        return [name for name in names if self.number_at(key, name, at, known) == number]

    def once_numbered(self, key: int, number: str, known: int) -> list[str]:
        """Return the user who had a number last of all that was known at a position, or nobody."""
        found = [
            (point.at, point.position, point.user)
            for (name,) in self._rows("numbered", {"key": key, "number": number})
            for point in self.number_points(key, name, known)
            if point.number == number
        ]
        return [max(found)[2]] if found else []

    # --- what a correction looks back at --------------------------------------------------------------------

    def points_from(self, pile: Pile, key: int, of: int | str, position: int) -> list[Point]:
        """Return the standing points of an extension or user recorded at a position or later, in order."""
        rows = self._rows(f"{pile}_from", {"key": key, "of": of, "position": position})
        return [point_of(pile, row) for row in rows]

    def point(self, pile: Pile, key: int, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        row = self._row(f"{pile}_at", key=key, of=of, position=position)
        assert row is not None, f"event {position} is referred to and must have left a point"
        return point_of(pile, row)

    def restarts_after(self, key: int, position: int) -> list[int]:
        """Return the positions of the restarts that stand after a position."""
        return [p for (p,) in self._rows("restarts_after", {"key": key, "position": position})]

    def restart_before(self, key: int, position: int) -> int | None:
        """Return the position of the last restart that stands before a position, or None."""
        row = self._row("restart_before", key=key, position=position)
        return row[0] if row is not None else None

    def corrections_of(self, first: int, last: int) -> dict[int, int]:
        """Return which facts from `first` to `last` were corrected, and by which event."""
        return dict(self._rows("corrections_between", {"first": first, "last": last}))

    def taken_off(self, pile: Pile, key: int, of: int | str, start: datetime, end: datetime) -> list[tuple[int, int]]:
        """Return the facts of a time whose points a correction took off: their positions, and the correction's."""
        about = {"key": key, "of": of, "start": to_micros(start), "end": to_micros(end)}
        return [(position, by) for position, by in self._rows(f"{pile}_taken_off", about)]


def _around(rows: Sequence[tuple[Any, ...]], start: int, end: int) -> list[tuple[Any, ...]]:
    """Return the rows of the last instant at or before `start`, those up to `end`, and the first after it."""
    first = max((row[1] for row in rows if row[1] <= start), default=start)
    return [row for row in rows if first <= row[1] <= end] + [row for row in rows if row[1] > end][:1]
