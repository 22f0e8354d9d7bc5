"""What a store answers with, and how it is asked for some of many."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from ipo_ledger.domain.records import Settings


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


class SeatRow(Struct, frozen=True):
    """One extension at an instant: what it is called, its base in force, and who is seated there since when.

    `base_position` and `position` are the facts that put the base and the user there.
    """

    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None
    base: str | None
    base_batch: int | None
    base_position: int
    user: str | None
    since: datetime
    position: int
    number: str | None


Desk: TypeAlias = tuple[int, str, int, str | None, str | None, str | None, str | None, datetime]
"""What an answer shows of a seat: extension id, module, port, label, base, user, number, since. A tuple, as there are
thousands in an answer, which are made into something else at once."""


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
