"""The work order of a batch: for the screen, as CSV for a spreadsheet, as a page to print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.files import output, write
from ipo_ledger_cli.named import BATCH
from ipo_ledger_cli.options import WORDS, listing
from ipo_ledger_cli.output import answer_rows, in_one_line, out, say
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session

_COLUMNS = ("step", "do", "who", "number", "extension", "place", "label", "from", "to", "code", "warns_of")


@command(
    "sheet",
    examples=("ipo-ledger sheet B3", "ipo-ledger sheet B3 --slips --day 2026-03-09 -o slips.html"),
    exits=READS,
)
@click.argument("batch", metavar="B", type=BATCH)
@click.option("--html", "page", flag_value="html", help="As a page to print, with a slip for each person.")
@click.option("--slips", "page", flag_value="slips", help="The slips alone, to print and cut: several a page.")
@click.option("--day", metavar="WHEN", type=WORDS, help="With --html or --slips: when people are to dial.")
@output(required=False, help_="With --html or --slips: write it there; default standard output.")
@listing
@click.pass_obj
def sheet(session: Session, batch: str, *, page: str | None, day: str | None, file: str | None) -> None:
    """Write the work order of a batch.

    What to type in Manager, in the order that keeps its warnings shortest; which code each person dials at
    which phone; who has to log in by hand; and what the E911 list has to learn. A draft's says what will have
    to be done, a sent batch's what still has to be, as people sit now.

    --slips has a slip for each person, to cut and hand out: where their number moves, what to dial at which
    phone, and what they will see. Desks are called by their labels (`label`).
    """
    if page is not None and session.form != "words":
        raise click.UsageError(f"--{session.form} and --{page} are two forms: give one.")
    if page is None and (day is not None or file is not None):
        raise click.UsageError(f"{'--day' if day is not None else '-o'} goes with --html or --slips.")
    found = session.questions().sheet(batch)
    if page is not None:
        write(file or "-", [_page(session, found, page, day).encode()])
        if file not in {None, "-"}:
            say(f"Written to {in_one_line(str(file))}: open it in a browser, and print it.")
    else:
        answer_rows(session, found, lambda: _tell(found), lambda: _rows(found))


def _page(session: Session, found: a.Sheet, page: str, day: str | None) -> str:
    from ipo_ledger_cli import sheet_page, slips

    said = _said_day(session, day) if day is not None else None
    return sheet_page.page(found, said) if page == "html" else slips.slips_page(found, said)


def _said_day(session: Session, day: str) -> str:
    """Return a day or an instant as the slips say it, and echo how it was read."""
    from ipo_ledger.domain.moments import Day, describe, iso, read_when, zone_of
    from ipo_ledger_cli.slips import said_day

    zone = zone_of(session.questions().info().timezone)
    now = session.clock() if session.clock is not None else datetime.now(UTC)
    when = read_when(day, zone, now)
    say(f"To be dialled {describe(when, zone)}")
    return said_day(when, when.date.isoformat() if isinstance(when, Day) else iso(when.at, zone))


def _tell(found: a.Sheet) -> None:
    say(f"{found.system}/{found.batch}, {found.status}: {found.title}")
    typed = found.status != "draft"
    out("Typed in Manager, in this order:" if typed else "Type in Manager, in this order:")
    rows = [
        (
            n,
            s.extension_id,
            wording.place(s.module, s.port),
            s.label,
            wording.base(s.old),
            wording.base(s.new),
            _warns(s),
        )
        for n, s in enumerate(found.typing, 1)
    ]
    titles = ("step", "extension", "place", "label", "base", "new base", "Manager warns of")
    table(titles, rows, right=("step",), optional=("place", "label", "Manager warns of"))
    if not typed:
        by = "by merge: nobody moves yet" if found.send_by == "merge" else "by reboot: everybody is moved by it"
        out(f"\nSend the configuration {by}.")
    _tell_dials(found)
    if found.e911:
        out("\nE911 list:")
        table(
            ("number", "user", "from", "to"),
            [(c.number, c.user, _at(c.from_), _at(c.to)) for c in found.e911],
        )


def _tell_dials(found: a.Sheet) -> None:
    dials = [d for d in found.dials if d.code is not None]
    if dials:
        out("\nThen these people dial, at the phone where they are:")
        rows = [
            (
                wording.person(d.user, d.number),
                d.code,
                _at(d.at),
                _at(d.to) or "off the air",
                "yes" if d.by_hand else "",
            )
            for d in dials
        ]
        table(("who", "dials", "at", "will be at", "logs in by hand"), rows, optional=("logs in by hand",))
    by_hand = [d for d in found.dials if d.code is None]
    if by_hand:
        out("\nAnd log in by hand:")
        table(("who", "at"), [(wording.person(d.user, d.number), _at(d.to)) for d in by_hand])
    if not found.dials and found.send_by == "merge":
        out("\nNobody has to dial anything.")


def _rows(found: a.Sheet) -> Rows:
    """Return a row for each step: what is typed, who dials, what E911 has to learn."""
    from ipo_ledger_cli.rows import Rows

    return Rows(_COLUMNS, (dict(zip(_COLUMNS, step, strict=True)) for step in _steps(found)))


def _steps(found: a.Sheet) -> Iterator[tuple[object, ...]]:
    n = 0
    for n, s in enumerate(found.typing, 1):
        place = wording.place(s.module, s.port)
        yield (n, "type", "", "", s.extension_id, place, s.label, s.old, s.new, "", " ".join(s.warns_of))
    for d in found.dials:
        n += 1
        at = d.at if d.code is not None else d.to
        do = "dial" if d.code is not None else "log in by hand"
        yield (n, do, d.user, d.number, *_place(at), _id(d.at), _id(d.to), d.code, "")
    for c in found.e911:
        n += 1
        yield (n, "E911", c.user, c.number, *_place(c.to), _id(c.from_), _id(c.to), "", "")


def _place(at: a.ExtensionAnswer | None) -> tuple[object, object, object]:
    return (at.extension_id, wording.place(at.module, at.port), at.label) if at is not None else ("", "", "")


def _id(at: a.ExtensionAnswer | None) -> object:
    return at.extension_id if at is not None else ""


def _at(at: a.ExtensionAnswer | None) -> str:
    return wording.extension(at.extension_id, at.module, at.port, at.label) if at is not None else ""


def _warns(step: a.TypingStep) -> str:
    return f"{wording.names(step.warns_of)}, ignore it until later steps" if step.warns_of else ""
