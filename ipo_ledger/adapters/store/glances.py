"""What one statement answers, the same for both stores: a question and its row, in a snapshot of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.store.asking import LATEST, UNSTORABLE
from ipo_ledger.application.ports.glances import PlaceGlance, SeatGlance
from ipo_ledger.domain.moments import from_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Glances(ABC):
    """A store that answers what one statement can answer without a transaction.

    A store brings `_glance` and `_clock_micros`.
    """

    @abstractmethod
    def _glance(self, question: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Ask one of the `QUESTIONS` on this thread's connection; None: it gave no row, or cannot be asked now."""

    @abstractmethod
    def _clock_micros(self) -> int | None:
        """Return the time by the store's clock, or None where the statement reads it."""

    def seat_at(self, system: str, extension_id: int, at: datetime | None, known: int | None) -> SeatGlance | None:
        """Return who sat at an extension at an instant (None: now)."""
        row = self._glance_of("seat", system, extension_id, at, known)
        if row is None or row[13]:  # a number that may have been another one then
            return None
        until = row[4]
        return SeatGlance(
            row[1],
            at if at is not None else from_micros(row[2]),
            from_micros(row[3]),
            from_micros(until) if until is not None else None,
            *row[5:13],
        )

    def place_at(self, system: str, user: str, at: datetime | None, known: int | None) -> PlaceGlance | None:
        """Return where the user of that name or number was at an instant (None: now)."""
        if UNSTORABLE.search(user):
            return None
        row = self._glance_of("place", system, user, at, known)
        if row is None or user not in row[12:14]:  # it is another one's number by now
            return None
        until = row[4]
        return PlaceGlance(
            row[1],
            at if at is not None else from_micros(row[2]),
            from_micros(row[3]),
            from_micros(until) if until is not None else None,
            *row[5:],
        )

    def _glance_of(
        self, what: str, system: str, of: int | str, at: datetime | None, known: int | None
    ) -> tuple[Any, ...] | None:
        micros = to_micros(at) if at is not None else self._clock_micros()
        if known is None:
            return self._glance(f"{what}_now", {"name": system, "of": of, "at": micros})
        known = min(known, LATEST)
        return self._glance(f"{what}_then", {"name": system, "of": of, "at": micros, "known": known})
