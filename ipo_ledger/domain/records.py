"""What is known of an extension, a user and a batch at one moment: plain frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

BaseExtensionBy: TypeAlias = Literal["merge", "reboot"]
Mode: TypeAlias = Literal["merge", "immediate", "when-free", "timed", "observed"]
Outcome: TypeAlias = Literal["clean", "conflicts"]
Status: TypeAlias = Literal["draft", "sent", "settled", "abandoned"]

# Kinds of extension in the Management API (`TypeInfo`); the first is wired, the others are IP or DECT.
WIRED = 0
IP_KINDS = frozenset({1, 3})


class Mark(Struct, frozen=True):
    """The last fact recorded of an extension or a user: nothing dated before it can follow."""

    at: datetime
    position: int
    name: str


class Settings(Struct, frozen=True):
    """What the ledger knows of a system as a whole."""

    release: str
    timezone: str
    base_extension_by: BaseExtensionBy
    logout_code: str


class Extension(Struct, frozen=True):
    """One port or IP phone. `base` is in force; `user` is seated there since `since` (None: vacant).

    `base_position` and `seat_position` are the facts that made them so.
    """

    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None
    base: str | None
    base_batch: int | None
    base_position: int
    user: str | None
    since: datetime
    seat_position: int
    last: Mark

    @property
    def wired(self) -> bool:
        """Tell a wired port (module and port are unique) from an IP phone (module 0, port 0)."""
        return (self.module, self.port) != ("0", 0)


class User(Struct, frozen=True):
    """One user. `extension_id` is where they are seated (None: off the air).

    `place_position` and `number_position` are the facts that put them there, and gave them their number.
    """

    name: str
    number: str | None
    full_name: str | None
    has_login_code: bool
    forced_login: bool
    extension_id: int | None
    since: datetime
    place_position: int
    number_position: int
    last: Mark


class Change(Struct, frozen=True):
    """One base extension change of a batch: from `old` to `new` (None: blank)."""

    extension_id: int
    old: str | None
    new: str | None

    @property
    def inverse(self) -> Change:
        """Return the change that takes this one back."""
        return Change(self.extension_id, self.new, self.old)


def numbers_in(changes: Iterable[Change]) -> set[str]:
    """Return the numbers that changes put somewhere, or take away."""
    return {number for change in changes for number in (change.old, change.new) if number is not None}


class Send(Struct, frozen=True):
    """One sending of the configuration with a batch in it."""

    at: datetime
    position: int
    mode: Mode
    outcome: Outcome
    conflicts: tuple[str, ...]
    actor: str


class Batch(Struct, frozen=True, kw_only=True):
    """A batch of changes that are sent together. `changes` are net: one an extension, none that changes nothing.

    `in_force_at` is when its changes took effect on the system (None: not yet, or never).
    `reversed_by` are the batches opened to reverse it, whatever became of them.
    """

    number: int
    status: Status
    title: str
    observed: bool
    opened_at: datetime
    opened_position: int
    actor: str
    reason: str | None
    ticket: str | None
    last: Mark
    reverses: tuple[int, ...] = ()
    part: tuple[int, ...] = ()  # of what it reverses, only these extensions (empty: all)
    reversed_by: tuple[int, ...] = ()
    changes: dict[int, Change] = {}  # by extension id, in order of first touch; msgspec copies the default
    sends: tuple[Send, ...] = ()
    in_force_at: datetime | None = None
    in_force_position: int | None = None
    settled_at: datetime | None = None
    settled_position: int | None = None

    @property
    def name(self) -> str:
        """Return the id people use, `B12`."""
        return f"B{self.number}"

    @property
    def numbers(self) -> set[str]:
        """Return the numbers that it gives an extension, or takes off it."""
        return numbers_in(self.changes.values())

    @property
    def order(self) -> tuple[int, int]:
        """Return its place among the batches in force: by the event that put it there, then by its send."""
        return (self.in_force_position or 0, self.sends[-1].position if self.sends else 0)

    @property
    def in_force(self) -> bool:
        """Tell whether its changes took effect on the system."""
        return self.in_force_position is not None

    @property
    def waits_for_restart(self) -> bool:
        """Tell whether it was sent by a mode that takes effect at the next restart, which has not come yet."""
        return self.status == "sent" and not self.in_force

    @property
    def pending_in_configuration(self) -> bool:
        """Tell whether it holds its extensions: a draft, or sent and waiting for the restart."""
        return self.status == "draft" or self.waits_for_restart


class Waiting(Struct, frozen=True):
    """One extension that a batch in force still waits for: somebody has to log out there, or to log in."""

    extension_id: int
    waiting_for: Literal["log-out", "log-in"]
    user: str
    number: str | None
    by_hand: bool
    seated_at: int | None
