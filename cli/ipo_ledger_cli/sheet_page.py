"""The work order as one page of HTML that prints well: no script, no network, every name escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger_cli import wording
from ipo_ledger_cli.slips import slips, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ipo_ledger.application import answers as a

_STYLE = """
  :root { color-scheme: light dark; }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #8886; padding: .35rem .6rem; text-align: left; vertical-align: top; }
  .slips { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); }
  .slip { border: 1px dashed #888; border-radius: .4rem; break-inside: avoid; padding: .8rem 1rem; }
  .slip h2 { font-size: 1.1rem; margin: 0 0 .3rem; } .slip p { margin: 0 0 .3rem; }
  .done { border: 1px solid #888; display: inline-block; height: .9em; width: .9em; }
  @media print { body { margin: 0; max-width: none; } .slips { grid-template-columns: 1fr 1fr; } }
"""


def page(found: a.Sheet, day: str | None = None) -> str:
    """Return the whole page; `day` is how a slip says when."""
    title = f"{found.system}/{found.batch}: {found.title}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{text(title)}</h1>",
        f"<p>{text(_about(found))}</p>",
        "<h2>1. Type in Manager, in this order</h2>",
        _table(("", "extension", "place", "label", "base", "new base", "Manager warns of"), _typing(found)),
        "<h2>2. Send the configuration</h2>",
        f"<p>{'By merge. Nobody moves yet.' if found.send_by == 'merge' else 'By reboot. It moves everybody.'}</p>",
    ]
    if handed_out := list(slips(found, day)):
        parts += ["<h2>3. At the desks</h2>", '<div class="slips">', *handed_out, "</div>"]
    if found.e911:
        parts += ["<h2>E911 list</h2>", _table(("", "number", "user", "from", "to"), _e911(found))]
    return "\n".join([*parts, "</body></html>", ""])


def _about(found: a.Sheet) -> str:
    told: list[str] = [found.status]
    if found.reason:
        told.append(found.reason)
    if found.ticket:
        told.append(f"ticket {found.ticket}")
    return "; ".join(told)


def _typing(found: a.Sheet) -> Iterable[Sequence[object]]:
    for step in found.typing:
        warns = f"{', '.join(step.warns_of)}: ignore it until later steps" if step.warns_of else ""
        place = wording.place(step.module, step.port)
        yield (step.extension_id, place, step.label, wording.base(step.old), wording.base(step.new), warns)


def _e911(found: a.Sheet) -> Iterable[Sequence[object]]:
    for change in found.e911:
        yield (change.number, change.user, _at(change.from_), _at(change.to))


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{text(title)}</th>" for title in titles)
    body = "".join(
        '<tr><td><span class="done"></span></td>' + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _at(at: a.ExtensionAnswer | None) -> str:
    return wording.extension(at.extension_id, at.module, at.port, at.label) if at is not None else ""
