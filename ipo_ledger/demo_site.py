"""Synthetic sites, and their exports as a real site would make them: for the demo, the docs and the tests."""

from __future__ import annotations

import json
import random
import string
import unicodedata
import uuid
import zlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Literal

from ipo_ledger.domain.site import LONGEST_USER_NAME, Site, SiteExtension, SiteUser

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_NAMES = (  # noqa: SIM905 - a list would be a page long
    "Ana Bruno Carla Daniel Elena Fabian Greta Hugo Ines Jonas Karin Lukas Marta Nils Olga Pablo Rosa Stefan "
    "Teresa Uwe Vera Walter Xenia Yusuf Zoe Amélie Björn Chloé Dörte Émile François Jürgen Łukasz Núria Søren"
).split()
_LAST_NAMES = (  # noqa: SIM905 - likewise
    "Ruiz Weber Costa Novak Berg Keller Moreau Silva Jansen Fischer Romano Larsen Vidal Bauer Duarte Meyer "
    "Rossi Olsen Navarro Huber Pereira Lange Bianchi Dahl Ortega Schulz O'Brien Peña Müller Šimek Lefèvre"
).split()
_WITHOUT_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O"})

_WIRED, _H323, _SIP = 0, 1, 3
_SMALL, _WIRED_ONLY, _SHORT_NUMBERS = 20, 100, 500
"""Extensions up to which a site has one module, up to which no IP phones, up to which numbers from 201."""
_BLANK_PORTS = (("BP", 2), ("BP", 4))
_NAMESPACE = uuid.UUID("6b1c52a4-5f0e-5d6c-9a3e-1f2d3c4b5a69")

Form = Literal["xml", "json"]
_Fields = dict[str, str]


def synthetic_site(extensions: int, *, seed: int = 1) -> Site:
    """Make up a site of so many extensions; the same arguments make the same site.

    Every extension has the number of its own user as base. Above 20 extensions two analogue ports are blank
    and two users have no extension, one of them no number either. Above 100 most extensions are IP phones.
    """
    if extensions < 1:
        message = f"a site has at least one extension, not {extensions}"
        raise ValueError(message)
    spare = 2 if extensions > _SMALL else 0
    first = 201 if extensions <= _SHORT_NUMBERS else 2001
    numbers = [str(first + place) for place in range(extensions - spare)]
    names = _names(extensions, random.Random(seed))  # noqa: S311 - made-up names, no secrets
    bases: Iterator[str] = iter(numbers)
    ports = [
        SiteExtension(
            extension_id=extension_id,
            module=module,
            port=port,
            kind=kind,
            base_extension=None if (module, port) in _BLANK_PORTS[:spare] else next(bases),
            source="synthetic",
        )
        for extension_id, module, port, kind in _ports(extensions)
    ]
    given = [*numbers, str(first + len(numbers)), None][: len(numbers) + spare]
    return Site(extensions=tuple(ports), users=tuple(_users(names, given)))


def write_export(site: Site, folder: Path, *, page_size: int = 75, form: Form = "xml") -> list[Path]:
    """Write a site as the Management API answers it, in pages, with made-up login codes in clear.

    What the API does not say, forced login, is not written. Returns the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for kind, records in (("users", _user_records(site)), ("extensions", _extension_records(site))):
        if records is None:
            continue
        pages = [records[at : at + page_size] for at in range(0, len(records), page_size)] or [[]]
        for number, page in enumerate(pages, 1):
            write = _xml if form == "xml" else _json
            path = folder / f"{kind}-{number}.{form}"
            path.write_text(write(kind, page, page_size, len(records)), encoding="utf-8", newline="\n")
            written.append(path)
    return written


# --- the site ----------------------------------------------------------------------------------------------


def _ports(count: int) -> Iterator[tuple[int, str, int, int]]:
    """Yield id, module, port and kind: a base unit, expansion modules of 30 ports, then IP phones."""
    if count <= _SMALL:
        places = [("BD", port) for port in range(1, count + 1)]
    else:
        places = [("BD", port) for port in range(1, 9)] + [("BP", port) for port in range(1, 5)]
        wired = count if count <= _WIRED_ONLY else min(count // 4, _WIRED_ONLY)
        places += [(str(1 + rest // 30), 1 + rest % 30) for rest in range(wired - len(places))]
    for extension_id, (module, port) in enumerate(places, 1):
        yield extension_id, module, port, _WIRED
    for phone in range(count - len(places)):
        yield 11200 + phone, "0", 0, _SIP if phone % 3 else _H323


def _names(count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Make up so many pairs of unique user name and full name."""
    firsts = chance.sample(_FIRST_NAMES, len(_FIRST_NAMES))
    lasts = chance.sample(_LAST_NAMES, len(_LAST_NAMES))
    taken: set[str] = set()
    names: list[tuple[str, str]] = []
    for place in range(count):
        first, last = firsts[place % len(firsts)], lasts[place % len(lasts)]
        name = _user_name(first + last, taken)
        taken.add(name)
        names.append((name, f"{first} {last}"))
    return names


def _user_name(person: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", person.translate(_WITHOUT_DECOMPOSITION))
    letters = "".join(letter for letter in plain if letter in string.ascii_letters)
    name, again = letters[:LONGEST_USER_NAME], 1
    while name in taken:
        again += 1
        name = f"{letters[: LONGEST_USER_NAME - len(str(again))]}{again}"
    return name


def _users(names: Sequence[tuple[str, str]], numbers: Sequence[str | None]) -> Iterator[SiteUser]:
    for place, ((name, full_name), number) in enumerate(zip(names, numbers, strict=True), 1):
        yield SiteUser(
            name=name,
            number=number,
            full_name=full_name,
            has_login_code=place % 3 != 0,
            forced_login=None,
            source="synthetic",
        )


# --- its export --------------------------------------------------------------------------------------------


def _user_records(site: Site) -> list[_Fields] | None:
    if site.users is None:
        return None
    records = [{"Name": "NoUser", "FullName": "", "Extension": "", "LoginCode": "", "VoicemailCode": ""}]
    for user in site.users:
        code = str(100_000 + zlib.crc32(user.name.encode()) % 900_000)
        said = {"Name": user.name, "FullName": user.full_name, "Extension": user.number or ""}
        if user.has_login_code is not None:
            said["LoginCode"] = code if user.has_login_code else ""
        said["VoicemailCode"] = code[::-1] if user.has_login_code else ""
        records.append({field: text for field, text in said.items() if text is not None})
    return [record | {"PhoneType": "-1"} for record in records]


def _extension_records(site: Site) -> list[_Fields] | None:
    if site.extensions is None:
        return None
    records = []
    for extension in site.extensions:
        said = {"Id": str(extension.extension_id), "Extension": extension.base_extension or ""}
        said |= {} if extension.kind is None else {"TypeInfo": str(extension.kind)}
        said |= {"Module": extension.module, "Port": str(extension.port), "Location": "0"}
        records.append(said)
    return records


def _guid(record: _Fields) -> str:
    return uuid.uuid5(_NAMESPACE, record.get("Name") or record.get("Id") or "").hex.upper()


def _xml(kind: str, page: Sequence[_Fields], page_size: int, total: int) -> str:
    tag = {"users": "User", "extensions": "Extension"}[kind]
    objects = "".join(
        f'  <ws_object><{tag} GUID="{_guid(record)}">'
        + "".join(f"<{field}>{escape(text, quote=False)}</{field}>" for field, text in record.items())
        + f"</{tag}></ws_object>\n"
        for record in page
    )
    data = f'<data set="{page_size}" totalRecords="{total}">\n{objects}</data>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response status="1">{data}</response>\n'


def _json(kind: str, page: Sequence[_Fields], page_size: int, total: int) -> str:
    tag = {"users": "User", "extensions": "Extension"}[kind]
    objects = [{tag: {"@GUID": _guid(record), **_unquoted(record)}} for record in page]
    held = objects[0] if len(objects) == 1 else objects
    data = {"@set": page_size, "@totalRecords": total, "ws_object": held}
    return json.dumps({"response": {"@status": 1, "data": data}}, ensure_ascii=False, indent=1) + "\n"


def _unquoted(record: _Fields) -> dict[str, str | int]:
    """Write digits as numbers, as the API does in JSON; leading zeros are lost."""
    return {field: int(text) if text.isascii() and text.isdigit() else text for field, text in record.items()}
