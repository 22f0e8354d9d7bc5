"""Checkpoints and proofs."""

from __future__ import annotations

from ipo_ledger.application.answers.answer import Answer


class CheckpointAnswer(Answer, frozen=True):
    """A signed checkpoint: `note` is what to keep elsewhere; `not_kept` says why the ledger does not keep it too."""

    size: int
    root: str
    origin: str
    key: str
    note: str
    kept: bool
    not_kept: str | None = None


class Proof(Answer, frozen=True):
    """Evidence for some events: what it is about, under which checkpoint, and the text of the file."""

    what: str
    events: tuple[int, ...]
    size: int
    root: str
    origin: str
    signed_by: str
    key: str | None
    evidence: str
