"""The commands that give out evidence: signed checkpoints, and proofs that a stranger can check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import command
from ipo_ledger_cli.files import note_in, output, write
from ipo_ledger_cli.keys import key_file, signing_key
from ipo_ledger_cli.named import BATCH
from ipo_ledger_cli.options import WORDS, reading
from ipo_ledger_cli.output import in_one_line, out, say, write_json

if TYPE_CHECKING:
    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


@command(
    "checkpoint",
    examples=("ipo-ledger checkpoint", "ipo-ledger checkpoint -o monday.txt --key ledger.key"),
    exits=(0, 2, 3, 4, 5, 6),
)
@key_file
@output(required=False, help_="Write it there; default standard output.")
@reading
@click.pass_obj
def checkpoint(session: Session, *, key: str | None, file: str | None) -> None:
    """Sign what the ledger is now, to be kept elsewhere.

    The checkpoint is a short text: the name of the ledger, how many events it has, one hash over all of them,
    and the signature. Keep it where nobody who can write the ledger can: in mail, in a ticket, on another
    machine. `verify --against` shows later that nothing before it was rewritten. The ledger keeps it too. Give -o
    in Windows PowerShell: what it redirects with > it writes in other characters.

    A ledger that does not go on from its last checkpoint is not signed (exit 5).
    """
    if session.json and file == "-":
        raise click.UsageError("--json and -o - both want standard output: leave one out.")
    found = session.ledger().checkpoint(signing_key(session, key))
    if file is not None or not session.json:
        write(file or "-", [found.note.encode()])
    if session.json:
        write_json(found, sys.stdout)
    else:
        _tell_checkpoint(found, file)


def _tell_checkpoint(found: a.CheckpointAnswer, file: str | None) -> None:
    where = f" in {file}" if file not in {None, "-"} else ""
    say(f"Checkpoint of {wording.counted(found.size, 'event')}{where}: keep it where the ledger is not.")
    if found.not_kept is not None:
        say(f"The ledger does not keep it itself: {found.not_kept}")


@command(
    "prove",
    examples=(
        "ipo-ledger prove B1 -o evidence.json",
        "ipo-ledger prove 2 --on 2026-03-02T09:00 -o evidence.json --checkpoint kept.txt",
    ),
    exits=(0, 2, 3, 4, 5, 6),
)
@click.argument("what", metavar="EVENT|B|EXTENSION", type=BATCH)
@click.option("--on", metavar="WHEN", type=WORDS, help="Who sat at the EXTENSION on a day, or at an instant.")
@output(required=True, help_="Write the evidence there; - is standard output.")
@key_file
@click.option(
    "--checkpoint",
    "kept",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Prove it under this checkpoint, which was kept, and sign none.",
)
@reading
@click.pass_obj
def prove(  # noqa: PLR0913 - its options
    session: Session, what: str, *, on: str | None, file: str, key: str | None, kept: str | None
) -> None:
    """Write evidence that a stranger can check.

    EVENT is a position that `log` shows. B is a batch: every event of it, and the corrections that took any of
    them away. EXTENSION with --on is what `who` answers: the events behind the stays and the base extension then,
    with the sends, the changes and the corrections they rest on.

    The events are written as they are stored, each with a proof that leads to a checkpoint. It is signed now, or
    with --checkpoint it is one that was kept. To check it takes neither the ledger nor this program, only
    docs/verify_evidence.py. It shows that these events are in the ledger, not that there are no others.
    """
    if key is not None and kept is not None:
        raise click.UsageError("--key signs a new checkpoint, --checkpoint takes one that was kept: give one.")
    if session.json and file == "-":
        raise click.UsageError("--json and -o - both want standard output: leave one out.")
    found = session.ledger().prove(
        what,
        on=on,
        system=session.system_name,
        key=signing_key(session, key) if kept is None else None,
        checkpoint=note_in(kept) if kept is not None else None,
    )
    write(file, [found.evidence.encode()])
    if session.json:
        about = {name: value for name, value in msgspec.structs.asdict(found).items() if name != "evidence"}
        write_json({"file": file, **about}, sys.stdout)
        return
    (say if file == "-" else out)(
        f"Evidence for {wording.counted(len(found.events), 'event')} ({in_one_line(found.what)}), "
        f"under the checkpoint of {wording.counted(found.size, 'event')} signed by {found.signed_by}"
    )
    name = "evidence.json" if file == "-" else file
    say(f"Check it anywhere: python verify_evidence.py {name} --key {found.key or 'VERIFIER_KEY'}")
