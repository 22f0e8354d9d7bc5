"""Looking at a ledger: every question there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ipo_ledger.application.ports.rows import BatchFilter, Desk, Head, KnownAnswer, LogFilter, SeatRow, SystemRow
    from ipo_ledger.domain.events import Fact
    from ipo_ledger.domain.records import Batch, Extension, Mark, Settings, User
    from ipo_ledger.domain.system import System
    from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint
    from ipo_ledger.evidence.tree import Row


class Reading(Protocol):
    """One consistent look at the ledger. Times are aware UTC; `known` is the last position taken into account."""

    def head(self) -> Head:
        """Return the end of the ledger."""
        ...

    def now(self) -> datetime:
        """Return the store's clock."""
        ...

    def systems(self) -> Sequence[SystemRow]:
        """Return every system, by name."""
        ...

    def system_row(self, name: str) -> SystemRow | None:
        """Return one system's settings and counts, or None."""
        ...

    def system(self, name: str, known: int | None = None) -> System | None:
        """Return a system as it is now or, at position `known`, was known to be; None if it was not.

        As it is now it is the state that decisions are made from; as it was known it is for looking at only.
        """
        ...

    def settings(self, key: int, known: int | None) -> Settings | None:
        """Return the settings a system was known to have at a position, where they are others now."""
        ...

    def batch(self, key: int, number: int, known: int | None = None) -> Batch | None:
        """Return a batch with its changes and what reverses it, as it is or was known to be, or None."""
        ...

    def batches_sent_after(self, key: int, position: int) -> Sequence[Batch]:
        """Return the batches whose send, recorded after a position, stands; with their changes."""
        ...

    def connected_after(self, key: int, batch: Batch) -> Sequence[Batch]:
        """Return the batches connected with this one that took effect after it, oldest first, with their changes."""
        ...

    def batches(self, key: int, wanted: BatchFilter) -> Sequence[tuple[Batch, int]]:
        """Return batches without their changes but with their number of changes, newest first."""
        ...

    def extension(self, key: int, extension_id: int, known: int | None = None) -> Extension | None:
        """Return an extension as it is now or, if it was removed, as it was last; None if it never was.

        With `known`, what it is called (module, port, kind, label) is what it was called at that position.
        """
        ...

    def user(self, key: int, name: str, known: int | None = None) -> User | None:
        """Return a user as they are now or, if removed, as they were last; None if they never were.

        With `known`, what exports do not date (full name, flags) is what it was at that position.
        """
        ...

    def once_called(self, key: int) -> Sequence[int]:
        """Return the ids of the extensions that were once called otherwise than now: another label or place."""
        ...

    def extensions_labelled(self, key: int, label: str) -> Sequence[int]:
        """Return the ids of the extensions with this label, present ones first."""
        ...

    def extensions_at(self, key: int, module: str, port: int) -> Sequence[int]:
        """Return the ids of the extensions at this module and port, present ones first."""
        ...

    def users_called(self, key: int, text: str) -> Sequence[str]:
        """Return the names of the users who have, or last had, this name or number, present ones first."""
        ...

    def all_users(self, key: int) -> Sequence[tuple[str, str | None]]:
        """Return the name and number of everybody there is or was."""
        ...

    def seat_points(
        self, key: int, extension_id: int, start: datetime, end: datetime, known: int
    ) -> Sequence[SeatPoint]:
        """Return the point in force at `start`, every point in (start, end], and the first after `end`."""
        ...

    def place_points(self, key: int, user: str, start: datetime, end: datetime, known: int) -> Sequence[PlacePoint]:
        """Return the same for a user."""
        ...

    def base_points(self, key: int, extension_id: int, known: int) -> Sequence[BasePoint]:
        """Return every base extension that was ever in force there, oldest first."""
        ...

    def number_points(self, key: int, user: str, known: int) -> Sequence[NumberPoint]:
        """Return every number a user ever had, oldest first."""
        ...

    def first_seat(self, key: int, extension_id: int, known: int) -> datetime | None:
        """Return when the first thing is known of an extension, or None."""
        ...

    def first_place(self, key: int, user: str, known: int) -> datetime | None:
        """Return when the first thing is known of a user, or None."""
        ...

    def number_at(self, key: int, user: str, at: datetime, known: int) -> str | None:
        """Return the number a user had at an instant."""
        ...

    def renumbered(self, key: int) -> frozenset[str]:
        """Return the users whose number ever changed."""
        ...

    def hands_may_have_changed(self, key: int) -> bool:
        """Tell whether any user was ever renumbered or removed."""
        ...

    def numbered(self, key: int, number: str, at: datetime, known: int) -> Sequence[str]:
        """Return the users who had a number at an instant, by name."""
        ...

    def once_numbered(self, key: int, number: str, known: int) -> Sequence[str]:
        """Return the user who had a number last of all that was known at a position, or nobody."""
        ...

    def moved_on(self, key: int, at: datetime, without: Collection[int] = ()) -> Mapping[str, Mark]:
        """Return the numbers that changed hands or desks after an instant, with the last fact that did it.

        What the facts at the positions `without` did does not count: they are being taken away.
        """
        ...

    def seats(self, key: int, at: datetime, known: int) -> Sequence[SeatRow]:
        """Return every extension that existed at an instant, with its base in force and who was seated there."""
        ...

    def desks(self, key: int, at: datetime, known: int) -> Sequence[Desk]:
        """Return what an answer shows of every extension that existed at an instant."""
        ...

    def off_the_air(self, key: int, at: datetime, known: int, seated: Collection[str] = ()) -> Sequence[str]:
        """Return every user who existed at an instant and was seated nowhere, by name.

        `seated` are those who are known to have been somewhere: they need not be looked up.
        """
        ...

    def all_points(self, pile: Pile, key: int, start: datetime, end: datetime, known: int) -> Sequence[Point]:
        """Return, of every extension or user, the point in force at `start`, and those up to `end` that last."""
        ...

    def all_extensions(self, key: int, known: int) -> Sequence[Extension]:
        """Return every extension there is or was, by id, called as it was at a position."""
        ...

    def everybody(self, key: int, known: int) -> Sequence[User]:
        """Return every user there is or was, by name, with the full name and flags they had at a position."""
        ...

    def all_batches(self, key: int, known: int) -> Sequence[Batch]:
        """Return every batch, oldest first, as it was known to be at a position."""
        ...

    def log(self, wanted: LogFilter) -> Sequence[Fact]:
        """Return recorded events, newest first, at most `limit`."""
        ...

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return every recorded event after a position, oldest first."""
        ...

    def facts_at(self, positions: Iterable[int]) -> dict[int, Fact]:
        """Return the events at these positions."""
        ...

    def facts_before(self, position: int) -> Iterator[Fact]:
        """Return every recorded event before a position, newest first."""
        ...

    def facts_of_batch(self, key: int, batch: int, before: int) -> Iterator[Fact]:
        """Return the events of a batch before a position, newest first."""
        ...

    def last_recorded_by(self, at: datetime) -> int:
        """Return the last position recorded at or before an instant (0: none)."""
        ...

    def points_from(self, pile: Pile, key: int, of: int | str, position: int) -> Sequence[Point]:
        """Return the standing points of an extension or user recorded at a position or later, in order."""
        ...

    def point(self, pile: Pile, key: int, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        ...

    def restarts_after(self, key: int, position: int) -> Sequence[int]:
        """Return the positions of the restarts that stand after a position."""
        ...

    def restart_before(self, key: int, position: int) -> int | None:
        """Return the position of the last restart that stands before a position, or None."""
        ...

    def settled_between(self, key: int, first: int, last: int) -> Sequence[tuple[int, int]]:
        """Return the batches that a fact from `first` to `last` settled, with the position of the fact."""
        ...

    def corrections_of(self, first: int, last: int) -> Mapping[int, int]:
        """Return which facts from `first` to `last` were corrected, and by which event."""
        ...

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        ...

    def taken_off(
        self, pile: Pile, key: int, of: int | str, start: datetime, end: datetime
    ) -> Sequence[tuple[int, int]]:
        """Return the facts of a time whose points a correction took off: their positions, and the correction's."""
        ...

    def rows_at(self, positions: Iterable[int]) -> Sequence[Row]:
        """Return the stored events at these positions as they lie there, in order."""
        ...

    def frontier(self) -> bytes:
        """Return what the tree goes on from, as the head keeps it."""
        ...

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a node of the tree."""
        ...

    def rows(self, *, after: int = 0) -> Iterator[Sequence[Row]]:
        """Return every stored event after a position as it lies there, oldest first, a page at a time."""
        ...

    def fact(self, row: Row) -> Fact:
        """Return the fact that a stored event is. Raises `StoreUnusable` for what this release cannot read."""
        ...

    def agreed(self, told: Callable[[int], None]) -> Mapping[str, int] | None:
        """Return how many rows each table of the read model has, where all are as the events make them; None: not so.

        None, too, where an event cannot be read or cannot follow. `told` is given how many events were looked at.
        """
        ...

    def counted(self) -> int:
        """Return how many stored events there are, whatever their positions."""
        ...

    def kept_nodes(self, level: int, first: int, last: int) -> Mapping[int, bytes]:
        """Return the hashes of those nodes of a level that are kept, from place `first` to `last`."""
        ...

    def stray_nodes(self, size: int) -> Sequence[tuple[int, int]]:
        """Return level and place of kept nodes that a tree of so many leaves does not have, a hundred at most."""
        ...

    def answers(self) -> Iterator[Sequence[tuple[str, str, bytes]]]:
        """Return the answers that are kept: command id, fingerprint, answer; by command id, a page at a time."""
        ...

    def kept_checkpoints(self) -> Sequence[tuple[int, str, int]]:
        """Return the checkpoints that were given out: size, signed note, when in microseconds; oldest first.

        The order is always the same, also of several of one size and time.
        """
        ...

    def faults(self) -> Sequence[str]:
        """Return what the database itself finds wrong, and what it lacks of what keeps the ledger append-only."""
        ...
