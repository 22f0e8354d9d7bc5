"""The commands that list what was recorded: batches, history, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.named import BATCH, EXTENSION, USER, Named
from ipo_ledger_cli.options import PAGE, WORDS, Position, known_at, page, reading
from ipo_ledger_cli.output import answer, say
from ipo_ledger_cli.quoting import quoted
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


def _of(of: Named, help_: str, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    metavar = "B" if of is BATCH else of.name.upper()
    return click.option(name or f"--{of.name}", metavar=metavar, type=of, help=help_)


def _before_position(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--before", metavar="POSITION", type=Position(1), help="Go on where a page ended.")(function)


@command(
    "batches",
    examples=(
        "ipo-ledger batches --since 2026-03-01",
        "ipo-ledger batches --user 202 --status settled --limit 5",
    ),
    exits=READS,
)
@click.option(
    "--status",
    type=click.Choice(["draft", "sent", "settled", "abandoned"]),
    metavar="STATUS",
    help="Only draft, sent, settled or abandoned ones.",
)
@_of(USER, "Only batches with their number in a change.")
@_of(EXTENSION, "Only batches that change it.")
@page
@_of(BATCH, "Go on where a page ended.", "--before")
@reading
@click.pass_obj
def batches(session: Session, /, **wanted: Any) -> None:
    """List batches, newest first."""
    found = session.questions().batches(**wanted)

    def tell() -> None:
        rows = [
            (
                b.batch,
                b.status,
                wording.moment(b.in_force_at or b.opened_at),
                b.changes,
                ", ".join(b.reverses),
                b.actor,
                b.title,
                b.reason,
            )
            for b in found.batches
        ]
        titles = ("batch", "status", "in force, or opened", "changes", "reverses", "actor", "title", "reason")
        _page(session, titles, rows, _next_page("batches", wanted, found.next))

    answer(session, found, tell)


@command(
    "history",
    examples=(
        "ipo-ledger history ElenaDuarte",
        "ipo-ledger history --extension 2 --since 2026-03-02 --known-at 36",
    ),
    exits=READS,
)
@click.argument("subject", metavar="[SUBJECT]", required=False, type=WORDS)
@_of(USER, "Of this user.")
@_of(EXTENSION, "Of this extension.")
@_of(BATCH, "Only what belongs to it.")
@page
@_before_position
@known_at
@reading
@click.pass_obj
def history(session: Session, /, subject: str | None, user: str | None, extension: str | None, **wanted: Any) -> None:
    """Show what happened to a user or an extension, newest first.

    Of each stay, vacancy or time off the air also when and why it ended. What a correction took away is left
    out; `log` has it, with the event that corrected it.

    SUBJECT is a user (number or name) or an extension (id, MODULE/PORT or @LABEL); what could be both has
    to be named with --user or --extension.
    """
    named = [name for name in (subject, user, extension) if name is not None]
    if len(named) != 1:
        raise click.UsageError("Name one user or one extension.")
    if subject is not None:
        found = _history_of(session, subject, wanted)
    else:
        found = session.questions().history(user=user, extension=extension, **wanted)

    def tell() -> None:
        say(f"{found.subject} of {found.system}, newest first{wording.known(found.known_at)}")
        kind = "user" if found.subject.startswith("user ") else "extension"
        name = found.subject.partition(" ")[2]
        more = _next_page("history", {kind: name, **wanted, "known_at": found.known_at}, found.next)
        titles = ("event", "at", "until", "what", "ended", "batch", "actor", "reason")
        _page(session, titles, [_entry(entry) for entry in found.entries], more)

    answer(session, found, tell)


_ENDS = {"UserLoggedIn": True, "UserLoggedOut": False}  # what begins with it: a stay, or a time without


def _entry(entry: a.HistoryEntry) -> tuple[Any, ...]:
    """Return a row of a history; what was over in the same instant had no length, and no end worth a word."""
    until, ended = "", ""
    if entry.type in _ENDS and entry.until != entry.occurred_at:
        until = wording.moment(entry.until) or wording.GOES_ON
        ended = wording.ended(entry.ended, seated=_ENDS[entry.type])
    at = wording.moment(entry.occurred_at)
    return (entry.position, at, until, entry.what, ended, entry.batch, entry.actor, entry.reason)


def _history_of(session: Session, subject: str, wanted: dict[str, Any]) -> a.History:
    """Return the history of the user or extension that is meant. Raises `AmbiguousName` when it fits both."""
    from ipo_ledger.domain.refusals import AmbiguousName
    from ipo_ledger.errors import NotFound

    system = session.system()
    found: list[a.History] = []
    missing: list[NotFound] = []
    for of in ({"user": subject}, {"extension": subject}):
        try:
            found.append(system.history(**of, **wanted))
        except NotFound as fault:
            missing.append(fault)
    if len(found) > 1:
        raise AmbiguousName(
            asked=subject,
            meanings=" or ".join(h.subject for h in found),
            instead="--user or --extension to say which",
        )
    if not found:
        raise missing[0]
    return found[0]


@command(
    "log",
    examples=("ipo-ledger log --limit 20", "ipo-ledger log --batch B1 --json"),
    exits=READS,
)
@_of(USER, "Only what happened to them.")
@_of(EXTENSION, "Only what happened to it.")
@_of(BATCH, "Only what belongs to it.")
@page
@_before_position
@reading
@click.pass_obj
def log(session: Session, /, **wanted: Any) -> None:
    """Show every recorded event, newest first.

    What was corrected stays here, with the event that corrected it. With --json each event has everything
    that was recorded: when it was true, when it was learned, by whom and why, what caused it, and its data.
    """
    found = session.questions().log(**wanted)

    def tell() -> None:
        rows = [
            (
                e.position,
                wording.moment(e.occurred_at),
                e.type,
                _data(e.data),
                e.batch,
                e.caused_by,
                e.corrected_by,
                e.actor,
                e.reason,
            )
            for e in found.events
        ]
        titles = ("event", "at", "type", "data", "batch", "because of", "corrected by", "actor", "reason")
        _page(session, titles, rows, _next_page("log", wanted, found.next))

    answer(session, found, tell)


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


def _next_page(command: str, wanted: dict[str, Any], before: str | int | None) -> str | None:
    """Return the command for the page after this one, asked for in the same way; None where there is none."""
    if before is None:
        return None
    same = {**wanted, "before": before, "limit": None if wanted["limit"] == PAGE else wanted["limit"]}
    said = [f" --{name.replace('_', '-')} {quoted(str(value))}" for name, value in same.items() if value is not None]
    return command + "".join(said)


def _page(session: Session, titles: tuple[str, ...], rows: list[tuple[Any, ...]], more: str | None) -> None:
    """Write one page of a list, without the columns that have nothing in them, and how to see the next."""
    if not rows:
        say("None.")
        return
    table(titles, rows, right=("event", "changes", "because of", "corrected by"), optional=titles)
    if more is not None:
        say(f"More: {session.command(more)}")
