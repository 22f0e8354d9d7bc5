"""Lists of moves in CSV, as somebody makes them in a spreadsheet: read by their header, nothing is guessed.

Two kinds of list: `extension_id,base_extension` (a base of nothing or - is blank), and `user,extension_id`
(who gets which extension). Headers are known in capitals or not, with or without spaces and underscores;
other columns are passed over. Columns are separated by `;`, `,` or tabs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ipo_ledger.adapters.exports.csv_lists import MOST_CELLS, MOST_LINES
from ipo_ledger.adapters.exports.faults import NotReadable
from ipo_ledger.adapters.exports.files import LARGEST_FILE, content
from ipo_ledger.adapters.exports.pages import MOST
from ipo_ledger.adapters.exports.recognise import Form, recognise
from ipo_ledger.application.move_lists import MoveAsked
from ipo_ledger.domain.site import shown
from ipo_ledger.errors import Malformed

_LONGEST_CELL = 200
_DELIMITERS = ";\t,"
_EXTENSION, _BASE, _USER = "extension_id", "base_extension", "user"
_HEADERS = {"extensionid": _EXTENSION, "baseextension": _BASE, "user": _USER}


class MovesUnreadable(Malformed):
    """A file is no list of moves at all. What is wrong with the rows of one is listed by `batch-faults`."""

    code = "moves-unreadable"
    says = "{file}: {why}. Nothing was drafted."
    way_out = "Give a CSV file with the header `extension_id,base_extension`, or `user,extension_id`."


def read_moves(source: str | Path | BinaryIO) -> list[MoveAsked]:
    """Read a list of moves from a file, or from a stream of bytes such as standard input.

    A row that cannot be read is kept with its `fault`, and so is a header that lacks a column, so that all
    that is wrong comes at once when the moves are drafted. Raises `MovesUnreadable` for what is no list at
    all.
    """
    file = str(source) if isinstance(source, str | Path) else "standard input"
    try:
        return list(_moves(file, _text(source)))
    except NotReadable as fault:
        raise MovesUnreadable(file=file, why=str(fault)) from None


def _text(source: str | Path | BinaryIO) -> str:
    if isinstance(source, str | Path):
        held = content(Path(source))
    else:
        held = source.read(LARGEST_FILE + 1)
        if len(held) > LARGEST_FILE:
            raise NotReadable(f"is larger than {LARGEST_FILE >> 20} MiB: no list of moves is")
    found = recognise(held)
    if found.form is not Form.CSV:
        raise NotReadable(f"is {found.form.value}, not a list of moves")
    return str(found.body)


def _moves(file: str, text: str) -> Iterator[MoveAsked]:
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    first = next(rows, None)
    if first is None:
        raise NotReadable("has no header")
    line, header = first
    columns, faults = _columns(header)
    for fault in faults:
        yield MoveAsked(where=f"{file}, line {line}", fault=fault)
    if faults and _EXTENSION not in columns:
        return  # nothing below can be said without it
    for count, (line, cells) in enumerate(rows):
        if count >= MOST:
            raise NotReadable(f"has more than {MOST} rows: no system has so many extensions")
        yield _move(f"{file}, line {line}", cells, columns, len(header))


def _move(where: str, cells: Sequence[str], columns: dict[str, int], width: int) -> MoveAsked:
    """Return one row; where the header lacks the other column, at least its extension is looked at."""
    found = {name: cells[at] for name, at in columns.items() if at < len(cells)}
    if any(len(cell) > _LONGEST_CELL for cell in found.values()):  # nobody would read it in a complaint
        return MoveAsked(where=where, fault=f"a cell has more than {_LONGEST_CELL} characters")
    missing = [name for name in columns if name not in found]
    fault = None
    if any(cells[width:]):
        fault = f"it has {len(cells)} cells, but the header has {width}"
    elif missing:
        fault = f"{' and '.join(missing)} is missing"
    elif not found[_EXTENSION]:
        fault = f"{_EXTENSION} is empty"
    elif found.get(_USER) == "":
        fault = f"{_USER} is empty"
    return MoveAsked(
        extension_id=found.get(_EXTENSION),
        base_extension=None if found.get(_BASE) in (None, "", "-") else found[_BASE],
        user=found.get(_USER),
        where=where,
        fault=fault,
    )


def _columns(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Return which column is what, and what is wrong with the header."""
    columns: dict[str, int] = {}
    faults: list[str] = []
    for place, cell in enumerate(header):
        name = _HEADERS.get(_plain(cell))
        if name in columns:
            faults.append(f"the header has {name} twice")
        elif name is not None:
            columns[name] = place
    if _EXTENSION not in columns:
        faults.append(f"the header lacks {_EXTENSION}: it is {_listed(header)}")
    if _BASE in columns and _USER in columns:
        faults.append(f"the header has {_BASE} and {_USER}: a list has one of them")
        del columns[_USER]
    elif _BASE not in columns and _USER not in columns:
        faults.append(f"the header lacks {_BASE} (or {_USER}): it is {_listed(header)}")
    return columns, faults


def _delimiter(text: str) -> str:
    """Return the delimiter with which the header has most of the columns that are known, else most cells."""

    def fits(delimiter: str) -> tuple[int, int]:
        first = next(_rows(text, delimiter), None)  # read one way there may be no cell, read another way one
        return _known(first[1]) if first is not None else (0, 0)

    return max(_DELIMITERS, key=fits)


def _known(header: Sequence[str]) -> tuple[int, int]:
    return sum(_plain(cell) in _HEADERS for cell in header), len(header)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield all rows that are not blank, each with the line it begins in."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")
    line = 1
    try:
        for cells in reader:
            if len(cells) > MOST_CELLS or line > MOST_LINES:
                raise NotReadable(f"has more than {MOST_CELLS} cells in a line or {MOST_LINES} lines: no list has")
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotReadable(f"is not a CSV list: {error}, line {line}") from None


def _plain(header: str) -> str:
    return re.sub(r"[\s_]", "", header).casefold()


def _listed(header: Sequence[str]) -> str:
    return ", ".join(shown(cell) for cell in header[:10]) + (", ..." if len(header) > 10 else "")  # noqa: PLR2004
