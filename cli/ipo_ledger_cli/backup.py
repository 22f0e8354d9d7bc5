"""The command that copies a ledger to go back to."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import command
from ipo_ledger_cli.options import reading
from ipo_ledger_cli.output import answer, in_one_line, out, say
from ipo_ledger_cli.watching import watched

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Session


@command(
    "backup",
    examples=("ipo-ledger backup 2026-03-02.db", "ipo-ledger backup 2026-03-03.db --json"),
    exits=(0, 2, 3, 6),
)
@click.argument("file", metavar="FILE", type=click.Path())
@reading
@click.pass_obj
def backup(session: Session, file: str) -> None:
    """Copy the ledger into a new file, to go back to.

    The ledger as it is at one moment, whatever others record meanwhile; every page of the copy is looked at. The
    file is whole or not there, never written over, and readable by you alone. It is a ledger like any other: verify
    it against a checkpoint that is kept elsewhere, and to restore it put it in the place of the ledger.

    A ledger in PostgreSQL is backed up with PostgreSQL's own tools: docs/backup.md.
    """
    if not file:
        raise click.UsageError("FILE is empty: name the file that the backup is to be.")
    with watched() as progress:
        found = session.ledger().backup(file, progress=progress)

    def tell() -> None:
        out(f"{in_one_line(found.file)}: {wording.counted(found.events, 'event')}, root {found.root}")
        url = shlex.quote(f"sqlite:///{found.file}")
        say(f"Next: ipo-ledger --ledger {url} verify --against FILE  (a checkpoint that is kept elsewhere)")

    answer(session, found, tell)
