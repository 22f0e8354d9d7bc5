"""The store and the whole ledger: what it is, whether it is sound, what was made anew or loaded."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ipo_ledger.application.answers.answer import Answer, WarningAnswer


class StoreAnswer(Answer, frozen=True):
    """What a store is and holds, what this connection may do there, and which of that nobody who records needs.

    `size` in bytes and `role` None: not known, or none. `last_checkpoint`: how many events the last one kept covers.
    """

    ledger: str
    kind: Literal["sqlite", "postgresql"]
    position: int
    size: int | None
    role: str | None
    rights: tuple[str, ...]
    mode: str | None
    checkpoints: int
    last_checkpoint: int | None
    warnings: tuple[WarningAnswer, ...]


class FindingAnswer(Answer, frozen=True):
    """One thing that is wrong: which check found it, at which position (None: at none), and what."""

    check: str
    position: int | None
    message: str


class StageAnswer(Answer, frozen=True):
    """One stage of a verification: how many things were checked, how many found wrong, and what was left out."""

    stage: str
    checked: int
    findings: int
    note: str | None = None


class DoubtAnswer(Answer, frozen=True):
    """Events that are not, or may not be, what was recorded. `vouched_by`: the smallest checkpoint that covers them."""

    first: int
    last: int
    vouched_by: int | None


class AgainstAnswer(Answer, frozen=True):
    """How the ledger compares with a checkpoint kept elsewhere; `extends`: it goes on from it."""

    origin: str
    size: int
    root: str
    extends: bool
    signed_by: str | None


class Verified(Answer, frozen=True):
    """The verdict over the whole ledger, with everything that is wrong. `root` is that of the events as they are.

    `from`: the position that tree and streams were checked from. `in_doubt` is as narrow as the tree allows.
    """

    verified: bool
    events: int
    root: str
    from_: int = field(name="from")
    findings: tuple[FindingAnswer, ...]
    stages: tuple[StageAnswer, ...]
    in_doubt: tuple[DoubtAnswer, ...]
    against: AgainstAnswer | None


class RebuiltTable(Answer, frozen=True):
    """One table of the read model: its rows and SHA-256 as made anew, and how many rows were not like that."""

    table: str
    rows: int
    digest: str
    missing: int
    extra: int
    different: int


class Rebuilt(Answer, frozen=True):
    """The read model, made anew from the events; `changed`: rows that were (or with `dry_run` would be) written."""

    events: int
    changed: int
    tables: tuple[RebuiltTable, ...]
    dry_run: bool


class Loaded(Answer, frozen=True):
    """What was loaded into an empty ledger."""

    events: int
    root: str
    systems: tuple[str, ...]
    answers: int
    checkpoints: int
