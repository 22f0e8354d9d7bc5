"""Who sat where: at one extension, of one person, of a whole system, and what differs between two looks."""

from __future__ import annotations

from datetime import datetime

from msgspec import field

from ipo_ledger.application.answers.answer import Answer

# `on` is the date or instant asked about, ISO 8601; `read_as` says in words how it was read.


class WhoStay(Answer, frozen=True):
    """One stay at an extension; user None: vacant. `to` None: it goes on. `ended` says why it ended."""

    user: str | None
    number: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    cause: str
    batch: str | None
    ended: str | None = None


class Who(Answer, frozen=True):
    """Every stay at an extension in the time asked for, vacant times included."""

    system: str
    extension_id: int
    module: str
    port: int
    label: str | None
    on: str
    read_as: str
    known_at: int | None
    stays: tuple[WhoStay, ...]


class WhereStay(Answer, frozen=True):
    """One stay of a person; extension_id None: off the air. `to` None: it goes on."""

    extension_id: int | None
    module: str | None
    port: int | None
    label: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    cause: str
    batch: str | None
    ended: str | None = None


class Where(Answer, frozen=True):
    """Every stay of a person in the time asked for, off-the-air times included."""

    system: str
    user: str
    number: str | None
    full_name: str | None
    on: str
    read_as: str
    known_at: int | None
    stays: tuple[WhereStay, ...]


class Seat(Answer, frozen=True, gc=False):  # thousands an answer, and none refers to another
    """One extension at an instant: its base extension in force, and who is seated there since when."""

    extension_id: int
    module: str
    port: int
    label: str | None
    base_extension: str | None
    user: str | None
    number: str | None
    since: datetime


class Seats(Answer, frozen=True):
    """The whole system at an instant."""

    system: str
    on: str
    read_as: str
    known_at: int | None
    seats: tuple[Seat, ...]
    off_the_air: tuple[str, ...]


class Instant(Answer, frozen=True):
    """One of the two looks that are compared: when, and as known at which position (None: now)."""

    on: str
    read_as: str
    known_at: int | None


class Person(Answer, frozen=True):
    """Who sat there."""

    user: str
    number: str | None


class SeatDiff(Answer, frozen=True):
    """An extension where somebody else sat; None: it was vacant."""

    extension_id: int
    module: str
    port: int
    label: str | None
    before: Person | None
    after: Person | None


class BaseDiff(Answer, frozen=True):
    """A base extension in force that was another; None is blank."""

    extension_id: int
    before: str | None
    after: str | None


class Diff(Answer, frozen=True):
    """What differs between two looks at a system; extensions and users that were added or removed are listed apart.

    `off_the_air` are those who were not before, `back_on_the_air` those who are not any more.
    """

    system: str
    before: Instant
    after: Instant
    seats: tuple[SeatDiff, ...]
    base_extensions: tuple[BaseDiff, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    users_added: tuple[str, ...]
    users_removed: tuple[str, ...]
    off_the_air: tuple[str, ...]
    back_on_the_air: tuple[str, ...]
