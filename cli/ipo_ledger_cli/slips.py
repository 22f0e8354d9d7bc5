"""Slips for the people a batch moves: one a person, what to dial where and what they will see, several a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ipo_ledger_cli import wording
from ipo_ledger_cli.output import in_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ipo_ledger.application import answers as a
    from ipo_ledger.domain.moments import When

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STYLE = """
  @page { margin: 10mm; }
  body { background: #fff; color: #000; font: 10pt/1.35 system-ui, sans-serif; margin: 0 auto; max-width: 190mm; }
  .slip { border: 1px dashed #666; box-sizing: border-box; break-inside: avoid; display: inline-block;
          margin: 0 3mm 3mm 0; min-height: 60mm; overflow-wrap: anywhere;
          padding: 3mm 4mm; vertical-align: top; width: 90mm; }
  .slip h2 { border-bottom: 1px solid #ccc; font-size: 1.15em; margin: 0 0 2mm; padding-bottom: 1mm; }
  .slip p { margin: 0 0 1.5mm; }
  .slip small { color: #555; }
"""


def slips_page(found: a.Sheet, day: str | None = None) -> str:
    """Return a page of slips alone; `day` is how a slip says when, such as `On Monday, 2026-03-09,`."""
    title = f"{found.system}/{found.batch}: {found.title}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{text(title)}</title><style>{_STYLE}</style></head><body>",
            *slips(found, day),
            "</body></html>",
            "",
        ]
    )


def slips(found: a.Sheet, day: str | None = None) -> Iterator[str]:
    """Yield a slip for each person, in the order of the phones where they are handed out."""
    about = f"{found.system}/{found.batch}" + (f", ticket {found.ticket}" if found.ticket else "")
    if found.send_by == "reboot":
        for move in sorted(found.e911, key=lambda move: _phone(move.from_)):
            if move.user is not None:
                yield _slip(move.user, move.number, _after_a_restart(move, day), about)
        return
    for dial in sorted(found.dials, key=lambda dial: _phone(dial.at or dial.to)):
        yield _slip(dial.full_name or dial.user, dial.number, _dialling(dial, day), about)


def said_day(when: When, at: str) -> str:
    """Return how a slip says when: the day of the week, in English wherever it is printed, and the date."""
    from ipo_ledger.domain.moments import Day

    date, _, clock = at.partition("T")
    if isinstance(when, Day):
        return f"On {_DAYS[when.date.weekday()]}, {date},"
    from datetime import date as calendar

    return f"On {_DAYS[calendar.fromisoformat(date).weekday()]}, {date}, from {clock[:5]} on,"


def _slip(who: str, number: str | None, lines: Iterable[str], about: str) -> str:
    called = text(who) + (f", {text(number)}" if number else "")
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="slip"><h2>{called}</h2>{said}<p><small>{text(about)}</small></p></div>'


def _dialling(dial: a.Dial, day: str | None) -> Iterator[str]:
    """Yield what one person has to know and do: rules H3 to H5 say what they will see."""
    begin = day or "When you are told that it is time,"
    if dial.to is None:
        yield "After this change no phone has your number: ask before you dial."
    elif dial.at is None or dial.at.extension_id != dial.to.extension_id:
        yield f"Your number moves to <strong>{text(desk(dial.to))}</strong>."
    if dial.code is not None:
        yield f"{begin} dial <strong>{text(dial.code)}</strong> at your phone, {text(desk(dial.at))}."
        yield "You will see NoUser there, or the name of whoever has the phone now: that is as it should be."
    if dial.to is None:
        return
    there = text(desk(dial.to))
    if dial.by_hand:
        then = "Then log in" if dial.code is not None else f"{begin} log in"
        yield f"{then} with your own code at <strong>{there}</strong>: it shows your name, and calls to you ring there."
    else:
        yield f"As soon as {there} is free, it shows your name, and calls to you ring there. You need not log in."


def _after_a_restart(move: a.E911Change, day: str | None) -> Iterator[str]:
    """Yield what somebody has to know whom a restart moves."""
    if move.to is None:
        yield "After this change no phone has your number: ask about it."
        return
    yield f"Your number moves to <strong>{text(desk(move.to))}</strong>."
    yield f"{day or 'For that'} the telephone system restarts. You need not dial anything."
    yield "Afterwards your new phone shows your name, and calls to you ring there; if not, log in with your own code."


def desk(at: a.ExtensionAnswer | None) -> str:
    """Return a desk as the people there know it: by its label, else by the extension."""
    if at is None:
        return ""
    return f"desk {at.label}" if at.label else wording.extension(at.extension_id, at.module, at.port, None)


def _phone(at: a.ExtensionAnswer | None) -> int:
    return at.extension_id if at is not None else 0


def text(value: object) -> str:
    """Return a value as text of HTML, in one line, that nothing in it can leave."""
    return escape(in_one_line(str(value))) if value is not None else ""
