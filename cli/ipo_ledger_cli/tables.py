"""Tables: plain aligned columns for whoever reads a pipe, drawn by rich on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TextIO, TypeAlias

from ipo_ledger_cli.output import in_one_line, is_terminal, out, say

Row: TypeAlias = Sequence[str | int | None]

_GAP = "  "


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
    if is_terminal(stream):
        _drawn(titles, cells, right, stream)
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


def _drawn(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str], stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        drawn.add_column(title, justify="right" if title in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(file=stream, highlight=False).print(drawn)


def _width(text: str) -> int:
    """Return how many columns a text takes on a screen: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
