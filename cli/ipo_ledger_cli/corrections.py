"""The command that sets right what is wrong in the ledger: it never happened, or it happened otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.agreeing import EXITS, asking, plan_and_do
from ipo_ledger_cli.command import command
from ipo_ledger_cli.named import BATCH, EXTENSION
from ipo_ledger_cli.options import correcting
from ipo_ledger_cli.output import in_one_line, out
from ipo_ledger_cli.progress import next_is_send
from ipo_ledger_cli.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


@command(
    "correct",
    examples=(
        "ipo-ledger correct 102 --at 2026-03-06T12:50 --dry-run",
        'ipo-ledger correct 102 --never --yes -m "it was another site"',
    ),
    exits=EXITS,
)
@click.argument("what", metavar="EVENT|B", type=BATCH)
@click.option("--never", is_flag=True, help="It never happened.")
@click.option("--extension", metavar="EXTENSION", type=EXTENSION, help="It happened, but the log-in was there.")
@asking
@correcting
@click.pass_obj
def correct(  # noqa: PLR0913 - its options
    session: Session, what: str, *, never: bool, extension: str | None, dry_run: bool, yes: bool
) -> None:
    """Say that an event never happened, or happened otherwise.

    EVENT is a position that `log` shows: a send, a restart, a log-out, a log-in, a renumbering, an abandoned
    draft, or a correction, which --never takes back. B is a batch: its send and what was recorded with it; with
    --never the batch is given up as well. What followed by itself is corrected with it.

    Nothing is erased: an answer as known before the correction stays, every later one follows it. Where later
    events rest on it nothing is recorded, and the refusal names them, newest first.

    For mistakes in the ledger only. What did happen, and is to be undone from now on, is for `rollback`.

    What would change in which answers is shown and a yes is asked; without a terminal, --yes is needed.
    """
    otherwise = extension is not None or session.told.get("at") is not None
    if never and otherwise:
        raise click.UsageError("--never goes with neither --at nor --extension: what never happened has neither.")
    if not never and not otherwise:
        raise click.UsageError("Say --never, or what is right: --at WHEN, --extension EXTENSION, or both.")
    system = session.system()

    def carry_out(*, dry_run: bool = False, as_planned: a.Correction | None = None) -> a.Correction:
        return system.correct(
            what, never=never, extension=extension, dry_run=dry_run, as_planned=as_planned, **session.said
        )

    right = _right(session.told.get("at"), extension)

    def tell_plan(plan: a.Correction, write: Callable[[str], None]) -> None:
        write(f"Plan: {_said(plan, right)}")
        _tell_effects(plan, write)

    def tell_done(found: a.Correction) -> None:
        by = next(event.position for event in found.events if event.type == "Corrected")
        out(f"Corrected by event {by}: {_said(found, right)}")
        _tell_effects(found, out)
        for batch in found.batches:
            if batch.becomes == "draft":
                next_is_send(session, batch.batch)

    plan_and_do(session, carry_out, tell_plan=tell_plan, tell_done=tell_done, dry_run=dry_run, yes=yes)


def _right(at: str | None, extension: str | None) -> str:
    """Return what is right, as it was given."""
    said = [
        *([f"at {at}"] if at is not None else []),
        *([f"at extension {extension}"] if extension is not None else []),
    ]
    return f": {', '.join(said)}" if said else ""


_HOW = {"never": "never happened", "otherwise": "happened otherwise", "again": "is taken back"}


def _said(found: a.Correction, right: str) -> str:
    """Return in one line what is corrected, and how."""
    what = f"event {found.corrected} ({in_one_line(found.what)}, {wording.moment(found.occurred_at)})"
    return f"{what} {_HOW[found.how]}{in_one_line(right)}"


def _tell_effects(found: a.Correction, write: Callable[[str], None]) -> None:
    """Write the answers that become others, and the batches."""
    if found.effects:
        table(("about", "from", "to", "was", "becomes"), [_row(e) for e in found.effects], write=write)
    for batch in found.batches:
        write(f"{batch.batch} was {batch.was}, becomes {batch.becomes}")
    if not found.effects and not found.batches:
        write("Nobody's seat changes by it, and no base extension.")


def _row(effect: a.Effect) -> Row:
    to = wording.moment(effect.to) or wording.GOES_ON
    said = _SAID[effect.about]
    about = f"{effect.about}: {effect.user or f'extension {effect.extension_id}'}"
    return (in_one_line(about), wording.moment(effect.from_), to, said(effect.was), said(effect.becomes))


_SAID: dict[str, Callable[[str | None], str]] = {
    "who": lambda user: user or wording.NOBODY,
    "where": lambda extension_id: f"extension {extension_id}" if extension_id is not None else "off the air",
    "base extension": wording.base,
    "number": lambda number: number or "none",
}
