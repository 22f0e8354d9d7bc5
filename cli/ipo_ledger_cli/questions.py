"""The commands that ask who sat where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.named import EXTENSION, USER
from ipo_ledger_cli.options import known_at, listing, on
from ipo_ledger_cli.output import answer_rows, listed, out, say
from ipo_ledger_cli.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session


@command(
    "who",
    examples=("ipo-ledger who 2 --on 2026-03-02", "ipo-ledger who BD/2 --on 2026-03-02T10:06 --known-at 36"),
    exits=READS,
)
@click.argument("extension", metavar="EXTENSION", type=EXTENSION)
@on
@known_at
@listing
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

    answer_rows(session, found, tell, lambda: _echoed(found, listed("WhoStay", found.stays)))


@command(
    "where",
    examples=("ipo-ledger where 202 --on 2026-03-02", "ipo-ledger where ElenaDuarte --on yesterday --json"),
    exits=READS,
)
@click.argument("user", metavar="USER", type=USER)
@on
@known_at
@listing
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

    answer_rows(session, found, tell, lambda: _echoed(found, listed("WhereStay", found.stays)))


def _read_as(subject: str, found: a.Who | a.Where | a.Seats) -> None:
    """Echo what was asked: of whom, how the time was read, and from which position."""
    say(f"{subject}: {found.read_as}{wording.known(found.known_at)}")


def _echoed(found: a.Who | a.Where | a.Seats, rows: Rows) -> Rows:
    say(f"{found.read_as}{wording.known(found.known_at)}")
    return rows


def _seated(found: a.Seats) -> Rows:
    """Return the seats; who has none is said beside them."""
    if found.off_the_air:
        say(f"Off the air: {wording.names(found.off_the_air, at_most=len(found.off_the_air))}")
    return _echoed(found, listed("Seat", found.seats))


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
@listing
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

    answer_rows(session, found, tell, lambda: _seated(found))
