"""What to know before a batch is sent, though no rule forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ipo_ledger.domain.batch import bases_twice, shown
from ipo_ledger.domain.records import IP_KINDS, Batch, Change, User
from ipo_ledger.domain.system import System

LONGEST_BASE = 9  # R9.x; longer ones are accepted by other releases
LONGEST_IP_BASE = 7  # recommended for IP phones


class Warned(Struct, frozen=True):
    """One warning: a stable code, and a sentence."""

    code: str
    message: str


def about(system: System, batch: Batch, unchanged: Sequence[int] = ()) -> list[Warned]:
    """Return what to know of a batch, as the system is now."""
    found = [Warned("unchanged", f"extension {i} has that base extension already: left out") for i in unchanged]
    if batch.status == "draft":
        found += [
            Warned("base-extension-conflict", f"{base} is the base of {len(ids)} extensions: {_ids(ids)}")
            for base, ids in sorted(bases_twice(system, batch).items())
        ]
    for change in batch.changes.values():
        found.extend(_about_base(system, change))
    if batch.status in {"draft", "sent"}:
        for user in _movers(system, batch):
            found.extend(_about_mover(user))
    return found


def _about_base(system: System, change: Change) -> Iterator[Warned]:
    extension = system.extensions.get(change.extension_id)
    if extension is None:
        return
    if change.new is None:
        if extension.kind in IP_KINDS:  # C8
            yield Warned(
                "blank-ip-base", f"extension {change.extension_id} is an IP phone: release 12.3 wants a base there"
            )
        return
    longest = LONGEST_IP_BASE if extension.kind in IP_KINDS else LONGEST_BASE
    if len(change.new) > longest:
        yield Warned(
            "long-base-extension",
            f"{shown(change.new)} at extension {change.extension_id} is longer than {longest} digits",
        )
    if system.user_with(change.new) is None:
        yield Warned(
            "nobody-has-number",
            f"no user has the number {change.new}: extension {change.extension_id} will have no default user",
        )


def _movers(system: System, batch: Batch) -> list[User]:
    seated = (system.extensions[i].user for i in batch.changes if i in system.extensions)
    names = {name for name in seated if name is not None}
    for change in batch.changes.values():
        comes = system.user_with(change.new)
        if comes is not None:
            names.add(comes.name)
    return [system.users[name] for name in sorted(names)]


def _about_mover(user: User) -> Iterator[Warned]:
    if not user.has_login_code and user.extension_id is not None:  # C2
        yield Warned(
            "no-login-code",
            f"{user.name} has no login code: dial the short code, the phone's menu may hide Log Out",
        )
    if user.forced_login:
        yield Warned("forced-login", f"{user.name} is Force Login: they have to log in by hand at their new phone")


def _ids(ids: Sequence[int]) -> str:
    return ", ".join(str(i) for i in ids)
