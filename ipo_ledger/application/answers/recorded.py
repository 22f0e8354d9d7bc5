"""What commands answer: what they recorded, and what is to be done now."""

from __future__ import annotations

from typing import Any

from ipo_ledger.application.answers.answer import Answer, ChangeAnswer, EventAnswer, PendingAnswer, WarningAnswer
from ipo_ledger.domain.records import Status


class Drafted(Answer, frozen=True):
    """What swap, batch, change, rollback and restore answer. `position` is of the last event appended."""

    system: str
    batch: str | None
    status: Status | None
    title: str
    reverses: tuple[str, ...]
    changes: tuple[ChangeAnswer, ...]
    warnings: tuple[WarningAnswer, ...]
    position: int | None
    dry_run: bool = False
    events: tuple[EventAnswer, ...] = ()
    pending: tuple[PendingAnswer, ...] = ()


class Done(Answer, frozen=True):
    """What send, logout, login, restart and abandon answer. `batch` is the batch it belongs to, if any."""

    system: str
    batch: str | None
    status: Status | None
    position: int
    events: tuple[EventAnswer, ...]
    pending: tuple[PendingAnswer, ...]


class LineAnswer(Answer, frozen=True, omit_defaults=True):
    """The answer to one line of `record`: its result, or its error with the exit code it stands for."""

    line: int
    ok: bool
    result: Answer | None = None
    exit: int | None = None
    error: dict[str, Any] | None = None
