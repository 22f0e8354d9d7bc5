"""Tables: plain aligned columns for whoever reads a pipe, drawn by rich on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from ipo_ledger_cli.colours import is_drawn, lively
from ipo_ledger_cli.output import in_one_line, out, say

if TYPE_CHECKING:
    from rich.table import Table

Row: TypeAlias = Sequence[str | int | None]

_GAP = "  "
_LONG = {"data", "ended", "finding", "label", "note", "reason", "title", "what", "why"}  # texts: these are folded first
_TIMES = {"at", "from", "in force, or opened", "known since", "since", "to", "until"}
_NARROW = 16  # columns that a text, or a time, still needs to be read in
_STYLES = {  # what is to be seen first, and what hardly
    "NoUser": "dim",
    "blank": "dim",
    "still": "dim",
    "abandoned": "dim",
    "draft": "yellow",
    "sent": "cyan",
    "settled": "green",
    "ok": "green",
    "off the air": "yellow",
    "FAILED": "bold red",
}


def table(
    titles: Sequence[str],
    rows: Sequence[Row],
    *,
    right: Sequence[str] = (),
    optional: Sequence[str] = (),
    write: Callable[[str], None] = out,
) -> None:
    """Write a table, to stdout unless `write` is `say`; `right` are the titles of columns of numbers.

    The columns that are `optional` are left out where they say nothing in any row.
    """
    used = [
        place
        for place, title in enumerate(titles)
        if title not in optional or any(row[place] not in (None, "") for row in rows)
    ]
    titles, rows = [titles[place] for place in used], [[row[place] for place in used] for row in rows]
    cells = [["" if cell is None else in_one_line(str(cell)) for cell in row] for row in rows]
    stream = sys.stderr if write is say else sys.stdout
    if is_drawn(stream):
        _draw(titles, cells, right, stream)
    else:
        for line in plain([[title.upper() for title in titles], *cells], [title in right for title in titles]):
            write(line)


def plain(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> list[str]:
    """Return rows as lines of aligned columns, however wide: nothing is cut off."""
    if not rows:
        return []
    at_right = list(right) or [False] * len(rows[0])
    widths = [max(_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        padded = [
            " " * (width - _width(cell)) + cell if to_right else cell + " " * (width - _width(cell))
            for cell, width, to_right in zip(row, widths, at_right, strict=True)
        ]
        lines.append(_GAP.join(padded).rstrip())
    return lines


def _draw(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str], stream: TextIO) -> None:
    from rich.console import Console

    color = lively(stream)
    console = Console(file=stream, highlight=False, no_color=not color, color_system="auto" if color else None)
    drawn = _drawn(titles, rows, right, console.width, drawable=console.encoding.lower().startswith("utf"))
    console.print(drawn)


def _drawn(
    titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str], width: int, *, drawable: bool
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    # Where a console has no lines to draw with, rich would put | between the columns.
    lines, gap = (box.SIMPLE_HEAD, 1) if drawable else (None, 2)
    drawn = Table(box=lines, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    whole = _kept_whole(titles, rows, width)
    for title in titles:
        justify: Literal["left", "right"] = "right" if title in right else "left"
        drawn.add_column(title, justify=justify, overflow="fold", no_wrap=title in whole)
    for row in rows:
        drawn.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    return drawn


def _kept_whole(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> set[str]:
    """Return the columns that are not folded: all but texts where a window has the room, else all but times too."""
    widths = {title: max(_width(row[place]) for row in [titles, *rows]) for place, title in enumerate(titles)}
    for folded in (_LONG, _LONG | _TIMES):
        least = sum(min(widths[title], _NARROW) if title in folded else widths[title] for title in titles)
        if least + len(_GAP) * (len(titles) - 1) <= width:
            return set(titles) - folded
    return set()


def _width(text: str) -> int:
    """Return how many columns a text takes on a screen: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
