"""Whole systems: everybody's seat at an instant, every point of a span of time, all that moved on since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.json import encode
from msgspec.structs import replace

from ipo_ledger.adapters.store.asking import EVER
from ipo_ledger.adapters.store.extensions_and_users import ExtensionsAndUsers
from ipo_ledger.adapters.store.from_rows import point_of, seats_of
from ipo_ledger.adapters.store.kept_events import KeptEvents
from ipo_ledger.adapters.store.piles import Piles
from ipo_ledger.application.ports.rows import Desk, SeatRow
from ipo_ledger.domain.moments import EARLIEST, from_micros, to_micros
from ipo_ledger.domain.records import Mark, User
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime


class WholeSystems(Piles, ExtensionsAndUsers, KeptEvents):
    """Questions about all extensions or users of a system at once."""

    def seats(self, key: int, at: datetime, known: int) -> list[SeatRow]:
        """Return every extension that existed at an instant, with its base in force and who was seated there."""
        way = self._way(at, known)
        found = seats_of(self._rows(f"seats_{way}", {"key": key, "at": to_micros(at), "known": known}))
        if way != "now":
            found += self._corrected_seats(key, at, known)
            found.sort(key=lambda seat: seat.extension_id)
            former = {row[0]: row[1:] for row in self._rows("former_extensions", {"key": key, "known": known})}
            for place, seat in enumerate(found):
                if seat.extension_id in former:
                    module, port, kind, label = former[seat.extension_id]
                    found[place] = replace(seat, module=module, port=port, kind=kind, label=label)
        renumbered = self.renumbered(key)
        for place, seat in enumerate(found) if renumbered else ():
            if seat.user in renumbered:
                found[place] = replace(seat, number=self.number_at(key, seat.user, at, known))
        return found

    def desks(self, key: int, at: datetime, known: int) -> list[Desk]:
        """Return what an answer shows of every extension that existed at an instant."""
        if self._way(at, known) != "now":
            found = self.seats(key, at, known)
            return [(s.extension_id, s.module, s.port, s.label, s.base, s.user, s.number, s.since) for s in found]
        question = "desks_as_they_are" if self._nothing_moved_after(key, at) else "desks"
        rows = self._rows(question, {"key": key, "at": to_micros(at)})
        renumbered = self.renumbered(key)
        if renumbered:
            rows = [
                (*row[:6], self.number_at(key, row[5], at, known), row[7]) if row[5] in renumbered else row
                for row in rows
            ]
        return [(*row[:7], from_micros(row[7])) for row in rows]

    def _nothing_moved_after(self, key: int, at: datetime) -> bool:
        """Tell whether every extension is as it was at an instant: then nothing has to be looked for in the past.

        Of an instant before the last recording that is hardly ever so, and not looked at.
        """
        if at < self.head().recorded_at:
            return False
        return not self._rows("moved_after", {"key": key, "at": to_micros(at)})

    def _corrected_seats(self, key: int, at: datetime, known: int) -> Iterator[SeatRow]:
        """Yield the rows of the extensions that a correction recorded after `known` took something off.

        Where the last points recorded by then are not the answer, it is looked for below them, one by one.
        """
        for *row, gone, final in self._rows("seats_corrected", {"key": key, "at": to_micros(at), "known": known}):
            if final:
                yield from () if gone else seats_of([row])
                continue
            seat, base = self._last("seats", key, row[0], at, known), self._last("bases", key, row[0], at, known)
            if isinstance(seat, SeatPoint) and isinstance(base, BasePoint) and not seat.gone:
                (found,) = seats_of([row])
                yield replace(
                    found,
                    base=base.base,
                    base_batch=base.batch,
                    base_position=base.position,
                    user=seat.user,
                    since=seat.at,
                    position=seat.position,
                    number=seat.number,
                )

    def off_the_air(self, key: int, at: datetime, known: int, seated: Collection[str] = ()) -> list[str]:
        """Return every user who existed at an instant and was seated nowhere, by name.

        `seated` are those who are known to have been somewhere: they need not be looked up.
        """
        way = self._way(at, known)
        about = {"key": key, "at": to_micros(at), "known": known}
        if way == "now":
            names = encode(sorted(seated)).decode()
            return [name for (name,) in self._rows("off_the_air", {"key": key, "at": about["at"], "names": names})]
        rows = [*self._rows(f"places_{way}", about), *self._corrected_places(key, at, known)]
        return sorted(row[0] for row in rows if row[5] is None)

    def _corrected_places(self, key: int, at: datetime, known: int) -> Iterator[Sequence[Any]]:
        """Yield the same of users as `_corrected_seats` of extensions, in the columns of `places_by`."""
        for *row, gone, final in self._rows("places_corrected", {"key": key, "at": to_micros(at), "known": known}):
            if final:
                yield from () if gone else (row,)
                continue
            place, number = self._last("places", key, row[0], at, known), self._last("numbers", key, row[0], at, known)
            if isinstance(place, PlacePoint) and isinstance(number, NumberPoint) and not place.gone:
                since = to_micros(place.at)
                yield (row[0], number.number, *row[2:5], place.extension_id, since, place.position, number.position)

    def _users_as_known(self, key: int, known: int) -> list[User]:
        nothing = Mark(EARLIEST, 0, "")
        rows = self._rows("places_by", {"key": key, "at": to_micros(EVER), "known": known})
        rows += map(tuple, self._corrected_places(key, EVER, known))
        former = {row[0]: row[1:] for row in self._rows("former_users", {"key": key, "known": known})}
        return [
            User(
                name=row[0],
                number=row[1],
                full_name=former.get(row[0], row[2:5])[0],
                has_login_code=bool(former.get(row[0], row[2:5])[1]),
                forced_login=bool(former.get(row[0], row[2:5])[2]),
                extension_id=row[5],
                since=from_micros(row[6]),
                place_position=row[7],
                number_position=row[8],
                last=nothing,
            )
            for row in sorted(rows, key=lambda row: str(row[0]))
        ]

    def _way(self, at: datetime, known: int) -> str:
        """Return how to look for the last points of a whole system (see `LAST`)."""
        if known >= self.head().position:
            return "now"
        row = self._row("recorded_at", position=known)
        return "by" if row is None or to_micros(at) >= row[0] else "then"

    def all_points(self, pile: Pile, key: int, start: datetime, end: datetime, known: int) -> list[Point]:
        """Return, of every extension or user, the point in force at `start`, and those up to `end` that last."""
        way = "now" if known >= self.head().position else "then"
        about = {"key": key, "start": to_micros(start), "end": to_micros(end), "known": known}
        return [point_of(pile, row) for row in self._rows(f"{pile}_all_{way}", about)]

    def moved_on(self, key: int, at: datetime, without: Collection[int] = ()) -> dict[str, Mark]:
        """Return the numbers that changed hands or desks after an instant, with the last fact that did it.

        What the facts at the positions `without` did does not count: they are being taken away.
        """
        about = {"key": key, "at": to_micros(at)}
        changed = [*self._rows("desks_moved_on", about), *self._rows("hands_moved_on", about)]
        changed += [(number, None, *when) for number, *when in self._rows("desks_removed", about)]
        changed += [(number, None, *when) for number, *when in self._rows("hands_removed", about)]
        last: dict[str, tuple[int, int]] = {}
        for one, other, when, position in changed:
            for number in (one, other) if position not in without else ():
                if number is not None:
                    last[number] = max(last.get(number, (0, 0)), (when, position))
        facts = self.facts_at({position for _, position in last.values()})
        return {n: Mark(from_micros(when), position, facts[position].name) for n, (when, position) in last.items()}
