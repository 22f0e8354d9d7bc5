"""Systems, their extensions and users, and what an export says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ipo_ledger.application.answers.answer import Answer, ChangeAnswer, WarningAnswer


class SystemAnswer(Answer, frozen=True):
    """One system and its settings; `known_since` is its baseline (None: no export imported yet)."""

    system: str
    release: str
    timezone: str
    base_extension_by: Literal["merge", "reboot"]
    logout_code: str
    extensions: int
    users: int
    batches: int
    known_since: datetime | None
    position: int | None = None


class SystemList(Answer, frozen=True):
    """Every system of the ledger, by name."""

    systems: tuple[SystemAnswer, ...]


class Imported(Answer, frozen=True):
    """What an import recorded, by count, and what the export no longer names."""

    system: str
    baseline: bool
    at: datetime
    extensions_added: int
    extensions_changed: int
    users_added: int
    users_changed: int
    users_renumbered: int
    seated: int
    batch: str | None
    changes: tuple[ChangeAnswer, ...]
    missing_extensions: tuple[int, ...]
    missing_users: tuple[str, ...]
    warnings: tuple[WarningAnswer, ...]
    position: int | None
    extensions_removed: tuple[int, ...] = ()
    users_removed: tuple[str, ...] = ()


class UserAnswer(Answer, frozen=True):
    """One user as the ledger knows them."""

    system: str
    user: str
    number: str | None
    full_name: str | None
    has_login_code: bool
    forced_login: bool
    extension_id: int | None
    position: int | None = None


class ExtensionAnswer(Answer, frozen=True):
    """One extension as the ledger knows it."""

    system: str
    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None
    base_extension: str | None
    user: str | None
    position: int | None = None


class DriftAnswer(Answer, frozen=True):
    """One base extension that an export says otherwise than the ledger; None is blank."""

    extension_id: int
    ledger: str | None
    export: str | None


class Checked(Answer, frozen=True):
    """How a fresh export compares with the base extensions in force."""

    system: str
    agrees: bool
    compared: int
    drift: tuple[DriftAnswer, ...]
    unknown_extensions: tuple[int, ...]
    missing_extensions: tuple[int, ...]
