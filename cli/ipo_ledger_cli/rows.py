"""Rows for programs: JSON lines, one object a row, and CSV that a spreadsheet opens and never runs."""

from __future__ import annotations

import csv
import io
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ipo_ledger_cli.output import clean, encoded, write_exactly, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ipo_ledger.application.answers import Answer

# A spreadsheet takes for a formula, and runs, what begins with one of these; some know the wide forms as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Rows(NamedTuple):
    """A list, as a program reads it: the names of the columns, and the rows by these names."""

    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]


def rows_of(kind: type[Answer], found: Iterable[Answer]) -> Rows:
    """Return the answers of one kind as rows: the fields that they have in JSON, under the same names."""
    columns = [field.encode_name for field in msgspec.structs.fields(kind)]
    return Rows(columns, (msgspec.to_builtins(each, enc_hook=str) for each in found))


def write_rows(form: str, told: Rows) -> None:
    """Write rows to standard output as JSON lines (`nl`) or CSV, as UTF-8."""
    if form == "nl":
        for row in told.rows:
            write_json(row, sys.stdout)
        return
    write_exactly(csv_line(told.columns), sys.stdout)
    for row in told.rows:
        write_exactly(csv_line([row.get(name) for name in told.columns]), sys.stdout)


def csv_line(cells: Iterable[object]) -> bytes:
    """Return one line of CSV in UTF-8, with the line end of this system, as other programs here expect it."""
    text = io.StringIO()
    csv.writer(text, lineterminator=os.linesep).writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode("utf-8", errors="replace")


def _harmless(cell: object) -> str:
    """Return a cell as text that only says what can be seen; what would be run begins with an apostrophe."""
    text = clean(_text(cell))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case [*several] if not any(isinstance(each, dict | list | tuple) for each in several):
            return " ".join(map(str, several))
        case dict() | list() | tuple():
            return encoded(cell).decode()
    return str(cell)
