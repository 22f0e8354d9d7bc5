"""What the tests of the domain begin with: a site of users at their bases; how two systems are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ipo_ledger.domain import events as e
from ipo_ledger.domain import fold
from ipo_ledger.domain.records import BaseExtensionBy
from ipo_ledger.domain.site import Site, SiteExtension, SiteUser
from ipo_ledger.domain.system import System
from tests.domain.story import Story


def people(n: int) -> list[str]:
    """Return the first n users of a site."""
    return [f"U{i}" for i in range(1, n + 1)]


def number_of(i: int) -> str:
    """Return the number of the i-th user of a site, which is the base of the i-th extension."""
    return str(200 + i)


def extension(i: int, base: str | None, *, module: str = "BD", port: int | None = None, kind: int = 0) -> SiteExtension:
    """Return an extension as an export lists it."""
    return SiteExtension(
        extension_id=i,
        module=module,
        port=i if port is None else port,
        kind=kind,
        base_extension=base,
        source="",
    )


def user(
    name: str,
    number: str | None,
    *,
    full_name: str | None = None,
    login_code: bool | None = False,
    forced: bool | None = None,
) -> SiteUser:
    """Return a user as an export lists them."""
    return SiteUser(
        name=name,
        number=number,
        full_name=full_name,
        has_login_code=login_code,
        forced_login=forced,
        source="",
    )


def site(n: int, *, also: Sequence[SiteExtension] = (), and_users: Sequence[SiteUser] = ()) -> Site:
    """Return n users with their extensions, and whatever else there is."""
    return Site(
        extensions=(*(extension(i, number_of(i)) for i in range(1, n + 1)), *also),
        users=(*(user(f"U{i}", number_of(i)) for i in range(1, n + 1)), *and_users),
    )


def a_system(*, release: str = "11.1", by: BaseExtensionBy = "merge") -> Story:
    """Return a story that begins with a system nothing is known of."""
    story = Story()
    story.happens(e.SystemAdded(release, "UTC", by, "*36"), at=0)
    return story


def a_site(
    n: int,
    *,
    by: BaseExtensionBy = "merge",
    release: str = "11.1",
    forced: Sequence[str] = (),
    codes: Sequence[str] = (),
    also: Sequence[SiteExtension] = (),
    and_users: Sequence[SiteUser] = (),
) -> Story:
    """Return a story that begins with users U1, U2, ... (201, 202, ...), each at their base, extension 1, 2, ..."""
    story = a_system(release=release, by=by)
    story.observe(site(n, also=also, and_users=and_users), at=0)
    for name in people(n):
        if name in forced or name in codes:
            story.flag(name, forced_login=name in forced, login_code=name in codes)
    return story


def exported(story: Story, **bases: str | None) -> Site:
    """Return the site as a fresh export would list it, with some base extensions otherwise (`e3="205"`)."""
    said = {i: known.base for i, known in story.system.extensions.items()}
    said.update({int(key[1:]): base for key, base in bases.items()})
    known_extensions = story.system.extensions
    return Site(
        extensions=tuple(
            extension(i, base, module=known_extensions[i].module, port=known_extensions[i].port)
            if i in known_extensions
            else extension(i, base)
            for i, base in said.items()
        ),
        users=tuple(user(u.name, u.number, login_code=None) for u in story.system.users.values()),
    )


def rotation(numbers: Sequence[int]) -> dict[int, str | None]:
    """Return the moves by which each extension gets the base of the next one, and the last that of the first."""
    return {i: number_of(following) for i, following in zip(numbers, [*numbers[1:], numbers[0]], strict=True)}


def folded(facts: Sequence[e.Fact]) -> System:
    """Return the system that these facts leave, told from the beginning."""
    system = System("hq")
    for fact in facts:
        fold.apply(system, fact)
    return system.copy()


def state_of(system: System) -> dict[str, Any]:
    """Return all that a system is, as plain values to compare: nothing in it changes when the system does."""
    plain: dict[str, Any] = msgspec.to_builtins(
        {
            "name": system.name,
            "key": system.key,
            "version": system.version,
            "settings": system.settings,
            "extensions": system.extensions,
            "users": system.users,
            "open": {n: b for n, b in system.open.items() if b.status in {"draft", "sent"}},
            "last_batch": system.last_batch,
            "baseline": system.baseline,
            "floor": system.floor,
            "by_number": system.by_number,
            "homes": {number: system.homes(number) for number in sorted(homes_known(system))},
            "restless": {n: sorted(found) for n, found in restless(system).items()},
        }
    )
    return plain


def homes_known(system: System) -> set[str]:
    """Return every number that the index of base extensions knows."""
    return set(system._homes)  # noqa: SLF001 - an index, to be compared with a recount


def restless(system: System) -> dict[int, set[int]]:
    """Return the extensions not yet at rest, by batch, as the system keeps them."""
    return system.restless


def encoded(fact: e.Fact) -> bytes:
    """Return a fact as bytes, to see that it never changes."""
    return msgspec.json.encode([fact.name, fact])
