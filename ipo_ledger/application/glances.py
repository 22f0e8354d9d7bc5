"""Who sat there, and where somebody was, at an instant: answered from one statement, where there is no more to it.

None where there is more (see `ports.glances`): then `seating` answers, or refuses.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling
from ipo_ledger.application.asking import as_position
from ipo_ledger.application.naming import as_extension_id
from ipo_ledger.domain.moments import EARLIEST, Instant, as_shown, iso, local, read_when, zone_of
from ipo_ledger.errors import Malformed

if TYPE_CHECKING:
    from ipo_ledger.application.asking import KnownAt
    from ipo_ledger.application.ports.store import Store

Asked: TypeAlias = tuple[datetime | None, int | None]
"""The instant (None: now, by the store's clock) and the position (None: all there is) that are asked about."""


class Glances:
    """One system of a store, glanced at."""

    def __init__(self, store: Store, name: str, timezone: str | None) -> None:
        """Take the system of this name; nothing is read yet."""
        self.timezone = timezone
        """The time zone it was seen to have: times are read in it. An answer that says another one does not count."""
        self._store = store
        self._name = name

    def who(self, extension: int | str, on: str | datetime, known_at: KnownAt) -> a.Who | None:
        """Return the stay at an extension."""
        extension_id, asked = as_extension_id(extension), self._read(on, known_at)
        if extension_id is None or asked is None:
            return None
        seat = self._store.seat_at(self._name, extension_id, *asked)
        if seat is None or not self._was_read_in(seat.timezone, on):
            return None
        zone = zone_of(seat.timezone)
        written = iso(seat.at, zone)
        stay = a.WhoStay(
            user=seat.user,
            number=seat.number,
            from_=local(seat.since, zone),
            to=telling.local_or_none(seat.until, zone),
            cause=seat.cause,
            batch=telling.batch_id(seat.batch),
            ended=seat.ended,
        )
        return a.Who(
            system=self._name,
            extension_id=extension_id,
            module=seat.module,
            port=seat.port,
            label=seat.label,
            on=written,
            read_as=as_shown(written, zone),
            known_at=asked[1],
            stays=(stay,),
        )

    def where(self, user: str, on: str | datetime, known_at: KnownAt) -> a.Where | None:
        """Return the stay of a person."""
        asked = self._read(on, known_at)
        if asked is None:
            return None
        place = self._store.place_at(self._name, str(user), *asked)
        if place is None or not self._was_read_in(place.timezone, on):
            return None
        zone = zone_of(place.timezone)
        written = iso(place.at, zone)
        stay = a.WhereStay(
            extension_id=place.extension_id,
            module=place.module,
            port=place.port,
            label=place.label,
            from_=local(place.since, zone),
            to=telling.local_or_none(place.until, zone),
            cause=place.cause,
            batch=telling.batch_id(place.batch),
            ended=place.ended,
        )
        return a.Where(
            system=self._name,
            user=place.user,
            number=place.number,
            full_name=place.full_name,
            on=written,
            read_as=as_shown(written, zone),
            known_at=asked[1],
            stays=(stay,),
        )

    def _read(self, on: str | datetime, known_at: KnownAt) -> Asked | None:
        """Return what is asked about, or None for a whole day, a known-at that is a time, and what cannot be read."""
        known = as_position(known_at) if known_at is not None else None
        if known is None and known_at is not None:
            return None
        if isinstance(on, datetime):
            return (on, known) if on.tzinfo is not None else None
        if on == "now":
            return None, known
        if self.timezone is None or not on[:1].isdigit():  # today and yesterday are whole days, and need a clock
            return None
        try:
            when = read_when(on, zone_of(self.timezone), EARLIEST)
        except Malformed:
            return None
        return (when.at, known) if isinstance(when, Instant) else None

    def _was_read_in(self, timezone: str, on: str | datetime) -> bool:
        """Tell whether the time asked about was read in the time zone that the answer is in."""
        seen, self.timezone = self.timezone, timezone
        return isinstance(on, datetime) or on == "now" or seen == timezone
