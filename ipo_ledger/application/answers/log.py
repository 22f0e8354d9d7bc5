"""What happened: events as they were recorded, and the history of one user or extension."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ipo_ledger.application.answers.answer import Answer


class LogEntry(Answer, frozen=True):
    """One event as it was recorded; `corrected_by` is the event that took it away, if one did."""

    position: int
    type: str
    system: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    reason: str | None
    ticket: str | None
    command_id: str
    batch: str | None
    caused_by: int | None
    corrected_by: int | None
    data: dict[str, Any]


class Log(Answer, frozen=True):
    """Events, newest first; `next` is the position to go on before (None: at the end)."""

    events: tuple[LogEntry, ...]
    next: int | None


class HistoryEntry(Answer, frozen=True):
    """One thing that happened to a user or an extension, in words and in fields.

    Of a log-in or a log-out, `until` is when the stay (or the vacancy, or the time off the air) that it began was
    over, and `ended` why; None: it goes on.
    """

    position: int
    occurred_at: datetime
    type: str
    what: str
    user: str | None
    extension_id: int | None
    cause: str | None
    batch: str | None
    actor: str
    reason: str | None
    until: datetime | None = None
    ended: str | None = None


class History(Answer, frozen=True):
    """What happened to one user or extension, newest first; `next` as in `Log`."""

    system: str
    subject: str
    known_at: int | None
    entries: tuple[HistoryEntry, ...]
    next: int | None
