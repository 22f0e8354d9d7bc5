"""The life of a batch: drafted, sent, settled, or abandoned (docs/concepts.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ipo_ledger.domain import hot_desking
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import (
    BaseExtensionChanged,
    BatchAbandoned,
    BatchOpened,
    ConfigurationSent,
    Fact,
)
from ipo_ledger.domain.records import Batch, Change, Mode, Settings, User
from ipo_ledger.domain.system import System

_BASE = re.compile(r"[0-9]{2,15}", re.ASCII)


class Move(Struct, frozen=True):
    """What somebody wants: this extension gets this base (None: blank). `where` names the line it stands on."""

    extension_id: int
    base: str | None
    where: str = ""


class Drafted(Struct, frozen=True):
    """What came of drafting: the batch, and the rows left out because they would change nothing."""

    number: int
    unchanged: tuple[int, ...] = ()


def checked_base(text: str | None) -> str | None:
    """Return a base extension as given, blank as None. Raises `BadBase`: 2 to 15 digits (Manager R9.x)."""
    if text is None or text in {"", "-"}:
        return None
    if not _BASE.fullmatch(text):
        raise r.BadBase(asked=text)
    return text


def home_to_swap(system: System, user: User) -> int:
    """Return the extension that has this user's number as base in force.

    Raises `NoNumber`, `NoHome`, or `TwoHomes` when several have it.
    """
    if user.number is None:
        raise r.NoNumber(user=user.name)
    homes = system.homes(user.number)
    if not homes:
        raise r.NoHome(system=system.name, user=user.name, number=user.number)
    if len(homes) > 1:
        listed = " and of ".join(f"extension {i}" for i in homes)
        raise r.TwoHomes(system=system.name, user=user.name, number=user.number, extensions=listed)
    return homes[0]


def swap_moves(system: System, one: User, other: User) -> list[Move]:
    """Return the two moves by which two users' extensions trade base extensions (SWAP, steps 1 and 2)."""
    if one.name == other.name:
        raise r.SameUser(user=one.name)
    first, second = home_to_swap(system, one), home_to_swap(system, other)
    return [Move(first, other.number), Move(second, one.number)]


def draft(  # noqa: PLR0913 - everything that is said of a batch when it is opened
    entry: Entry,
    moves: Sequence[Move],
    *,
    title: str,
    into: int | None = None,
    reverses: tuple[int, ...] = (),
    part: tuple[int, ...] = (),
    observed: bool = False,
) -> Drafted:
    """Draft the moves, into a new batch or into draft `into`. Rows that change nothing are left out and said.

    Raises `ExtensionHeld`, `NothingToChange`, `NotADraft`.
    """
    system = entry.system
    drafted = _draft_called(system, into, "changed") if into is not None else None
    effective, unchanged = [], []
    said: dict[int, str | None] = {}  # by the rows so far: several rows for one extension follow each other
    for move in moves:
        # What was observed is in force whatever a draft says: the draft is stale then, and its send will say so.
        holder = system.holder(move.extension_id) if not observed else None
        if holder is not None and holder.number != into:
            raise r.ExtensionHeld(
                system=system.name,
                extension_id=move.extension_id,
                holder=holder.name,
                status=holder.status,
                title=holder.title,
            )
        before = said.get(move.extension_id, base_said(system, drafted, move.extension_id))
        if before == move.base:
            unchanged.append(move.extension_id)
        else:
            effective.append(Change(move.extension_id, before, move.base))
            said[move.extension_id] = move.base
    nothing_left = all(base_said(system, drafted, i) == base for i, base in said.items())
    if nothing_left:  # no row says anything new, or the rows cancel out
        raise r.NothingToChange(system=system.name, why=_why_nothing(moves))
    number = into if into is not None else system.last_batch + 1
    if into is None:
        entry.happens(BatchOpened(number, title, reverses, part, observed), batch=number)
    for change in effective:
        entry.happens(BaseExtensionChanged(number, change.extension_id, change.old, change.new), batch=number)
    return Drafted(number, tuple(unchanged))


def base_said(system: System, draft_: Batch | None, extension_id: int) -> str | None:
    """Return the base extension that a draft says, or else the one in force."""
    if draft_ is not None and extension_id in draft_.changes:
        return draft_.changes[extension_id].new
    return system.extensions[extension_id].base


def send(entry: Entry, number: int, mode: Mode, *, with_conflicts: bool = False) -> Fact:
    """Record that the configuration was sent with this batch in it. A merge moves nobody (SWAP, step 3).

    Raises `NotADraft`, `EmptyDraft`, `StaleDraft`, `MergeRefused`, `BaseTwice`.
    """
    system = entry.system
    batch = _draft_called(system, number, "sent")
    if not batch.changes:
        raise r.EmptyDraft(batch=batch.name)
    _refuse_stale(system, batch)
    if mode == "merge" and system.settings is not None and _by_reboot(system.settings):
        why = " (always before release 4.2)" if takes_only_reboot(system.settings.release) else ""
        raise r.MergeRefused(system=system.name, release=system.settings.release, why=why, batch=batch.name)
    twice = bases_twice(system, batch)
    if twice and not with_conflicts:
        listing = "; ".join(f"{base} would be the base of {_listed(ids)}" for base, ids in sorted(twice.items()))
        raise r.BaseTwice(batch=batch.name, listing=listing)
    at_once = mode in {"merge", "immediate", "observed"}
    sent = entry.happens(
        ConfigurationSent(
            number,
            mode,
            "conflicts" if twice else "clean",
            at_once,
            tuple(sorted(twice)),
        ),
        batch=number,
    )
    if mode == "immediate":
        hot_desking.restart(entry, because=sent)
    return sent


def abandon(entry: Entry, number: int) -> Fact:
    """Record that a draft is given up. Raises `NotADraft`."""
    _draft_called(entry.system, number, "abandoned")
    return entry.happens(BatchAbandoned(number), batch=number)


def finish(entry: Entry, number: int) -> None:
    """Record the send of a draft and every log-out it asks for, for work already finished (`--done`)."""
    settings = entry.system.settings
    by_reboot = settings is not None and _by_reboot(settings)
    send(entry, number, "immediate" if by_reboot else "merge")
    for waiting in entry.system.waiting(entry.system.open[number]):
        user = entry.system.users[waiting.user]
        if waiting.waiting_for == "log-out" and user.extension_id == waiting.extension_id:
            hot_desking.log_out(entry, user.name)


def bases_twice(system: System, batch: Batch) -> dict[str, tuple[int, ...]]:
    """Return every number that would be the base of several extensions, were this batch in force too.

    What would be in force is what is, then the sent batches that wait for their restart, then this one.
    """
    said: dict[int, str | None] = {}
    for other in system.open.values():
        if other.waits_for_restart and other.number != batch.number:
            said.update((i, c.new) for i, c in other.changes.items() if i in system.extensions)
    said.update((i, c.new) for i, c in batch.changes.items() if i in system.extensions)
    getting: dict[str, list[int]] = {}
    for extension_id, base in said.items():
        if base is not None:
            getting.setdefault(base, []).append(extension_id)
    twice = {}
    for number in getting.keys() | system.shared:
        holders = [i for i in system.homes(number) if i not in said] + getting.get(number, [])
        if len(holders) > 1:
            twice[number] = tuple(sorted(holders))
    return twice


def cycles(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the connected components of changes: two belong together when they share a number."""
    components: list[list[Change]] = []
    at: dict[str, int] = {}
    for change in changes:
        numbers = [n for n in (change.old, change.new) if n is not None]
        touching = sorted({at[n] for n in numbers if n in at})
        if not touching:
            home = len(components)
            components.append([])
        else:
            home = touching[0]
            for other in touching[1:]:
                components[home].extend(components[other])
                for moved in components[other]:
                    at.update((n, home) for n in (moved.old, moved.new) if n is not None)
                components[other] = []
        components[home].append(change)
        at.update((n, home) for n in numbers)
    return [component for component in components if component]


def _by_reboot(settings: Settings) -> bool:
    """Tell whether base extensions change by a reboot here: by setting, and always before release 4.2 (C1)."""
    return settings.base_extension_by == "reboot" or takes_only_reboot(settings.release)


def takes_only_reboot(release: str) -> bool:
    """Tell whether a release is before 4.2, which takes base extension changes by reboot only (C1, SWAP)."""
    return release_numbers(release) < (4, 2)


def release_numbers(release: str) -> tuple[int, ...]:
    """Return a release by its numbers: `8.1(69)` is (8, 1, 69). Raises `BadSetting` where there is none."""
    if not re.fullmatch(r"\s*[Rr]?[0-9]+([.( ][0-9]+\)?)*\s*", release, re.ASCII):
        raise r.BadSetting(
            what="release", asked=release, why="a release is numbers, such as 4.2, 8.1(69) or 11.1.2.1.0"
        )
    return tuple(int(n) for n in re.findall(r"[0-9]+", release))


def _draft_called(system: System, number: int, verb: str) -> Batch:
    batch = system.open.get(number)
    if batch is None or batch.status != "draft":
        status = "closed" if batch is None else batch.status
        raise r.NotADraft(system=system.name, batch=f"B{number}", status=status, verb=verb)
    return batch


def _refuse_stale(system: System, batch: Batch) -> None:
    stale = []
    for change in batch.changes.values():
        extension = system.extensions.get(change.extension_id)
        if extension is None:
            stale.append(f"extension {change.extension_id} was removed")
        elif extension.base != change.old:
            by = f"B{extension.base_batch}" if extension.base_batch is not None else "the import"
            stale.append(
                f"it expects {shown(change.old)} at extension {change.extension_id}, but {by} put "
                f"{shown(extension.base)} there (event {extension.base_position})"
            )
    if stale:
        raise r.StaleDraft(system=system.name, batch=batch.name, listing="; ".join(stale))


def _why_nothing(moves: Sequence[Move]) -> str:
    if not moves:
        return "the list is empty"
    said = [f"extension {m.extension_id} has {shown(m.base)} already" for m in moves[:5]]
    rest = f", and {len(moves) - len(said)} more likewise" if len(moves) > len(said) else ""
    return ", ".join(said) + rest


def _listed(ids: Sequence[int]) -> str:
    words = [f"extension {i}" for i in ids]
    return ", ".join(words[:-1]) + " and " + words[-1]


def shown(base: str | None) -> str:
    """Return a base extension as people read it."""
    return base if base is not None else "blank"
