"""The commands that list what was recorded: batches, and the history of a user or an extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.named import BATCH, EXTENSION, USER
from ipo_ledger_cli.options import WORDS, known_at, listing, page
from ipo_ledger_cli.output import listed, say
from ipo_ledger_cli.paging import answer_page, before_position, next_page, of, read_span, show_page

if TYPE_CHECKING:
    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


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
@of(USER, "Only batches with their number in a change.")
@of(EXTENSION, "Only batches that change it.")
@page
@of(BATCH, "Go on where a page ended.", "--before")
@listing
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
        show_page(("batch", "status", "in force, or opened", "changes", "reverses", "actor", "title", "reason"), rows)

    read_span(session, wanted)
    more = next_page("batches", wanted, found.next)
    answer_page(session, found, tell, lambda: listed("BatchLine", found.batches), more=more)


@command(
    "history",
    examples=(
        "ipo-ledger history ElenaDuarte",
        "ipo-ledger history --extension 2 --since 2026-03-02 --known-at 36",
    ),
    exits=READS,
)
@click.argument("subject", metavar="[SUBJECT]", required=False, type=WORDS)
@of(USER, "Of this user.")
@of(EXTENSION, "Of this extension.")
@of(BATCH, "Only what belongs to it.")
@page
@before_position
@known_at
@listing
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
        titles = ("event", "at", "until", "what", "ended", "batch", "actor", "reason")
        show_page(titles, [_entry(entry) for entry in found.entries])

    kind, _, name = found.subject.partition(" ")
    more = next_page("history", {kind: name, **wanted, "known_at": found.known_at}, found.next)
    read_span(session, wanted)
    answer_page(session, found, tell, lambda: listed("HistoryEntry", found.entries), more=more)


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
    for meaning in ({"user": subject}, {"extension": subject}):
        try:
            found.append(system.history(**meaning, **wanted))
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
