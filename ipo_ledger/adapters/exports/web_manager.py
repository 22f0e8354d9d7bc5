"""Web Manager's *Call Management > Users > Actions > Export All*: `users.xml`.

The Management API's `User` elements under some root, with `PBXAddress`, `SystemName` and `Last-Modified`,
which are let be. Users only, all of them in one file: there is no `totalRecords` to hold it against.
"""

from __future__ import annotations

from collections.abc import Mapping

from ipo_ledger.adapters.exports.faults import NotReadable
from ipo_ledger.adapters.exports.pages import Kind, Page, Reading
from ipo_ledger.adapters.exports.xml_records import Records, parsed
from ipo_ledger.domain.site import shown


def read(file: str, body: str | bytes) -> Reading:
    """Read the users of a file; raises NotReadable where it is no such file."""
    users = parsed(body, lambda: _Users(file))
    if not users.page.records:
        root = shown(users.root)
        raise NotReadable(f"is XML, but no export: no `response` and no `User` in it (its root is {root})")
    return Reading(pages=[users.page])


class _Users(Records):
    """The `User` elements, wherever they are."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.page = Page(file=file)
        self.root = ""

    def opens_object(self, name: str, attributes: Mapping[str, str]) -> bool:  # noqa: ARG002 - as its parent
        self.root = self.root or name
        return name == "User"

    def found(self, kind: Kind, fields: dict[str, str]) -> None:
        self.page.take(kind, fields, f"record {len(self.page.records) + 1}")
