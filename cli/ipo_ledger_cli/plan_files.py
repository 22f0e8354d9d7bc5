"""Plans in files: written by `rollback --plan-out`, carried out by `rollback --plan`, exactly so or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipo_ledger.application.plans import SavedPlan, UnreadablePlan, dumped, loaded
from ipo_ledger.errors import StoreUnusable
from ipo_ledger_cli.output import say

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Session

_LARGEST = 8 * 1024 * 1024  # bytes; a plan of 3000 phones has 300 000


class PlanNotWritten(StoreUnusable):
    """The file of a plan cannot be written."""

    code = "plan-not-written"
    says = "The plan cannot be written to {where}: {why}."
    way_out = "Name another file with --plan-out. Nothing was recorded."


def write(file: str, plan: SavedPlan) -> None:
    """Write a plan; a file that is there already stays. Raises `PlanNotWritten`."""
    try:
        with Path(file).open("xb") as out:
            out.write(dumped(plan))
    except OSError as fault:
        raise PlanNotWritten(where=file, why=fault.strerror or str(fault)) from None
    say(f"The plan is in {file}; nothing was recorded. Carry it out: ipo-ledger rollback --plan {file}")


def read(session: Session, file: str, batch: str | None) -> SavedPlan:
    """Read a plan, and see that it is of the batch and system that the command line names, where it does."""
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UnreadablePlan(where=file, why=f"it is larger than {_LARGEST >> 20} MiB")
        plan = loaded(content, where=file)
    except OSError as fault:
        raise UnreadablePlan(where=file, why=fault.strerror or str(fault)) from None
    if batch is not None and batch not in (plan.batch, f"{plan.system}/{plan.batch}"):
        raise click.UsageError(f"{file} is a plan for {plan.batch}, not for {batch}.")
    if session.system_option is not None and session.system_option != plan.system:
        raise click.UsageError(f"{file} is a plan for system {plan.system}, not for {session.system_option}.")
    return plan
