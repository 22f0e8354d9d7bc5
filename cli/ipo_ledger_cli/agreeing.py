"""How a plan is agreed to: it is shown, a yes is asked, and exactly what was agreed to is recorded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from ipo_ledger_cli.colours import is_terminal
from ipo_ledger_cli.failures import Declined
from ipo_ledger_cli.output import answer, out, say
from ipo_ledger_cli.watching import working

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ipo_ledger_cli.session import Session

EXITS = (0, 2, 3, 4, 6, 130)

P = TypeVar("P")


class Plans(Protocol[P]):
    """Carries out a plan, or only shows it; refuses when it is no longer the plan that was agreed to."""

    def __call__(self, *, dry_run: bool = False, as_planned: P | None = None) -> P:
        """Return what was done, or would be."""


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --dry-run and --yes."""
    dry_run = click.option("--dry-run", is_flag=True, help="Show the plan, and record nothing.")
    yes = click.option("--yes", "-y", is_flag=True, help="Do not ask; needed where nobody can be asked.")
    return dry_run(yes(function))


def plan_and_do(  # noqa: PLR0913 - a plan, how it is told, and what the options say
    session: Session,
    carry_out: Plans[P],
    *,
    tell_plan: Callable[[P, Callable[[str], None]], None],
    tell_done: Callable[[P], None],
    dry_run: bool,
    yes: bool,
) -> None:
    """Carry out what is planned once it is agreed to, or only show it."""
    if dry_run:
        with working("Planning"):
            plan = carry_out(dry_run=True)
        answer(session, plan, lambda: tell_plan(plan, out))
        return
    agreed = None if yes else _agreed(session, carry_out, tell_plan)
    with working("Recording"):
        found = carry_out(as_planned=agreed) if agreed is not None else carry_out()
    answer(session, found, lambda: tell_done(found))


def _agreed(session: Session, carry_out: Plans[P], tell_plan: Callable[[P, Callable[[str], None]], None]) -> P | None:
    """Show the plan and ask; return what was agreed to. Raises `Declined`; without a terminal `UsageError`.

    None: this command was carried out before, under this command id, and only gives its answer again.
    """
    from ipo_ledger.errors import Refused

    try:
        with working("Planning"):
            plan = carry_out(dry_run=True)
    except Refused:
        if session.told.get("command_id"):
            return None
        raise
    somebody = is_terminal(sys.stdin) and is_terminal(sys.stderr)
    if somebody or not session.json:
        tell_plan(plan, say)
    if not somebody:
        raise click.UsageError("Nobody can be asked here, so nothing was recorded: add --yes to do this.")
    try:
        agreed = click.confirm("Do this?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Declined
    return plan
