"""Tables: plain aligned columns for whoever reads a pipe, drawn by rich on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TypeAlias

from ipo_ledger_cli.output import in_one_line, is_terminal, out

Row: TypeAlias = Sequence[str | int | None]

_GAP = "  "


def table(
    titles: Sequence[str], rows: Sequence[Row], *, right: Sequence[str] = (), optional: Sequence[str] = ()
) -> None:
    """Write a table to stdout; `right` are the titles of columns of numbers.

    The columns that are `optional` are left out where they say nothing in any row.
    """
    used = [
        place
        for place, title in enumerate(titles)
        if title not in optional or any(row[place] not in (None, "") for row in rows)
    ]
    titles, rows = [titles[place] for place in used], [[row[place] for place in used] for row in rows]
    cells = [["" if cell is None else in_one_line(str(cell)) for cell in row] for row in rows]
    if is_terminal(sys.stdout):
        _drawn(titles, cells, right)
    else:
        for line in plain([[title.upper() for title in titles], *cells], [title in right for title in titles]):
            out(line)


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


def _drawn(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        drawn.add_column(title, justify="right" if title in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=sys.stdout, highlight=False).print(drawn)


def _width(text: str) -> int:
    """Return how many columns a text takes on a screen: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
