"""The commands that carry a whole ledger elsewhere: out of one store, and into another."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.colours import is_terminal
from ipo_ledger_cli.command import command
from ipo_ledger_cli.files import output, write
from ipo_ledger_cli.options import reading
from ipo_ledger_cli.output import answer, out, say, write_json
from ipo_ledger_cli.watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ipo_ledger_cli.session import Session
    from ipo_ledger_cli.watching import Progress

_LONGEST = 1 << 24  # bytes of a line; what is longer is no line of an export, and is refused in parts


@command("export", examples=("ipo-ledger export", "ipo-ledger export -o ledger.jsonl"), exits=(0, 2, 6, 141))
@output(required=False, help_="Write it there; default standard output.")
@reading
@click.pass_obj
def export(session: Session, *, file: str | None) -> None:
    """Write the whole ledger as JSON lines.

    Every event as it is stored, with hashes, as the ledger is at one moment, whatever is recorded meanwhile. A
    file is written whole or not at all, and you alone can read it. `load` reads it into an empty ledger of either
    kind. Give -o in Windows PowerShell: what it redirects with > it writes in other characters.
    """
    lines = 0

    def counted(exported: Iterable[bytes], progress: Progress | None) -> Iterator[bytes]:
        nonlocal lines
        for line in exported:
            lines += 1
            if progress is not None:
                progress("lines", lines, 0)
            yield line

    onto_terminal = file in {None, "-"} and is_terminal(sys.stdout)  # there the lines themselves say how far it is
    with closing(session.ledger().export()) as exported, nullcontext() if onto_terminal else watched() as progress:
        write(file or "-", counted(exported, progress), private=True)
    if session.json:
        if file not in {None, "-"}:
            write_json({"file": file, "lines": lines}, sys.stdout)
    else:
        where = f" in {file}" if file not in {None, "-"} else ""
        say(f"The whole ledger is {wording.counted(lines, 'line')}{where}.")


@command(
    "load",
    examples=(
        "ipo-ledger load ledger.jsonl --ledger sqlite:///copy.db",
        "ipo-ledger load ledger.jsonl --ledger sqlite:///second.db --json",
    ),
    exits=(0, 2, 3, 6),
)
@click.argument("file", metavar="FILE.jsonl|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@reading
@click.pass_obj
def load(session: Session, file: str) -> None:
    """Fill an empty ledger with an export.

    The same positions, times, roles and root. All of it or nothing: a line that is not as it was written is
    refused, and so is an export without its end. FILE - is standard input.

    On PostgreSQL it takes the owner of the ledger or a superuser, for times and roles are taken over as they
    were.
    """
    with click.open_file(file, "rb") as stream, watched() as progress:
        found = session.ledger().load(iter(lambda: stream.readline(_LONGEST), b""), progress=progress)

    def tell() -> None:
        out(f"Loaded {wording.counted(found.events, 'event')}, root {found.root}")
        also = [
            wording.counted(len(found.systems), "system"),
            wording.counted(found.answers, "answer to a command id", "answers to command ids"),
            wording.counted(found.checkpoints, "checkpoint"),
        ]
        say(f"With {', '.join(also)}.")

    answer(session, found, tell)
