"""The commands that ask who sat where, and what is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.named import EXTENSION, USER
from ipo_ledger_cli.options import known_at, on, reading
from ipo_ledger_cli.output import answer, in_one_line, out, say
from ipo_ledger_cli.progress import dialled, next_is_send, say_next
from ipo_ledger_cli.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


@command(
    "who",
    examples=("ipo-ledger who 2 --on 2026-03-02", "ipo-ledger who BD/2 --on 2026-03-02T10:06 --known-at 36"),
    exits=READS,
)
@click.argument("extension", metavar="EXTENSION", type=EXTENSION)
@on
@known_at
@reading
@click.pass_obj
def who(session: Session, extension: str, *, on: str, known_at: str | None) -> None:
    """Show who sat at an extension, on a day or at an instant.

    Every stay, with its true beginning and end, vacant times included. EXTENSION is an extension id,
    MODULE/PORT or @LABEL. A day is the whole day in the time zone of the system.
    """
    found = session.questions().who(extension, on=on, known_at=known_at)

    def tell() -> None:
        _read_as(wording.extension(found.extension_id, found.module, found.port, found.label), found)
        rows = [
            (
                wording.moment(stay.from_),
                wording.moment(stay.to) or wording.GOES_ON,
                stay.user or wording.NOBODY,
                stay.number,
                wording.why(stay.cause, seated=stay.user is not None),
                stay.batch,
            )
            for stay in found.stays
        ]
        _stays(("from", "to", "user", "number", "why", "batch"), rows)

    answer(session, found, tell)


@command(
    "where",
    examples=("ipo-ledger where 202 --on 2026-03-02", "ipo-ledger where ElenaDuarte --on yesterday --json"),
    exits=READS,
)
@click.argument("user", metavar="USER", type=USER)
@on
@known_at
@reading
@click.pass_obj
def where(session: Session, user: str, *, on: str, known_at: str | None) -> None:
    """Show where a user sat, on a day or at an instant.

    Every stay, with its true beginning and end, times off the air included. USER is a number or a name.
    """
    found = session.questions().where(user, on=on, known_at=known_at)

    def tell() -> None:
        _read_as(wording.person(found.user, found.number), found)
        rows = [
            (
                wording.moment(stay.from_),
                wording.moment(stay.to) or wording.GOES_ON,
                stay.extension_id if stay.extension_id is not None else "off the air",
                wording.place(stay.module, stay.port),
                stay.label,
                wording.why(stay.cause, seated=stay.extension_id is not None),
                stay.batch,
            )
            for stay in found.stays
        ]
        _stays(("from", "to", "extension", "place", "label", "why", "batch"), rows)

    answer(session, found, tell)


def _read_as(subject: str, found: a.Who | a.Where | a.Seats) -> None:
    """Echo what was asked: of whom, how the time was read, and from which position."""
    say(f"{subject}: {found.read_as}{wording.known(found.known_at)}")


def _stays(titles: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        table(titles, rows, optional=("label", "batch"))
    else:
        say("Nothing is known of that time.")


@command(
    "seats",
    examples=("ipo-ledger seats", "ipo-ledger seats --on 2026-03-02T10:06:30"),
    exits=READS,
)
@on
@known_at
@reading
@click.pass_obj
def seats(session: Session, *, on: str, known_at: str | None) -> None:
    """Show who sits where, in the whole system at an instant.

    Base extensions are those in force then. A whole day is taken as it ended.
    """
    found = session.questions().seats(on=on, known_at=known_at)

    def tell() -> None:
        _read_as(found.system, found)
        rows = [
            (
                seat.extension_id,
                wording.place(seat.module, seat.port),
                seat.label,
                wording.base(seat.base_extension),
                seat.user or wording.NOBODY,
                seat.number,
                wording.moment(seat.since),
            )
            for seat in found.seats
        ]
        table(
            ("extension", "place", "label", "base", "user", "number", "since"),
            rows,
            right=("extension",),
            optional=("label",),
        )
        if found.off_the_air:
            out(f"Off the air: {wording.names(found.off_the_air, at_most=len(found.off_the_air))}")

    answer(session, found, tell)


@command(
    "status",
    examples=("ipo-ledger status --known-at 2026-03-02T12:00", "ipo-ledger status --store"),
    exits=READS,
)
@known_at
@click.option("--store", is_flag=True, help="What the store is, and what you may do there, instead.")
@reading
@click.pass_obj
def status(session: Session, *, known_at: str | None, store: bool) -> None:
    """Show what goes on now: drafts, who waits for whom, who is off the air.

    What a draft says, what is in force, and who is seated where are three things: each line says which it is.

    With --store: where the ledger is, how large, the last checkpoint, and which rights you have there, with a
    warning for each that is more than recording needs.
    """
    if store:
        if known_at is not None:
            raise click.UsageError("--store is of now: leave --known-at out.")
        from ipo_ledger_cli.stores import tell_store

        tell_store(session)
        return
    found = session.questions().status(known_at=known_at)
    answer(session, found, lambda: _tell_status(session, found))


def _tell_status(session: Session, found: a.StatusAnswer) -> None:
    if found.known_at is not None:
        say(f"{found.system}{wording.known(found.known_at)}")
    for draft in found.drafts:
        _tell_draft(draft)
    code = dialled(session, found.known_at) if found.sent else ""
    for sent in found.sent:
        out(f"{sent.batch}, sent ({sent.mode}) at {wording.moment(sent.sent_at)}: {in_one_line(sent.title)}")
        if sent.waits_for_restart:
            out("  waits for the restart of the system")
        for pending in sent.pending:
            out(f"  {wording.waiting(pending, code)}")
    if found.off_the_air:
        out(f"Off the air: {wording.names(found.off_the_air)}")
    if found.vacant:
        out(f"Vacant: {wording.extensions(found.vacant)}")
    _what_next(session, found)


def _tell_draft(draft: a.DraftStatus) -> None:
    reason = f": {in_one_line(draft.reason)}" if draft.reason else ""
    by = f"{in_one_line(draft.actor)}, {wording.moment(draft.opened_at)}{reason}"
    out(f"{draft.batch}, draft: {in_one_line(draft.title)} ({by})")
    for line in wording.changes(draft.changes):
        out(line)
    for line in wording.conflicts(draft.conflicts):
        out(line)


def _what_next(session: Session, found: a.StatusAnswer) -> None:
    if not found.sent and not found.drafts:
        out(f"{found.system}: no draft, and nothing waits for anybody")
    elif found.known_at is not None:
        return
    elif found.sent and found.sent[0].waits_for_restart:
        wording.next_step(session, "restart", "when the system has restarted")
    elif found.sent:
        say_next(session, found.sent[0].pending)
    else:
        next_is_send(session, found.drafts[0].batch)
