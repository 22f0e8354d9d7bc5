"""From records to answers, what questions need: times in the system's zone, batches by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.application import answers as a
from ipo_ledger.domain.moments import local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ipo_ledger.application.ports.rows import SystemRow
    from ipo_ledger.domain.records import Change, Extension, User


def batch_id(number: int | None) -> str | None:
    """Return `B12`, or None."""
    return f"B{number}" if number is not None else None


def batch_ids(numbers: Iterable[int]) -> tuple[str, ...]:
    """Return `B12`, ... in the order given."""
    return tuple(f"B{n}" for n in numbers)


def local_or_none(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a time in the zone, or None."""
    return local(at, zone) if at is not None else None


def changes(found: Iterable[Change]) -> tuple[a.ChangeAnswer, ...]:
    """Return changes as answers, in the order given."""
    return tuple(a.ChangeAnswer(extension_id=c.extension_id, old=c.old, new=c.new) for c in found)


def system_answer(row: SystemRow, zone: ZoneInfo, position: int | None = None) -> a.SystemAnswer:
    """Return a system and its settings."""
    return a.SystemAnswer(
        system=row.name,
        release=row.settings.release,
        timezone=row.settings.timezone,
        base_extension_by=row.settings.base_extension_by,
        logout_code=row.settings.logout_code,
        extensions=row.extensions,
        users=row.users,
        batches=row.batches,
        known_since=local_or_none(row.known_since, zone),
        position=position,
    )


def user_answer(system: str, user: User, position: int | None = None) -> a.UserAnswer:
    """Return a user as the ledger knows them."""
    return a.UserAnswer(
        system=system,
        user=user.name,
        number=user.number,
        full_name=user.full_name,
        has_login_code=user.has_login_code,
        forced_login=user.forced_login,
        extension_id=user.extension_id,
        position=position,
    )


def extension_answer(system: str, extension: Extension, position: int | None = None) -> a.ExtensionAnswer:
    """Return an extension as the ledger knows it."""
    return a.ExtensionAnswer(
        system=system,
        extension_id=extension.extension_id,
        module=extension.module,
        port=extension.port,
        kind=extension.kind,
        label=extension.label,
        base_extension=extension.base,
        user=extension.user,
        position=position,
    )
