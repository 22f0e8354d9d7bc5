"""The work order of a batch, for the people who do it."""

from __future__ import annotations

from collections.abc import Iterator

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling
from ipo_ledger.domain import work_order
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System


def sheet(system: System, batch: Batch) -> a.Sheet:
    """Return what has to be done for a batch, from what is in force and who sits where now."""
    settings = system.settings
    assert settings is not None
    return a.Sheet(
        system=system.name,
        batch=batch.name,
        title=batch.title,
        status=batch.status,
        reason=batch.reason,
        ticket=batch.ticket,
        typing=tuple(_typing(system, step) for step in work_order.typing_order(system, batch)),
        send_by=settings.base_extension_by,
        dials=tuple(_dials(system, batch, settings.logout_code)) if settings.base_extension_by == "merge" else (),
        e911=tuple(_e911(system, batch)),
    )


def _typing(system: System, step: work_order.Typing) -> a.TypingStep:
    known = system.extensions.get(step.change.extension_id)
    return a.TypingStep(
        extension_id=step.change.extension_id,
        module=known.module if known is not None else "",
        port=known.port if known is not None else 0,
        label=known.label if known is not None else None,
        old=step.change.old,
        new=step.change.new,
        warns_of=step.warns_of,
    )


def _dials(system: System, batch: Batch, code: str) -> Iterator[a.Dial]:
    for dialling in work_order.diallers(system, batch):
        user = dialling.user
        yield a.Dial(
            user=user.name,
            number=user.number,
            full_name=user.full_name,
            at=_extension(system, dialling.at),
            code=code if dialling.logs_out else None,
            by_hand=dialling.by_hand,
            to=_extension(system, dialling.to),
        )


def _e911(system: System, batch: Batch) -> Iterator[a.E911Change]:
    """Every base extension change has to be matched in the E911 database (RAY BAUM's Act; Avaya)."""
    came = {c.old: c.extension_id for c in batch.changes.values() if c.old is not None}
    goes = {c.new: c.extension_id for c in batch.changes.values() if c.new is not None}
    for number in sorted(came.keys() | goes.keys()):
        user = system.user_with(number)
        yield a.E911Change(
            number=number,
            user=user.name if user is not None else None,
            from_=_extension(system, came.get(number)),
            to=_extension(system, goes.get(number)),
        )


def _extension(system: System, extension_id: int | None) -> a.ExtensionAnswer | None:
    known = system.extensions.get(extension_id) if extension_id is not None else None
    return telling.extension_answer(system.name, known) if known is not None else None
