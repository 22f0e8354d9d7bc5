"""What a correction does to which answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import field

from ipo_ledger.application.answers.answer import Answer, EventAnswer
from ipo_ledger.domain.records import Status


class Effect(Answer, frozen=True):
    """A stretch of time for which an answer becomes another: `who` of an extension, `where` of a user, ...

    `was` and `becomes` are a user's name, an extension id, a base extension or a number; None: nobody, off the air,
    blank, none. `to` None: it goes on.
    """

    about: Literal["who", "where", "base extension", "number"]
    extension_id: int | None
    user: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    was: str | None
    becomes: str | None


class BatchEffect(Answer, frozen=True):
    """A batch that is another way now."""

    batch: str
    was: Status
    becomes: Status


class Correction(Answer, frozen=True):
    """What was corrected, how, and what that does to which answers; of a dry run nothing was recorded."""

    system: str
    corrected: int
    what: str
    occurred_at: datetime
    how: Literal["never", "otherwise", "again"]
    took: tuple[int, ...]
    effects: tuple[Effect, ...]
    batches: tuple[BatchEffect, ...]
    position: int | None
    events: tuple[EventAnswer, ...]
    dry_run: bool = False
