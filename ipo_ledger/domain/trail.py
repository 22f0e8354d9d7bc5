"""What the facts of an append leave behind for later questions: one point a move, its end derived.

A point says "from this moment on"; the next point of the same extension (or user) ends it. The points of one
extension or user lie on each other like a pile: in order of time and of recording alike, each knows the one below
it. A correction takes points off the top of the pile; what is under them stands again. Nothing splits a point.

The trail also keeps what something was called, or how far a batch was, until a fact changed it: the read model can
say later what it would have answered before.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from ipo_ledger.domain.records import Batch, Change, Extension, Settings, User

if TYPE_CHECKING:
    from ipo_ledger.domain.events import Fact

Pile: TypeAlias = Literal["seats", "places", "bases", "numbers"]


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
    below: int | None = None


class PlacePoint(Struct, frozen=True):
    """From `at` on, the user is at `extension_id` (None: off the air). `gone`: the user is no longer there."""

    user: str
    at: datetime
    position: int
    extension_id: int | None
    cause: str
    batch: int | None
    gone: bool = False
    below: int | None = None


class BasePoint(Struct, frozen=True):
    """From `at` on, `base` is the base extension in force (None: blank)."""

    extension_id: int
    at: datetime
    position: int
    base: str | None
    batch: int | None
    below: int | None = None


class NumberPoint(Struct, frozen=True):
    """From `at` on, `number` is the user's (None: none)."""

    user: str
    at: datetime
    position: int
    number: str | None
    below: int | None = None


Point: TypeAlias = SeatPoint | PlacePoint | BasePoint | NumberPoint


class Closed(Struct, frozen=True):
    """A correction, at position `by`, took every point above `above` off the pile of this extension or user."""

    pile: Pile
    of: int | str
    above: int
    by: int


class Drafted(Struct, frozen=True):
    """The net change that a draft has for an extension from a position on; `place` is its rank in the batch."""

    batch: int
    place: int
    change: Change
    position: int


class Trail:
    """The points, and what was touched, since the last append; the store writes them in the same transaction."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seats: list[SeatPoint] = []
        self.places: list[PlacePoint] = []
        self.bases: list[BasePoint] = []
        self.numbers: list[NumberPoint] = []
        self.closed: list[Closed] = []
        self.taken: list[tuple[int, int]] = []  # position of a fact taken away, and of the correction
        self.extensions: set[int] = set()
        self.users: set[str] = set()
        self.batches: set[int] = set()
        self.drafted: list[Drafted] = []
        self.redrafted: list[tuple[int, int]] = []  # batch whose changes are said anew from a position on
        self.reversals: list[tuple[int, int, int, int]] = []  # batch, what it reverses, rank, position
        self.restarts: list[tuple[int, datetime]] = []  # position, time
        # What was so until a position.
        self.settings_until: list[tuple[Settings, int]] = []
        self.extensions_until: list[tuple[Extension, int]] = []
        self.users_until: list[tuple[User, int]] = []
        self.batches_until: dict[tuple[int, int], Batch] = {}  # by batch and position

    def seat(  # noqa: PLR0913 - what a point says
        self,
        fact: Fact,
        extension_id: int,
        user: str | None,
        number: str | None,
        cause: str,
        *,
        below: int | None,
        gone: bool = False,
    ) -> None:
        """Note who is at an extension from this fact on."""
        self.seats.append(
            SeatPoint(extension_id, fact.occurred_at, fact.position, user, number, cause, fact.batch, gone, below)
        )

    def place(  # noqa: PLR0913 - as above
        self,
        fact: Fact,
        user: str,
        extension_id: int | None,
        cause: str,
        *,
        below: int | None,
        gone: bool = False,
    ) -> None:
        """Note where a user is from this fact on."""
        self.places.append(
            PlacePoint(user, fact.occurred_at, fact.position, extension_id, cause, fact.batch, gone, below)
        )

    def base(self, fact: Fact, extension_id: int, base: str | None, batch: int | None, *, below: int | None) -> None:
        """Note the base extension in force from this fact on."""
        self.bases.append(BasePoint(extension_id, fact.occurred_at, fact.position, base, batch, below))

    def numbered(self, fact: Fact, user: str, number: str | None, *, below: int | None) -> None:
        """Note a user's number from this fact on."""
        self.numbers.append(NumberPoint(user, fact.occurred_at, fact.position, number, below))

    def close(self, pile: Pile, of: int | str, above: int, fact: Fact) -> None:
        """Note that a correction took away what was above a point."""
        self.closed.append(Closed(pile, of, above, fact.position))
