"""Reading what a site can export: Management API XML and JSON, Web Manager's users.xml, CSV lists by header.

All files of one call are one site. Whatever is wrong, in any file, is said at once, and nothing is half-read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ipo_ledger.adapters.exports import pages, records
from ipo_ledger.adapters.exports.faults import Complaint, ExportUnreadable, NotReadable
from ipo_ledger.adapters.exports.files import content
from ipo_ledger.adapters.exports.pages import Page, Reading
from ipo_ledger.adapters.exports.recognise import Form, Recognised, recognise
from ipo_ledger.domain.site import Site, complaints

if TYPE_CHECKING:
    from pathlib import Path

    from ipo_ledger.adapters.exports.column_maps import ColumnMap

__all__ = ["ExportUnreadable", "read_site"]


def read_site(paths: Sequence[Path], mapping: Path | None = None) -> Site:
    """Read the files of one site; `mapping` names the columns of its CSV lists.

    Raises ExportUnreadable with every complaint about every file.
    """
    site, found = _gathered(paths, mapping)
    if found:
        raise ExportUnreadable.because(found)
    return site


def _gathered(paths: Sequence[Path], mapping: Path | None) -> tuple[Site, list[Complaint]]:
    """Read what can be read, and gather what is wrong, file by file.

    Apart from `read_site`, so that no traceback of it holds a cell in which a code may have slipped.
    """
    found: list[Complaint] = []
    columns = _mapping(mapping, found)
    files = _pages(paths, columns, found)
    found += pages.incomplete(files)
    site, untaken = records.site_of(files)
    found += untaken
    found += [Complaint.at(complaint.source, complaint.message) for complaint in complaints(site)]
    if not found and site.users is None and site.extensions is None:
        names = ", ".join(str(path) for path in paths)
        found.append(Complaint(names or "nothing", "", "holds neither users nor extensions"))
    order = {str(path): place for place, path in enumerate(paths)}
    return site, sorted(found, key=lambda complaint: (order.get(complaint.file, -1), complaint.place))


def _pages(paths: Sequence[Path], columns: ColumnMap | None, found: list[Complaint]) -> list[Page]:
    """Read the pages of all files; a file that is the same as one before is complained of and left out."""
    seen: dict[bytes, str] = {}
    files: list[Page] = []
    for path in paths:
        reading, digest = _read(path, columns)
        found += reading.complaints
        if digest in seen and any(page.records for page in reading.pages):
            found.append(Complaint(str(path), "", f"is the same as {seen[digest]}: give each file once"))
            continue
        seen.setdefault(digest, str(path))
        files += reading.pages
    return files


def _read(path: Path, columns: ColumnMap | None) -> tuple[Reading, bytes]:
    try:
        held = content(path)
        digest = hashlib.sha256(held).digest()
        return _by_form(str(path), recognise(held), columns), digest
    except NotReadable as why:
        return Reading(complaints=[Complaint(str(path), "", str(why))]), b""


def _by_form(file: str, recognised: Recognised, columns: ColumnMap | None) -> Reading:
    """Let the reader of the form read it; readers are imported when they are needed."""
    if recognised.form is Form.CSV:
        from ipo_ledger.adapters.exports import csv_lists

        return csv_lists.read(file, recognised.body, columns)
    if recognised.form is Form.MANAGEMENT_API_JSON:
        from ipo_ledger.adapters.exports import management_api_json

        return management_api_json.read(file, recognised.body)
    if recognised.form is Form.WEB_MANAGER:
        from ipo_ledger.adapters.exports import web_manager

        return web_manager.read(file, recognised.body)
    from ipo_ledger.adapters.exports import management_api_xml

    return management_api_xml.read(file, recognised.body)


def _mapping(path: Path | None, found: list[Complaint]) -> ColumnMap | None:
    if path is None:
        return None
    from ipo_ledger.adapters.exports import column_maps

    try:
        columns, faults = column_maps.read(str(path), content(path))
    except NotReadable as why:
        found.append(Complaint(str(path), "", str(why)))
        return None
    found += faults
    return columns
