"""What the facts of an append leave behind for later questions: one point a move, its end derived.

A point says "from this moment on"; the next point of the same extension (or user) ends it. The read model
stores them as they are, once by extension and once by user; a correction closes a point, nothing splits one.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from ipo_ledger.domain.events import Fact


class SeatPoint(Struct, frozen=True):
    """From `at` on, `user` is at the extension (None: vacant). `gone`: the extension itself is no longer there."""

    extension_id: int
    at: datetime
    position: int
    user: str | None
    number: str | None
    cause: str
    batch: int | None
    gone: bool = False


class PlacePoint(Struct, frozen=True):
    """From `at` on, the user is at `extension_id` (None: off the air). `gone`: the user is no longer there."""

    user: str
    at: datetime
    position: int
    extension_id: int | None
    cause: str
    batch: int | None
    gone: bool = False


class BasePoint(Struct, frozen=True):
    """From `at` on, `base` is the base extension in force (None: blank)."""

    extension_id: int
    at: datetime
    position: int
    base: str | None
    batch: int | None


class NumberPoint(Struct, frozen=True):
    """From `at` on, `number` is the user's (None: none)."""

    user: str
    at: datetime
    position: int
    number: str | None


class Trail:
    """The points, and what was touched, since the last append; the store writes them in the same transaction."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seats: list[SeatPoint] = []
        self.places: list[PlacePoint] = []
        self.bases: list[BasePoint] = []
        self.numbers: list[NumberPoint] = []
        self.extensions: set[int] = set()
        self.users: set[str] = set()
        self.batches: set[int] = set()

    def seat(  # noqa: PLR0913 - what a point says
        self, fact: Fact, extension_id: int, user: str | None, number: str | None, cause: str, *, gone: bool = False
    ) -> None:
        """Note who is at an extension from this fact on."""
        self.seats.append(
            SeatPoint(extension_id, fact.occurred_at, fact.position, user, number, cause, fact.batch, gone)
        )

    def place(self, fact: Fact, user: str, extension_id: int | None, cause: str, *, gone: bool = False) -> None:
        """Note where a user is from this fact on."""
        self.places.append(PlacePoint(user, fact.occurred_at, fact.position, extension_id, cause, fact.batch, gone))

    def base(self, fact: Fact, extension_id: int, base: str | None, batch: int | None) -> None:
        """Note the base extension in force from this fact on."""
        self.bases.append(BasePoint(extension_id, fact.occurred_at, fact.position, base, batch))

    def numbered(self, fact: Fact, user: str, number: str | None) -> None:
        """Note a user's number from this fact on."""
        self.numbers.append(NumberPoint(user, fact.occurred_at, fact.position, number))
