"""Taking in what a site says of itself: the baseline, and later what changed since.

The first export seats everyone at their base. A later one records what differs; differing base extensions become
an observed batch, in force as of the export, which can be rolled back like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from ipo_ledger.domain import events as e
from ipo_ledger.domain import hot_desking
from ipo_ledger.domain.batch import Move, draft, send
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.refusals import NothingToChange
from ipo_ledger.domain.site import Site, SiteExtension, SiteUser
from ipo_ledger.domain.system import System
from ipo_ledger.domain.warnings import Warned
from ipo_ledger.errors import Refused


class NumberTwice(Refused):
    """After this import two users would have the same number."""

    code = "number-twice"
    says = "Nothing was imported, for two users would have one number: {listing}."
    way_out = "Export the users again, all of them, or correct the one that is wrong in Manager first."


class Drift(Struct, frozen=True):
    """One base extension that an export says otherwise than the ledger."""

    extension_id: int
    ledger: str | None
    export: str | None


class Observed(Struct, frozen=True, kw_only=True):
    """What an import recorded, by count, and what it left alone. Ids and names are sorted."""

    extensions_added: int
    extensions_changed: int
    users_added: int
    users_changed: int
    users_renumbered: int
    seated: int
    batch: int | None
    missing_extensions: tuple[int, ...]
    missing_users: tuple[str, ...]
    extensions_removed: tuple[int, ...]
    users_removed: tuple[str, ...]


def observe(entry: Entry, site: Site, *, title: str, removed: bool = False) -> Observed:
    """Record what `site` says that the ledger does not know yet. Raises `NumberTwice`.

    What it lacks is left as it is or, where it lists everything (`removed`), recorded as no longer there.
    """
    missing = _missing_extensions(entry.system, site), _missing_users(entry.system, site)
    if removed:
        _remove(entry, *missing)
    _refuse_shared_numbers(entry.system, site.users or ())
    added, changed = _take_in_extensions(entry, site.extensions or ())
    new_users, users_changed, renumbered = _take_in_users(entry, site.users or ())
    batch = _take_in_bases(entry, site.extensions or (), title)
    seated = come_back(entry)
    return Observed(
        extensions_added=added,
        extensions_changed=changed,
        users_added=new_users,
        users_changed=users_changed,
        users_renumbered=renumbered,
        seated=seated,
        batch=batch,
        missing_extensions=() if removed else missing[0],
        missing_users=() if removed else missing[1],
        extensions_removed=missing[0] if removed else (),
        users_removed=missing[1] if removed else (),
    )


def come_back(entry: Entry) -> int:
    """Seat whoever an import found at their base, then return who was moved by what it removed.

    What was found and what was removed is what the entry recorded so far. Returns how many were seated.
    """
    facts = list(entry.facts)
    for fact in facts:
        if isinstance(fact.event, e.ExtensionAdded):
            hot_desking.return_phone(entry, fact.event.extension_id, fact, "baseline")
    for fact in facts:
        if isinstance(fact.event, e.UserAdded):
            hot_desking.return_person(entry, fact.event.user, fact, "baseline")
    seated = len(entry.facts) - len(facts)
    _return_who_was_moved(entry, facts)
    return seated


def drift(system: System, extensions: Sequence[SiteExtension]) -> list[Drift]:
    """Return every base extension that differs between an export and what is in force, by extension id."""
    found = []
    for said in sorted(extensions, key=lambda s: s.extension_id):
        known = system.extensions.get(said.extension_id)
        if known is not None and known.base != said.base_extension:
            found.append(Drift(said.extension_id, known.base, said.base_extension))
    return found


def about(system: System, found: Observed) -> list[Warned]:
    """Return what to know of what an import found: drafts it crossed, and who could not be seated."""
    warned = []
    observed = system.open.get(found.batch) if found.batch is not None else None
    for change in observed.changes.values() if observed is not None else ():
        holder = system.holder(change.extension_id)
        if holder is not None:
            same = holder.changes[change.extension_id].new == change.new
            what = "the same: if it was sent, record its send next time" if same else "otherwise: it is stale now"
            warned.append(
                Warned("crosses-draft", f"{holder.name} drafts extension {change.extension_id} too, and says {what}")
            )
    for number in sorted({x.base for x in system.extensions.values() if x.base is not None}):
        if len(system.homes(number)) > 1:
            ids = ", ".join(str(i) for i in system.homes(number))
            warned.append(
                Warned(
                    "base-extension-twice",
                    f"{number} is the base of extensions {ids}: its user is logged in nowhere automatically",
                )
            )
    return warned


def _take_in_extensions(entry: Entry, extensions: Sequence[SiteExtension]) -> tuple[int, int]:
    added = changed = 0
    for said in sorted(extensions, key=lambda s: s.extension_id):
        known = entry.system.extensions.get(said.extension_id)
        if known is None:
            added += 1
            entry.happens(
                e.ExtensionAdded(said.extension_id, said.module, said.port, said.kind, None, said.base_extension)
            )
            continue
        kind = said.kind if said.kind is not None else known.kind
        if (known.module, known.port, known.kind) != (said.module, said.port, kind):
            changed += 1
            entry.happens(e.ExtensionChanged(said.extension_id, said.module, said.port, kind, known.label))
    return added, changed


def _remove(entry: Entry, extension_ids: Sequence[int], users: Sequence[str]) -> None:
    """Record that extensions and users are no longer there; who sat there, or where they sat, is left first."""
    system = entry.system
    sat = [system.extensions[i].user for i in extension_ids]
    for name in sorted({*users, *(user for user in sat if user is not None)}):
        hot_desking.leave_removed(entry, name)
    for name in users:
        entry.happens(e.UserRemoved(name))
    for extension_id in extension_ids:
        entry.happens(e.ExtensionRemoved(extension_id))


def _return_who_was_moved(entry: Entry, facts: Sequence[e.Fact]) -> None:
    """Return the phones that lost their person, and the people who lost their phone."""
    left = [f.event for f in facts if isinstance(f.event, e.UserLoggedOut) and f.event.cause == "removed"]
    phone_of, person_at = {x.user: x.extension_id for x in left}, {x.extension_id: x.user for x in left}
    people = {f.event.user: f for f in facts if isinstance(f.event, e.UserRemoved)}
    phones = {f.event.extension_id: f for f in facts if isinstance(f.event, e.ExtensionRemoved)}
    for name, fact in people.items():
        if name in phone_of and phone_of[name] not in phones:
            hot_desking.return_phone(entry, phone_of[name], fact)
    for extension_id, fact in phones.items():
        if extension_id in person_at and person_at[extension_id] not in people:
            hot_desking.return_person(entry, person_at[extension_id], fact)


def _take_in_users(entry: Entry, users: Sequence[SiteUser]) -> tuple[int, int, int]:
    added = changed = renumbered = 0
    for said in sorted(users, key=lambda s: s.name):
        known = entry.system.users.get(said.name)
        if known is None:
            added += 1
            entry.happens(
                e.UserAdded(
                    said.name,
                    said.number,
                    said.full_name or None,
                    bool(said.has_login_code),
                    bool(said.forced_login),
                )
            )
            continue
        full_name = known.full_name if said.full_name is None else said.full_name or None
        code = known.has_login_code if said.has_login_code is None else said.has_login_code
        forced = known.forced_login if said.forced_login is None else said.forced_login
        if (full_name, code, forced) != (known.full_name, known.has_login_code, known.forced_login):
            changed += 1
            entry.happens(e.UserChanged(said.name, full_name, code, forced))
        if said.number != known.number:
            renumbered += 1
            entry.happens(e.UserRenumbered(said.name, known.number, said.number))
    return added, changed, renumbered


def _take_in_bases(entry: Entry, extensions: Sequence[SiteExtension], title: str) -> int | None:
    moves = [Move(d.extension_id, d.export) for d in drift(entry.system, extensions)]
    if not moves:
        return None
    try:
        drafted = draft(entry, moves, title=title, observed=True)
    except NothingToChange:
        return None
    send(entry, drafted.number, "observed", with_conflicts=True)
    return drafted.number


def _refuse_shared_numbers(system: System, users: Sequence[SiteUser]) -> None:
    numbers = {user.name: user.number for user in system.users.values()}
    numbers.update({said.name: said.number for said in users})
    shared = [n for n, times in Counter(numbers.values()).items() if n is not None and times > 1]
    if shared:
        listing = "; ".join(
            f"{number} would be the number of " + " and ".join(sorted(u for u, n in numbers.items() if n == number))
            for number in sorted(shared)
        )
        raise NumberTwice(listing=listing)


def _missing_extensions(system: System, site: Site) -> tuple[int, ...]:
    if site.extensions is None:
        return ()
    return tuple(sorted(system.extensions.keys() - {s.extension_id for s in site.extensions}))


def _missing_users(system: System, site: Site) -> tuple[str, ...]:
    if site.users is None:
        return ()
    return tuple(sorted(system.users.keys() - {s.name for s in site.users}))
