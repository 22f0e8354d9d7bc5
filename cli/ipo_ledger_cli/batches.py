"""The commands by which a batch is drafted, sent, or given up."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli.command import WRITES, command
from ipo_ledger_cli.named import DRAFT, EXTENSION, USER
from ipo_ledger_cli.options import WORDS, done, writing
from ipo_ledger_cli.output import answer, out
from ipo_ledger_cli.progress import drafted, went_on

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Session


@command(
    "swap",
    examples=(
        'ipo-ledger swap 207 208 -m "Olga sits by the window now"',
        "ipo-ledger swap HugoOlsen 205 --done --ticket 4711",
    ),
    exits=WRITES,
)
@click.argument("one", metavar="USER", type=USER)
@click.argument("other", metavar="USER", type=USER)
@done
@writing
@click.pass_obj
def swap(session: Session, one: str, other: str, *, done: bool) -> None:
    """Draft a swap: two people trade base extensions.

    A batch of two changes: the extensions that have their numbers as base extension in force trade them.
    Nobody moves until it is sent and both have dialled log-out. USER is a number or a name.
    """
    found = session.system().swap(one, other, done=done, **session.said)
    answer(session, found, lambda: drafted(session, found))


@command(
    "batch",
    examples=(
        'ipo-ledger batch moves.csv -m "second floor"',
        'ipo-ledger batch desks.csv --title "Second floor" --done',
    ),
    exits=WRITES,
)
@click.argument("file", metavar="FILE.csv", type=click.Path(allow_dash=True))
@click.option("--title", metavar="TEXT", type=WORDS, help="What to call the batch.")
@done
@writing
@click.pass_obj
def batch(session: Session, file: str, *, title: str | None, done: bool) -> None:
    """Draft a list of moves from a CSV file, whole or not at all.

    The file has a header: `extension_id,base_extension` (a base of nothing or - is blank), or
    `user,extension_id` (who gets which extension). Columns are separated by commas, semicolons or tabs.
    FILE - is standard input. Everything wrong with it is said at once, with its line.
    """
    from ipo_ledger import read_moves

    moves = read_moves(sys.stdin.buffer if file == "-" else file)
    found = session.system().batch(moves, title=title, done=done, **session.said)
    answer(session, found, lambda: drafted(session, found))


@command(
    "change",
    examples=("ipo-ledger change 2 -", "ipo-ledger change BD/9 210 --batch B2"),
    exits=WRITES,
)
@click.argument("extension", metavar="EXTENSION", type=EXTENSION)
@click.argument("base", metavar="BASE", type=WORDS)
@click.option("--batch", metavar="B", type=DRAFT, help="Into this draft; a new one if none is named.")
@writing
@click.pass_obj
def change(session: Session, extension: str, base: str, *, batch: str | None) -> None:
    """Draft one base extension change.

    EXTENSION is an extension id, MODULE/PORT or @LABEL. BASE is a number, or - for blank. While drafting, two
    extensions may have the same base extension: the warning Manager says to ignore.
    """
    found = session.system().change(extension, base, batch=batch, **session.said)
    answer(session, found, lambda: drafted(session, found))


@command(
    "send",
    examples=("ipo-ledger send B2", "ipo-ledger send B3 --mode when-free"),
    exits=WRITES,
)
@click.argument("batch", metavar="B", type=DRAFT)
@click.option(
    "--mode",
    type=click.Choice(["merge", "immediate", "when-free", "timed"]),
    metavar="MODE",
    default="merge",
    help="How Manager sent it: merge (the default; in force at once, nobody moves), or with a reboot: "
    "immediate, or when-free or timed (in force at the next recorded restart).",
)
@click.option(
    "--with-conflicts",
    is_flag=True,
    help="It really was sent with the same base extension twice, which Manager allows.",
)
@writing
@click.pass_obj
def send(session: Session, batch: str, *, mode: str, with_conflicts: bool) -> None:
    """Record that the configuration was sent with a batch in it.

    After a merge nobody has moved yet: the answer says who has to dial log-out where.
    """
    found = session.system().send(batch, mode=mode, with_conflicts=with_conflicts, **session.said)

    def tell() -> None:
        how = {"merge": "in force at once", "immediate": "the system restarted"}
        out(f"{found.batch} sent ({mode}): {how.get(mode, 'in force at the next restart')}")
        went_on(session, found)

    answer(session, found, tell)


@command("abandon", examples=("ipo-ledger abandon B7", 'ipo-ledger abandon B5 -m "not needed"'), exits=WRITES)
@click.argument("batch", metavar="B", type=DRAFT)
@writing
@click.pass_obj
def abandon(session: Session, batch: str) -> None:
    """Give up a draft.

    It stays in the ledger, and never took effect. What was sent is taken back with `rollback`.
    """
    found = session.system().abandon(batch, **session.said)
    answer(session, found, lambda: out(f"{found.batch} abandoned"))
