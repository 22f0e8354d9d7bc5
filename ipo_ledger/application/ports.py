"""What the application needs from outside: a store that keeps the facts, and answers about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.records import Batch, Extension, Settings, User
from ipo_ledger.domain.site import Site
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import BasePoint, PlacePoint, SeatPoint


class Head(Struct, frozen=True):
    """The end of the ledger: its last position (0: empty) and when that was recorded (aware UTC)."""

    position: int
    recorded_at: datetime


class SystemRow(Struct, frozen=True, kw_only=True):
    """One system in a list; `key` is its short name in the read model."""

    key: int
    name: str
    version: int
    settings: Settings
    known_since: datetime | None
    extensions: int
    users: int
    batches: int


class KnownAnswer(Struct, frozen=True):
    """The first answer to a command id: what was asked (a fingerprint), and the answer as JSON."""

    fingerprint: str
    answer: bytes


class LogFilter(Struct, frozen=True, kw_only=True):
    """Which events a log shows: all that fit, newest first, before position `before`; times are UTC, half-open."""

    system: int | None = None
    user: str | None = None
    extension_id: int | None = None
    batch: int | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


class BatchFilter(Struct, frozen=True, kw_only=True):
    """Which batches a list shows: all that fit, newest first, before batch `before`."""

    status: str | None = None
    number: str | None = None
    extension_id: int | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


class SeatRow(Struct, frozen=True, kw_only=True):
    """One extension at an instant."""

    extension: Extension
    base: str | None
    user: str | None
    number: str | None
    since: datetime


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

    def system(self, name: str) -> System | None:
        """Return a system as it is now, or None: the state that decisions are made from."""
        ...

    def batch(self, key: int, number: int) -> Batch | None:
        """Return a batch with its changes and what reverses it, or None."""
        ...

    def batches_in_force_after(self, key: int, batch: Batch) -> Sequence[Batch]:
        """Return the batches that took effect after this one, oldest first, with their changes."""
        ...

    def batches(self, key: int, wanted: BatchFilter) -> Sequence[tuple[Batch, int]]:
        """Return batches without their changes but with their number of changes, newest first."""
        ...

    def extension(self, key: int, extension_id: int) -> Extension | None:
        """Return an extension as it is now or, if it was removed, as it was last; None if it never was."""
        ...

    def user(self, key: int, name: str) -> User | None:
        """Return a user as they are now or, if removed, as they were last; None if they never were."""
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

    def first_seat(self, key: int, extension_id: int) -> datetime | None:
        """Return when the first thing is known of an extension, or None."""
        ...

    def first_place(self, key: int, user: str) -> datetime | None:
        """Return when the first thing is known of a user, or None."""
        ...

    def number_at(self, key: int, user: str, at: datetime, known: int) -> str | None:
        """Return the number a user had at an instant."""
        ...

    def seats(self, key: int, at: datetime, known: int) -> Sequence[SeatRow]:
        """Return every extension that existed at an instant, with its base in force and who was seated there."""
        ...

    def off_the_air(self, key: int, at: datetime, known: int) -> Sequence[str]:
        """Return every user who existed at an instant and was seated nowhere, by name."""
        ...

    def log(self, wanted: LogFilter) -> Sequence[Fact]:
        """Return recorded events, newest first, at most `limit`."""
        ...

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return every recorded event after a position, oldest first."""
        ...

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        ...


class Writing(Reading, Protocol):
    """A transaction that alone may append: it holds the head of the ledger until it ends."""

    def append(self, before: System, entry: Entry) -> None:
        """Append the facts of an entry, project them, and move the head, all in this transaction."""
        ...

    def remember_answer(self, command_id: str, answer: KnownAnswer) -> None:
        """Keep the first answer to a command id."""
        ...


class Store(Protocol):
    """Where a ledger is kept."""

    @property
    def url(self) -> str:
        """Return the ledger's URL without a password."""
        ...

    @property
    def makes_itself(self) -> bool:
        """Tell whether the store is made on first use (embedded), or by an administrator."""
        ...

    def create(self) -> bool:
        """Make the store, or bring it to this release; tell whether anything had to be done."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Look at the ledger as it is at one moment."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin a transaction that commits when the block ends, and leaves nothing when it raises."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class ReadsExports(Protocol):
    """Reads the export files of one site."""

    def __call__(self, paths: Sequence[Path], mapping: Path | None) -> Site:
        """Return what the files say, together. Raises `ExportUnreadable` with every complaint."""
        ...
