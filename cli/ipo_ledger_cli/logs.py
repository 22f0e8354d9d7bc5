"""The command that shows what was recorded, and goes on showing what is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import command
from ipo_ledger_cli.named import BATCH, EXTENSION, USER
from ipo_ledger_cli.options import Position, listing, page
from ipo_ledger_cli.output import in_one_line, listed, out, say, write_exactly, write_json
from ipo_ledger_cli.paging import answer_page, before_position, next_page, of, read_span, show_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


@command(
    "log",
    examples=("ipo-ledger log --limit 20", "ipo-ledger log --batch B1 --json"),
    exits=(0, 2, 4, 6, 130),
)
@of(USER, "Only what happened to them.")
@of(EXTENSION, "Only what happened to it.")
@of(BATCH, "Only what belongs to it.")
@page
@before_position
@click.option("--follow", "-f", is_flag=True, help="Go on: write each new event as it is recorded, until Ctrl-C.")
@click.option("--after", metavar="POSITION", type=Position(), help="With --follow: begin with all that came after it.")
@listing
@click.pass_obj
def log(session: Session, /, *, follow: bool, after: int | None, **wanted: Any) -> None:
    """Show every recorded event, newest first.

    What was corrected stays here, with the event that corrected it. With --json each event has everything
    that was recorded: when it was true, when it was learned, by whom and why, what caused it, and its data.

    With --follow the oldest comes first, a line each, and then what anybody records from now on, wherever they
    do; --json and --nl write an object a line. It ends with Ctrl-C (exit 130); --after goes on from there.
    """
    if follow:
        _follow(session, after, wanted)
        return
    if after is not None:
        raise click.UsageError("--after goes with --follow; without it, --since WHEN.")
    found = session.questions().log(**wanted)
    more = next_page("log", wanted, found.next)
    read_span(session, wanted)

    def tell() -> None:
        show_page(_TITLES, [_row(entry) for entry in found.events])

    answer_page(session, found, tell, lambda: listed("LogEntry", found.events), more=more)


_TITLES = ("event", "at", "type", "data", "batch", "because of", "corrected by", "actor", "reason")


def _row(entry: a.LogEntry) -> tuple[Any, ...]:
    return (
        entry.position,
        wording.moment(entry.occurred_at),
        entry.type,
        _data(entry.data),
        entry.batch,
        entry.caused_by,
        entry.corrected_by,
        entry.actor,
        entry.reason,
    )


def _follow(session: Session, after: int | None, wanted: dict[str, Any]) -> None:
    """Write what there is, oldest first, and then what comes, until somebody interrupts it."""
    for name in ("before", "until"):
        if wanted.get(name) is not None:
            raise click.UsageError(f"--follow goes on from now, and --{name} ends: give one.")
    from ipo_ledger_cli.following import follow

    system, limit = session.system(), wanted.pop("limit")
    wanted.pop("before")
    read_span(session, wanted)

    def read(*, limit: int, before: int | None = None) -> a.Log:
        return system.log(limit=limit, before=before, **wanted)

    write = _writer(session)
    for entry in follow(read, session.sleep, limit=limit, after=after):
        write(entry)


def _writer(session: Session) -> Callable[[a.LogEntry], None]:
    """Return what writes one event, in the form that was asked for."""
    match session.form:
        case "json" | "nl":
            return lambda entry: write_json(entry, sys.stdout)
        case "csv":
            return _csv_writer()
    say("Ctrl-C ends it.")
    return lambda entry: out(_in_a_line(entry))


def _csv_writer() -> Callable[[a.LogEntry], None]:
    from ipo_ledger_cli.rows import csv_line

    write_exactly(csv_line(listed("LogEntry", ()).columns), sys.stdout)

    def write(entry: a.LogEntry) -> None:
        told = listed("LogEntry", [entry])
        for row in told.rows:
            write_exactly(csv_line(row[name] for name in told.columns), sys.stdout)

    return write


def _in_a_line(entry: a.LogEntry) -> str:
    """Return an event in one line: no column waits for what may still come."""
    reason = f": {entry.reason}" if entry.reason else ""
    said = f"{entry.type} {_data(entry.data)}".rstrip()
    batch = f"{entry.batch} " if entry.batch else ""
    when = wording.moment(entry.occurred_at)
    return in_one_line(f"{entry.position:>7}  {when}  {batch}{said} ({entry.actor}{reason})")


def _data(data: dict[str, Any]) -> str:
    """Return what an event says, in one line; without what is empty, or too long for it (what stands then)."""
    said = {name: value for name, value in data.items() if name != "batch" and not _is_left_out(value)}
    return " ".join(f"{name}={_value(value)}" for name, value in said.items())


def _is_left_out(value: object) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return value is None or not several or isinstance(several[0], dict)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return repr(text) if " " in text else text
