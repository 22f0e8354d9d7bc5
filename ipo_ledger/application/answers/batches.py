"""Batches: what they are, what they wait for, and the lists of them."""

from __future__ import annotations

from datetime import datetime

from ipo_ledger.application.answers.answer import Answer, ChangeAnswer, Conflict, PendingAnswer
from ipo_ledger.domain.records import Mode, Outcome, Status


class DraftStatus(Answer, frozen=True):
    """A draft, and what Manager would still warn of."""

    batch: str
    title: str
    opened_at: datetime
    actor: str
    reason: str | None
    reverses: tuple[str, ...]
    changes: tuple[ChangeAnswer, ...]
    conflicts: tuple[Conflict, ...]


class SentStatus(Answer, frozen=True):
    """A sent batch that is not settled, and what it waits for."""

    batch: str
    title: str
    sent_at: datetime
    mode: Mode
    waits_for_restart: bool
    pending: tuple[PendingAnswer, ...]


class StatusAnswer(Answer, frozen=True):
    """What is going on in a system, now or as known at a position."""

    system: str
    known_at: int | None
    drafts: tuple[DraftStatus, ...]
    sent: tuple[SentStatus, ...]
    off_the_air: tuple[str, ...]
    vacant: tuple[int, ...]


class SendAnswer(Answer, frozen=True):
    """One sending of the configuration."""

    at: datetime
    mode: Mode
    outcome: Outcome
    conflicts: tuple[str, ...]
    actor: str
    position: int


class Shown(Answer, frozen=True):
    """Everything about one batch, now or as known at a position."""

    system: str
    known_at: int | None
    batch: str
    status: Status
    live: bool
    title: str
    reason: str | None
    actor: str
    ticket: str | None
    observed: bool
    opened_at: datetime
    in_force_at: datetime | None
    settled_at: datetime | None
    reverses: tuple[str, ...]
    reversed_by: str | None
    changes: tuple[ChangeAnswer, ...]
    cycles: tuple[tuple[str, ...], ...]
    live_cycles: tuple[tuple[str, ...], ...]
    conflicts: tuple[Conflict, ...]
    sends: tuple[SendAnswer, ...]
    pending: tuple[PendingAnswer, ...]


class BatchLine(Answer, frozen=True):
    """One batch in a list."""

    batch: str
    status: Status
    title: str
    opened_at: datetime
    in_force_at: datetime | None
    settled_at: datetime | None
    actor: str
    reason: str | None
    ticket: str | None
    reverses: tuple[str, ...]
    changes: int


class BatchList(Answer, frozen=True):
    """Batches, newest first; `next` goes on where this page ends (None: at its end)."""

    system: str
    batches: tuple[BatchLine, ...]
    next: str | None
