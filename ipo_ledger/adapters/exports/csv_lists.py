"""Lists of extensions and of users in CSV, read by their header row: no column order is assumed, or official.

Columns are separated by `;`, `,` or tabs. These headers are known, in capitals or not, with or without
spaces and underscores:

- extensions: needed are `extension_id` (or `id`), `module`, `port` and `base_extension`;
  `kind` (the API's TypeInfo) may be there;
- users: needed are `name` (or `user_name`) and `number` (or `extension`);
  `full_name`, `forced_login` and `login_code` may be there.

`login_code` may be the code or yes/no: only whether there is one is kept. A blank base extension is a port
without default user. Other headers are named in a mapping file (`--map`), a small TOML file:

    [extensions]
    extension_id = "Nebenstelle Nr."
    [users]
    name = "Benutzer"
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ipo_ledger.adapters.exports.faults import Complaint, NotReadable
from ipo_ledger.adapters.exports.pages import Kind, Page, Reading
from ipo_ledger.domain.site import shown

if TYPE_CHECKING:
    from ipo_ledger.adapters.exports.column_maps import ColumnMap

DELIMITERS = ";\t,"

# Each field with the headers it is known by; those in NEEDED must have a column.
HEADERS: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.EXTENSION: {
        "extension_id": ("extensionid", "id"),
        "module": ("module",),
        "port": ("port",),
        "base_extension": ("baseextension",),
        "kind": ("kind",),
    },
    Kind.USER: {
        "name": ("name", "username"),
        "number": ("number", "extension"),
        "full_name": ("fullname",),
        "forced_login": ("forcedlogin", "forcelogin"),
        "login_code": ("logincode",),
    },
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.EXTENSION: ("extension_id", "module", "port", "base_extension"),
    Kind.USER: ("name", "number"),
}

MOST_CELLS, MOST_LINES = 1000, 1_000_000

_CODE = re.compile(r"[0-9]{4,31}|[*•●]+")
_DIGITS = re.compile(r"[0-9]{4,}")
_HEADERS_SHOWN = 20


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Which column of a list is which field, and what is wrong about that."""

    kind: Kind
    places: Mapping[str, int]
    missing: Sequence[str]
    faults: Sequence[str]


def read(file: str, body: str | bytes, mapping: ColumnMap | None = None) -> Reading:
    """Read a list; raises NotReadable where its header or its quoting is at fault."""
    text = str(body)
    delimiter, header = _header(text, mapping)
    columns = _fitting(header, mapping)
    if columns.faults:
        return Reading(complaints=[Complaint(file, "header", fault) for fault in columns.faults])
    page = Page(file=file, kinds={columns.kind})
    reading = Reading(pages=[page])
    for line, cells in itertools.islice(_rows(text, delimiter), 1, None):
        if any(cells[len(header) :]):
            fault = f"has {len(cells)} cells, but the header has {len(header)}"
            reading.complain(Complaint(file, f"line {line}", fault))
            continue
        fields = {field: cells[at] if at < len(cells) else "" for field, at in columns.places.items()}
        for fault in _without_code(fields):
            reading.complain(Complaint(file, f"line {line}", fault))
        page.take(columns.kind, fields, f"line {line}")
    if not page.records and not reading.complaints:
        raise NotReadable("has a header, but nothing below it")
    return reading


def _without_code(fields: dict[str, str]) -> Iterator[str]:
    """Put yes or no in the place of a login code; complain, without quoting it, of what is neither."""
    cell = fields.get("login_code")
    if cell is None:
        return
    word = cell.casefold()
    if word in {"yes", "true", "on", "y", "1"} or _CODE.fullmatch(cell):
        fields["login_code"] = "yes"
    else:
        fields["login_code"] = "no"
        if word not in {"no", "false", "off", "n", "0", ""}:
            yield "the login code is neither a code of 4 to 31 digits nor yes or no"


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield all rows that are not blank, each with the line it begins in."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t"
    )
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


def _header(text: str, mapping: ColumnMap | None) -> tuple[str, list[str]]:
    """Find the delimiter: the first with which the header has all that a list needs, else the most cells."""
    found: list[tuple[bool, int, str, list[str]]] = []
    for delimiter in DELIMITERS:
        try:
            header = next(_rows(text, delimiter), (0, []))[1]
        except NotReadable:
            continue
        fits = any(not _columns(kind, header, mapping).missing for kind in Kind)
        found.append((fits, len(header), delimiter, header))
    if not found:
        raise NotReadable("is not a CSV list: quotation marks in its first line do not match")
    best = max(found, key=lambda each: each[:2])
    return best[2], best[3]


def _fitting(header: Sequence[str], mapping: ColumnMap | None) -> Columns:
    """Choose what the list is of; raises NotReadable where it can be nothing, or both."""
    each = [_columns(kind, header, mapping) for kind in (Kind.EXTENSION, Kind.USER)]
    fitting = [columns for columns in each if not columns.missing]
    if len(fitting) > 1 and mapping is not None:
        fitting = [columns for columns in fitting if mapping.of(columns.kind)] or fitting
    if len(fitting) > 1:
        raise NotReadable(
            "has columns for a list of extensions and for one of users: split it, or name in a --map file "
            "only the columns of the one that it is to be read as"
        )
    if fitting:
        return fitting[0]
    said = [f"has the headers {_shown(header)}"]
    for columns in each:
        needs, missing = ", ".join(NEEDED[columns.kind]), ", ".join(columns.missing)
        said += [f"{columns.kind.value}s need {needs} (missing: {missing})", *columns.faults]
    raise NotReadable("; ".join([*said, "other headers are named with --map"]))


def _columns(kind: Kind, header: Sequence[str], mapping: ColumnMap | None) -> Columns:
    plain = [_plain(cell) for cell in header]
    places: dict[str, int] = {}
    faults: list[str] = []
    mapped = mapping.of(kind) if mapping is not None else {}
    for field, known in HEADERS[kind].items():
        accepted = (_plain(mapped[field]),) if field in mapped else known
        found = [place for place, cell in enumerate(plain) if cell in accepted]
        if len(found) > 1:
            both = " and ".join(shown(header[place]) for place in found)
            faults.append(f"{both} are both headers of {field}: name one with --map")
        elif not found and field in mapped:
            faults.append(f"there is no {shown(mapped[field])}, which the --map file gives for {field}")
        if found:
            places[field] = found[0]
    missing = [field for field in NEEDED[kind] if field not in places]
    return Columns(kind=kind, places=places, missing=missing, faults=faults)


def _plain(header: str) -> str:
    return re.sub(r"[\s_]", "", header).casefold()


def _shown(header: Sequence[str]) -> str:
    """Quote headers without long digits: what has no header shows its first row, which may hold a code."""
    quoted = [shown(_DIGITS.sub("...", cell)) for cell in header[:_HEADERS_SHOWN]]
    return ", ".join(quoted) + (", ..." if len(header) > _HEADERS_SHOWN else "")
