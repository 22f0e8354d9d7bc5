"""The mapping file that names the columns of CSV lists: what `--map` takes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import msgspec

from ipo_ledger.adapters.exports.csv_lists import HEADERS
from ipo_ledger.adapters.exports.faults import Complaint, NotReadable
from ipo_ledger.adapters.exports.pages import Kind
from ipo_ledger.domain.site import shown

_TABLES = {"extensions": Kind.EXTENSION, "users": Kind.USER}


class ColumnMap(msgspec.Struct, frozen=True):
    """For each kind of list: the fields whose header is another than the known ones, with that header."""

    headers: Mapping[Kind, Mapping[str, str]]

    def of(self, kind: Kind) -> Mapping[str, str]:
        """Return the fields and headers of one kind of list."""
        return self.headers.get(kind, {})


def read(file: str, content: bytes) -> tuple[ColumnMap, list[Complaint]]:
    """Read a mapping file, with all that is wrong in it; raises NotReadable where it is no TOML at all."""
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotReadable("is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotReadable(f"is not a TOML file: {error}") from None
    headers: dict[Kind, dict[str, str]] = {}
    found: list[Complaint] = []
    for name, table in tables.items():
        kind = _TABLES.get(name)
        if kind is None or not isinstance(table, dict):
            found.append(Complaint(file, "", f"has {shown(name)}: only [extensions] and [users] are known"))
            continue
        headers[kind] = {}
        for field, header in table.items():
            if field not in HEADERS[kind]:
                known = ", ".join(HEADERS[kind])
                found.append(Complaint(file, f"[{name}]", f"{shown(field)} is no field; these are: {known}"))
            elif not isinstance(header, str) or not header.strip():
                fault = f'{field} needs a header in quotes: {field} = "..."'
                found.append(Complaint(file, f"[{name}]", fault))
            else:
                headers[kind][field] = header
    return ColumnMap(headers), found
