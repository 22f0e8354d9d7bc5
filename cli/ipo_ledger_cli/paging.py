"""What every list has: which entries are wanted, how the times were read, a page, and the way to the next one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli.named import BATCH, Named
from ipo_ledger_cli.options import PAGE, Position
from ipo_ledger_cli.output import answer_rows, say
from ipo_ledger_cli.quoting import quoted
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ipo_ledger.application.answers import Answer
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session
    from ipo_ledger_cli.tables import Row


def of(what: Named, help_: str, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add an option that names a user, an extension or a batch."""
    metavar = "B" if what is BATCH else what.name.upper()
    return click.option(name or f"--{what.name}", metavar=metavar, type=what, help=help_)


def before_position(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --before, a position."""
    return click.option("--before", metavar="POSITION", type=Position(1), help="Go on where a page ended.")(function)


def answer_page(
    session: Session, found: Answer, tell: Callable[[], None], told: Callable[[], Rows], *, more: str | None
) -> None:
    """Give one page of a list; in words and rows with the command for the next page."""
    answer_rows(session, found, tell, told)
    if more is not None and not session.json:
        form = f" --{session.form}" if session.form != "words" else ""
        say(f"More: {session.command(more + form)}")


def read_span(session: Session, wanted: dict[str, Any]) -> None:
    """Echo how --since and --until were read."""
    given = {name: wanted[name] for name in ("since", "until") if wanted.get(name) is not None}
    if not given or session.json:
        return
    from ipo_ledger.domain.moments import describe, read_when, zone_of

    zone = zone_of(session.questions().info().timezone)
    now = session.clock() if session.clock is not None else datetime.now(UTC)
    for name, text in given.items():
        say(f"{name.capitalize()} {describe(read_when(text, zone, now), zone)}")


def next_page(command: str, wanted: dict[str, Any], before: str | int | None) -> str | None:
    """Return the command for the page after this one, asked for in the same way; None where there is none."""
    if before is None:
        return None
    same = {**wanted, "before": before, "limit": None if wanted["limit"] == PAGE else wanted["limit"]}
    said = [f" --{name.replace('_', '-')} {quoted(str(value))}" for name, value in same.items() if value is not None]
    return command + "".join(said)


def show_page(titles: Sequence[str], rows: Sequence[Row]) -> None:
    """Write one page of a list, without the columns that have nothing in them."""
    if rows:
        table(titles, rows, right=("event", "changes", "because of", "corrected by"), optional=titles)
    else:
        say("None.")
