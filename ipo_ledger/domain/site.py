"""What a site says of itself at one moment: its extensions and its users, before the ledger takes them in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

NOBODY = frozenset({"NoUser", "Remote Manager"})
"""Users that every configuration has and nobody is: never seated, never recorded."""

LONGEST_USER_NAME = 15
FORBIDDEN_IN_USER_NAMES = "#?/^><,."

_BASE_EXTENSION = re.compile(r"[0-9]{2,15}")
_NUMBER = re.compile(r"[0-9]+")
_LONGEST_SHOWN = 40


class SiteExtension(msgspec.Struct, frozen=True, kw_only=True):
    """One port or IP phone as a site lists it."""

    extension_id: int
    module: str
    """`BP`, `BD`, or a number in decimal text; `0` with port 0 is an IP phone."""
    port: int
    kind: int | None
    """The Management API's `TypeInfo`; None where the list does not say."""
    base_extension: str | None
    """None is a blank base extension: no default user."""
    source: str
    """Where it was said, for complaints: `users-1.xml, record 12`."""

    @property
    def wired(self) -> bool:
        """Whether (module, port) is a place of its own: all but module 0, port 0, which IP phones share."""
        return (self.module, self.port) != ("0", 0)


class SiteUser(msgspec.Struct, frozen=True, kw_only=True):
    """One person, or at least one user, as a site lists it. None: the list does not say."""

    name: str
    number: str | None
    """None is a user without a number: lists that do not say it at all are refused."""
    full_name: str | None
    """An empty text is a blank full name."""
    has_login_code: bool | None
    forced_login: bool | None
    source: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """All that some lists say of one site; None: they say nothing of extensions, or of users."""

    extensions: tuple[SiteExtension, ...] | None
    users: tuple[SiteUser, ...] | None


class SiteComplaint(msgspec.Struct, frozen=True):
    """One thing that cannot be true of a site, and where it was said."""

    source: str
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.source}: {self.message}"


def complaints(site: Site) -> list[SiteComplaint]:
    """List what cannot be true of the site as a whole.

    Two extensions with the same base extension are no complaint: Manager allows it.
    """
    return [*_about_extensions(site.extensions or ()), *_about_users(site.users or ())]


def shown(text: str) -> str:
    """Quote a value for a message: short, in one line, nothing unprintable."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "...")


def _about_extensions(extensions: tuple[SiteExtension, ...]) -> Iterator[SiteComplaint]:
    ids: dict[int, str] = {}
    places: dict[tuple[str, int], str] = {}
    for extension in extensions:
        source, base = extension.source, extension.base_extension
        if base is not None and not _BASE_EXTENSION.fullmatch(base):
            yield SiteComplaint(source, f"the base extension {shown(base)} is not 2 to 15 digits")
        if extension.extension_id in ids:
            first = ids[extension.extension_id]
            twice = f"extension id {extension.extension_id} is there twice, first in {first}"
            yield SiteComplaint(source, twice)
            continue
        ids[extension.extension_id] = source
        place = (extension.module, extension.port)
        if extension.wired and place in places:
            where = f"module {shown(extension.module)}, port {extension.port}"
            yield SiteComplaint(source, f"{where} is there twice, first in {places[place]}")
        places.setdefault(place, source)


def _about_users(users: tuple[SiteUser, ...]) -> Iterator[SiteComplaint]:
    names: dict[str, str] = {}
    numbers: dict[str, SiteUser] = {}
    for user in users:
        for message in (*_about_name(user.name), *_about_full_name(user.full_name or "")):
            yield SiteComplaint(user.source, message)
        if user.number is not None and not _NUMBER.fullmatch(user.number):
            letters = f"the number {shown(user.number)} of {shown(user.name)} is not digits"
            yield SiteComplaint(user.source, letters)
        if user.name in names:
            first = names[user.name]
            yield SiteComplaint(user.source, f"the user {shown(user.name)} is there twice, first in {first}")
            continue
        names[user.name] = user.source
        if user.number is None:
            continue
        other = numbers.setdefault(user.number, user)
        if other is not user:
            both = f"{shown(user.name)} and of {shown(other.name)} ({other.source})"
            yield SiteComplaint(user.source, f"{shown(user.number)} is the number of {both}")


def _about_name(name: str) -> Iterator[str]:
    if len(name) > LONGEST_USER_NAME:
        yield f"the user name {shown(name)} has {len(name)} characters; {LONGEST_USER_NAME} are allowed"
    forbidden = sorted(set(name) & set(FORBIDDEN_IN_USER_NAMES))
    if forbidden:
        yield f"the user name {shown(name)} has {' '.join(forbidden)}, which user names must not have"
    if not name.isprintable():
        yield f"the user name {shown(name)} has characters that cannot be printed"


def _about_full_name(full_name: str) -> Iterator[str]:
    """Full names are free text, but for what no store or terminal takes: control characters, surrogates."""
    if not full_name.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in full_name):
        yield f"the full name {shown(full_name)} has control characters"
