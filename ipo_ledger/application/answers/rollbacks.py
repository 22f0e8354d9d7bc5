"""A blocked rollback and the ways out (`error.details`), and what builds on what."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ipo_ledger.application.answers.answer import Answer


class ByAnswer(Answer, frozen=True):
    """The batch that is in the way."""

    batch: str | None
    actor: str | None
    occurred_at: datetime | None
    reason: str | None


class BlockedAnswer(Answer, frozen=True):
    """One extension that cannot be taken back, and who put there what is found."""

    extension_id: int
    why: Literal["changed", "taken", "held", "removed"]
    expected: str | None
    found: str | None
    at_extension: int | None
    by: ByAnswer


class WayOutAnswer(Answer, frozen=True):
    """One way to go on, and its cost: batches reversed, phones changed, people who move, log-outs to dial."""

    option: Literal["cascade", "replan", "partial"]
    possible: bool
    batches: tuple[str, ...]
    extensions: int
    users: tuple[str, ...]
    log_outs: int
    why_not: str | None


class LinkAnswer(Answer, frozen=True):
    """A later batch builds on an earlier one."""

    later: str
    earlier: str
    extensions: tuple[int, ...]
    numbers: tuple[str, ...]


class Graph(Answer, frozen=True):
    """A batch and the later ones that build on it, as fields and as text for DOT and Mermaid."""

    system: str
    batch: str
    batches: tuple[str, ...]
    links: tuple[LinkAnswer, ...]
    dot: str
    mermaid: str
