"""The work order of a batch."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ipo_ledger.application.answers.answer import Answer
from ipo_ledger.application.answers.systems import ExtensionAnswer
from ipo_ledger.domain.records import Status


class TypingStep(Answer, frozen=True):
    """One base extension to type in Manager; `warns_of` are the numbers it warns of until later steps."""

    extension_id: int
    module: str
    port: int
    label: str | None
    old: str | None
    new: str | None
    warns_of: tuple[str, ...]


class Dial(Answer, frozen=True):
    """One person who has to act: dial `code` at `at`, and where `by_hand`, log in at `to` with their own code."""

    user: str
    number: str | None
    full_name: str | None
    at: ExtensionAnswer | None
    code: str | None
    by_hand: bool
    to: ExtensionAnswer | None


class E911Change(Answer, frozen=True):
    """One number whose emergency-call location changes; None: no such extension before, or after."""

    number: str
    user: str | None
    from_: ExtensionAnswer | None = field(name="from")
    to: ExtensionAnswer | None


class Sheet(Answer, frozen=True):
    """The work order of a batch: what to type, how to send it, who dials what where, what E911 has to learn."""

    system: str
    batch: str
    title: str
    status: Status
    reason: str | None
    ticket: str | None
    typing: tuple[TypingStep, ...]
    send_by: Literal["merge", "reboot"]
    dials: tuple[Dial, ...]
    e911: tuple[E911Change, ...]
