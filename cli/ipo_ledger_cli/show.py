"""The command that shows one batch whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.named import BATCH
from ipo_ledger_cli.options import known_at, reading
from ipo_ledger_cli.output import answer, in_one_line, out, say
from ipo_ledger_cli.progress import dialled

if TYPE_CHECKING:
    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


@command("show", examples=("ipo-ledger show B1", "ipo-ledger show B1 --known-at 36"), exits=READS)
@click.argument("batch", metavar="B", type=BATCH)
@known_at
@reading
@click.pass_obj
def show(session: Session, batch: str, *, known_at: str | None) -> None:
    """Show everything about one batch.

    Its changes and their cycles, when it was sent and settled, what it waits for, and what reverses it.
    """
    found = session.questions().show(batch, known_at=known_at)
    answer(session, found, lambda: _tell_batch(session, found))


def _tell_batch(session: Session, found: a.Shown) -> None:
    if found.known_at is not None:
        say(f"{found.batch} of {found.system}{wording.known(found.known_at)}")
    live = ", live" if found.live else ""
    out(f"{found.batch}, {found.status}{live}: {in_one_line(found.title)}")
    for name, value in _facts(found):
        if value:
            out(f"  {name:<9} {value}")
    for line in wording.changes(found.changes):
        out(line)
    for line in wording.conflicts(found.conflicts):
        out(line)
    if found.pending:
        code = dialled(session, found.known_at)
        for pending in found.pending:
            out(f"  waits: {wording.waiting(pending, code)}")


def _facts(found: a.Shown) -> list[tuple[str, str]]:
    facts = [
        ("opened", f"{wording.moment(found.opened_at)} by {in_one_line(found.actor)}"),
        ("reason", in_one_line(found.reason or "")),
        ("ticket", in_one_line(found.ticket or "")),
    ]
    for send in found.sends:
        conflicts = f" on {', '.join(send.conflicts)}" if send.conflicts else ""
        how = f"{send.mode}, {send.outcome}{conflicts}"
        facts.append(("sent", f"{wording.moment(send.at)} by {in_one_line(send.actor)} ({how}; event {send.position})"))
    return [
        *facts,
        ("in force", wording.moment(found.in_force_at)),
        ("settled", wording.moment(found.settled_at)),
        ("reverses", ", ".join(found.reverses)),
        ("reversed", _reversed(found)),
        ("cycles", "; ".join(" ".join(cycle) for cycle in found.cycles)),
    ]


def _reversed(found: a.Shown) -> str:
    if found.reversed_by is None:
        return ""
    left = "; ".join(" ".join(cycle) for cycle in found.live_cycles)
    return f"in part, by {found.reversed_by}; live: {left}" if found.live else f"by {found.reversed_by}"
