"""The commands that take back: a plan is shown, a yes is asked, and what was agreed to is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.agreeing import EXITS, asking, plan_and_do
from ipo_ledger_cli.command import command
from ipo_ledger_cli.named import BATCH, EXTENSION, USER
from ipo_ledger_cli.options import SEVERAL, WORDS, done, writing
from ipo_ledger_cli.output import answer, in_one_line, out
from ipo_ledger_cli.progress import drafted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.agreeing import Plans
    from ipo_ledger_cli.session import Session


@command(
    "rollback",
    examples=(
        "ipo-ledger rollback B6 --dry-run",
        'ipo-ledger rollback B1 --cascade --done --yes -m "all of it back"',
    ),
    exits=EXITS,
)
@click.argument("batch", metavar="[B]", type=BATCH, required=False)
@click.option("--cascade", "strategy", flag_value="cascade", help="Also reverse the live batches that build on it.")
@click.option("--replan", "strategy", flag_value="replan", help="Undo it and keep all later work.")
@click.option("--partial", "strategy", flag_value="partial", help="Reverse only its cycles that are clean.")
@click.option(
    "--frame",
    type=click.Choice(["people", "ports"]),
    help="With --replan: later swaps mean these people (the default), or whoever is at these ports.",
)
@click.option(
    "--only", metavar="NUMBER", multiple=True, type=SEVERAL, help="Reverse only its cycles with these numbers."
)
@click.option("--plan-out", metavar="FILE", type=WORDS, help="Write the plan to a file, and record nothing.")
@click.option("--plan", "plan_file", metavar="FILE", type=WORDS, help="Do exactly the plan in a file, or refuse.")
@click.option(
    "--graph",
    type=click.Choice(["dot", "mermaid"]),
    help="Write the graph of the batches that build on it, and record nothing.",
)
@done
@asking
@writing
@click.pass_obj
def rollback(  # noqa: PLR0913 - its options
    session: Session,
    batch: str | None,
    *,
    strategy: str | None,
    frame: str | None,
    only: tuple[tuple[str, ...], ...],
    plan_out: str | None,
    plan_file: str | None,
    graph: str | None,
    done: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take back what a batch did, by a new batch.

    The new batch holds the inverse changes. It is a batch like any other: it is sent, people log out, and
    it can itself be rolled back. Where later work is in the way, nothing is recorded, and the refusal names
    what is in the way and what each way out would cost.

    For what did happen, and is to be undone from now on. What never happened, or happened otherwise, is a
    mistake in the ledger: that is for `correct`.

    The plan is shown and a yes is asked; without a terminal, --yes is needed.
    """
    numbers = tuple(number for given in only for number in given)
    _refuse_odd_options(batch, strategy, frame, numbers, plan_file)
    if graph is not None and batch is not None:
        found = session.questions().rollback_graph(batch)
        answer(session, found, lambda: out((found.dot if graph == "dot" else found.mermaid).rstrip("\n")))
        return
    wanted = Wanted(batch or "", strategy, frame or "people", numbers)
    saved: a.Drafted | None = None
    system_name = session.system_name
    if plan_file is not None:
        from ipo_ledger_cli import plan_files

        plan = plan_files.read(session, plan_file, batch)
        wanted, saved, system_name = Wanted(plan.batch, plan.strategy, plan.frame, plan.only), plan.plan, plan.system
    system = session.ledger().system(system_name)

    def carry_out(*, dry_run: bool = False, as_planned: a.Drafted | None = None) -> a.Drafted:
        return system.rollback(
            wanted.batch,
            strategy=wanted.strategy,
            frame=wanted.frame,
            only=wanted.only,
            done=done,
            dry_run=dry_run,
            as_planned=as_planned or saved,
            **session.said,
        )

    if plan_out is not None:
        _save_plan(session, system.name, wanted, carry_out(dry_run=True), plan_out)
        return
    _plan_and_do(session, carry_out, dry_run=dry_run, yes=yes)


class Wanted(NamedTuple):
    """Which batch is to be taken back, and how."""

    batch: str
    strategy: str | None
    frame: str
    only: tuple[str, ...]


def _refuse_odd_options(
    batch: str | None, strategy: str | None, frame: str | None, only: tuple[str, ...], plan_file: str | None
) -> None:
    if plan_file is not None and (strategy is not None or frame is not None or only):
        raise click.UsageError("--plan says how already: it goes with no other way.")
    if batch is None and plan_file is None:
        raise click.UsageError("Missing argument 'B': name a batch, or a plan with --plan.")
    if frame is not None and strategy != "replan":
        raise click.UsageError("--frame goes with --replan.")
    if only and strategy not in (None, "partial"):
        raise click.UsageError(f"--only picks cycles, which is --partial: it does not go with --{strategy}.")


def _save_plan(session: Session, system: str, wanted: Wanted, plan: a.Drafted, file: str) -> None:
    import msgspec

    from ipo_ledger.application.plans import SavedPlan
    from ipo_ledger_cli import plan_files

    saved = msgspec.convert({"system": system, **wanted._asdict(), "plan": plan}, SavedPlan)
    plan_files.write(file, saved)
    answer(session, plan, lambda: _tell_plan(plan, out))


@command(
    "restore",
    examples=(
        "ipo-ledger restore --on 2026-03-02T09:00 --dry-run",
        "ipo-ledger restore --on 2026-03-01 --extensions 9 --yes",
    ),
    exits=EXITS,
)
@click.option("--on", metavar="WHEN", required=True, type=WORDS, help="As it was then; a whole day as it ended.")
@click.option(
    "--extensions",
    metavar="EXTENSION",
    multiple=True,
    type=SEVERAL,
    shell_complete=EXTENSION.shell_complete,
    help="Only these; several with commas, or again.",
)
@click.option(
    "--users",
    metavar="USER",
    multiple=True,
    type=SEVERAL,
    shell_complete=USER.shell_complete,
    help="Only theirs; several with commas, or again.",
)
@done
@asking
@writing
@click.pass_obj
def restore(  # noqa: PLR0913 - its options
    session: Session,
    *,
    on: str,
    extensions: tuple[tuple[str, ...], ...],
    users: tuple[tuple[str, ...], ...],
    done: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take base extensions back to what they were.

    A new batch takes the base extensions in force to what they were at that time: all of them, or only those
    named. Where the ones named only trade with others, the answer names who else would have to move.

    The plan is shown and a yes is asked; without a terminal, --yes is needed.
    """
    system = session.system()

    def carry_out(*, dry_run: bool = False, as_planned: a.Drafted | None = None) -> a.Drafted:
        return system.restore(
            on,
            extensions=[each for given in extensions for each in given],
            users=[each for given in users for each in given],
            done=done,
            dry_run=dry_run,
            as_planned=as_planned,
            **session.said,
        )

    _plan_and_do(session, carry_out, dry_run=dry_run, yes=yes)


def _plan_and_do(session: Session, carry_out: Plans[a.Drafted], *, dry_run: bool, yes: bool) -> None:
    plan_and_do(
        session,
        carry_out,
        tell_plan=_tell_plan,
        tell_done=lambda found: drafted(session, found),
        dry_run=dry_run,
        yes=yes,
    )


def _tell_plan(plan: a.Drafted, write: Callable[[str], None]) -> None:
    write(f"Plan: {in_one_line(plan.title)}")
    for line in wording.changes(plan.changes):
        write(line)
    wording.notes(plan.warnings)
