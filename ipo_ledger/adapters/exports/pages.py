"""Pages of records as files hold them, before they are taken as a site, and whether all pages are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec

from ipo_ledger.adapters.exports.faults import Complaint, NotReadable
from ipo_ledger.domain.site import shown


class Kind(Enum):
    """What a record is of."""

    USER = "user"
    EXTENSION = "extension"


MOST = 100_000
"""Records, pages or complaints of one file: a system has 3000 users and as many extensions at most."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One user or extension as text: the fields that are kept, under this project's names.

    A field that is not here was not said; an empty text was said to be blank.
    `login_code` holds `yes` or `no`, never a code.
    """

    kind: Kind
    fields: Mapping[str, str]
    source: str


class Page(msgspec.Struct, kw_only=True):
    """The records of one answer, and how many the site said it has in all."""

    file: str
    total: int | None = None
    records: list[Record] = msgspec.field(default_factory=list)
    kinds: set[Kind] = msgspec.field(default_factory=set)
    """What it lists: also where it lists none."""
    others: set[str] = msgspec.field(default_factory=set)
    """Names of the objects it holds that are neither users nor extensions."""

    def take(self, kind: Kind, fields: Mapping[str, str], where: str) -> None:
        """Add a record. Raises NotReadable where there are more than any system has."""
        if len(self.records) >= MOST:
            raise _too_many("records")
        self.kinds.add(kind)
        self.records.append(Record(kind=kind, fields=fields, source=f"{self.file}, {where}"))


class Reading(msgspec.Struct, kw_only=True):
    """What one file gave: its pages, and what is wrong with it."""

    pages: list[Page] = msgspec.field(default_factory=list)
    complaints: list[Complaint] = msgspec.field(default_factory=list)

    def take(self, page: Page) -> Page:
        """Add a page, and return it. Raises NotReadable where there are more than of any system."""
        if len(self.pages) >= MOST:
            raise _too_many("pages")
        self.pages.append(page)
        return page

    def complain(self, complaint: Complaint) -> None:
        """Add a complaint. Raises NotReadable where there are more than anybody mends."""
        if len(self.complaints) >= MOST:
            raise _too_many("mistakes")
        self.complaints.append(complaint)


def _too_many(what: str) -> NotReadable:
    return NotReadable(f"holds more than {MOST} {what}: it is no export of one system")


_LONGEST_TOTAL = 10
_NAMED = 20  # objects that are neither users nor extensions

API_FIELDS: dict[str, tuple[Kind, dict[str, str]]] = {
    "User": (
        Kind.USER,
        {"Name": "name", "FullName": "full_name", "Extension": "number", "LoginCode": "login_code"},
    ),
    "Extension": (
        Kind.EXTENSION,
        {
            "Id": "extension_id",
            "Extension": "base_extension",  # the inner one is the Base Extension
            "Module": "module",
            "Port": "port",
            "TypeInfo": "kind",
        },
    ),
}
"""The Management API's objects: what each is, and the fields of it that are kept."""


def total_of(text: str | None, file: str, reading: Reading) -> int | None:
    """Read a `totalRecords`; what is no number is complained of."""
    if text is None or (text.isascii() and text.isdigit() and len(text) < _LONGEST_TOTAL):
        return None if text is None else int(text)
    reading.complain(Complaint(file, "", f"totalRecords is {shown(text)}, not a number"))
    return None


def incomplete(pages: Sequence[Page]) -> list[Complaint]:
    """Say which pages are missing, too many, or not of users and extensions at all."""
    found = [Complaint(page.file, "", message) for page in pages for message in _misfits(page)]
    for kind in Kind:
        found += _counted([page for page in pages if page.total is not None and kind in page.kinds], kind)
    totals = {page.total for page in pages if page.kinds}
    found += [
        Complaint(page.file, "", f"holds no record, though totalRecords says that there are {page.total}")
        for page in pages
        if not page.kinds and not page.others and page.total and page.total not in totals
    ]
    return found


def _misfits(page: Page) -> list[str]:
    if page.others:
        names = ", ".join(shown(name) for name in sorted(page.others)[:_NAMED])
        names += ", ..." if len(page.others) > _NAMED else ""
        return [f"holds objects that are neither users nor extensions: {names}"]
    if len(page.kinds) > 1 and page.total is not None:
        return ["mixes users and extensions in one page, so totalRecords cannot be checked"]
    return []


def _counted(pages: Sequence[Page], kind: Kind) -> list[Complaint]:
    totals = {page.total for page in pages}
    if not totals or any(len(page.kinds) > 1 for page in pages):
        return []
    files = ", ".join(dict.fromkeys(page.file for page in pages))
    if len(totals) > 1:
        said = " and ".join(str(total) for total in sorted(totals, key=str))
        message = f"totalRecords differs from page to page ({said}): the pages are not of one moment"
        return [Complaint(files, "", message)]
    [total] = totals
    count = sum(len(page.records) for page in pages)
    if count == total:
        return []
    why = "pages are missing" if count < (total or 0) else "pages are given twice, or are not of one site"
    return [Complaint(files, "", f"{count} of {total} {kind.value}s are here: {why}")]
