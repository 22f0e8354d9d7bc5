"""Small exports written by hand, and what reading them complains of."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import msgspec
import pytest

from ipo_ledger.adapters.exports import ExportUnreadable, read_site
from ipo_ledger.domain.site import Site, SiteExtension, SiteUser


def user(name: str, number: str = "", **elements: str) -> str:
    """Write a user object as the Management API does."""
    return _object("User", {"Name": name, "FullName": f"{name} Full", "Extension": number, **elements})


def extension(extension_id: object, base: str = "", module: str = "BD", port: str = "1", **elements: str) -> str:
    """Write an extension object as the Management API does."""
    said = {"Id": str(extension_id), "Extension": base, "TypeInfo": "0", "Module": module, "Port": port}
    return _object("Extension", {**said, **elements})


def answer(*objects: str, total: object = None) -> str:
    """Write an answer with one page; `total` is what it says there is in all, by default what it holds."""
    count = len(objects) if total is None else total
    return f'<response status="1"><data set="75" totalRecords="{count}">\n{"".join(objects)}</data></response>'


def _object(tag: str, said: Mapping[str, str]) -> str:
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in said.items())
    return f'<ws_object><{tag} GUID="0A">{inner}</{tag}></ws_object>\n'


def saved(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file as it is given."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, *contents: str | bytes) -> Site:
    """Read files of these contents as one site."""
    return read_site([saved(folder, f"file-{number}", content) for number, content in enumerate(contents, 1)])


def refusal(paths: Sequence[Path], mapping: Path | None = None) -> ExportUnreadable:
    """Read files that must be refused."""
    with pytest.raises(ExportUnreadable) as refused:
        read_site(paths, mapping)
    return refused.value


def complaints(folder: Path, *contents: str | bytes) -> list[str]:
    """Read files of these contents, which must be refused; return each complaint in one line."""
    paths = [saved(folder, f"file-{number}", content) for number, content in enumerate(contents, 1)]
    return lines(refusal(paths), folder)


def lines(error: ExportUnreadable, folder: Path) -> list[str]:
    """Return each complaint in one line, without the folder."""
    each = error.details["complaints"]
    said = [", ".join(filter(None, (one["file"], one["where"]))) + ": " + one["message"] for one in each]
    return [line.replace(f"{folder}{os.sep}", "") for line in said]


def users(site: Site) -> dict[str, SiteUser]:
    """Return the users by name."""
    return {each.name: each for each in site.users or ()}


def extensions(site: Site) -> dict[int, SiteExtension]:
    """Return the extensions by id."""
    return {each.extension_id: each for each in site.extensions or ()}


def without_sources(site: Site) -> Site:
    """Return the same site without where each thing was said."""
    return Site(
        extensions=None
        if site.extensions is None
        else tuple(msgspec.structs.replace(each, source="") for each in site.extensions),
        users=None if site.users is None else tuple(msgspec.structs.replace(each, source="") for each in site.users),
    )
