"""What every answer is, and what many of them have."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True):
    """What every answer is: an immutable value that encodes to the JSON of the contract."""


class ChangeAnswer(Answer, frozen=True):
    """One base extension change; None is blank."""

    extension_id: int
    old: str | None
    new: str | None


class WarningAnswer(Answer, frozen=True):
    """One warning: a stable code, and a sentence."""

    code: str
    message: str


class EventAnswer(Answer, frozen=True):
    """One event that a command recorded."""

    position: int
    type: str
    user: str | None = None
    extension_id: int | None = None
    cause: str | None = None


class PendingAnswer(Answer, frozen=True):
    """One extension that a sent batch waits for.

    `by_hand`: the user has to log in by hand (Force Login, or two base extensions). `seated_at`: where they are.
    """

    extension_id: int
    waiting_for: Literal["log-out", "log-in"]
    user: str
    number: str | None
    by_hand: bool
    seated_at: int | None


class Conflict(Answer, frozen=True):
    """A number that would be the base of several extensions."""

    base_extension: str
    extensions: tuple[int, ...]
