"""The events: what can happen to one IP Office, spelled out so that a reader of them needs no rules.

Names in the store are the strings of `STORED_NAMES`, never class paths: renaming a class orphans no history.
Every name has a schema version; a new field gets a default, a changed meaning gets a new version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from ipo_ledger.domain.records import BaseExtensionBy, Mode, Outcome

LogOutCause: TypeAlias = Literal["dialled", "displaced", "moved", "restart", "removed"]
LogInCause: TypeAlias = Literal["automatic", "dialled", "restart", "baseline"]


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """What every event is: an immutable value."""


class SystemAdded(Event, frozen=True):
    """A telephone system is kept in this ledger from now on."""

    release: str
    timezone: str
    base_extension_by: BaseExtensionBy
    logout_code: str


class SystemChanged(Event, frozen=True):
    """The settings of a system, as they are from now on (all of them)."""

    release: str
    timezone: str
    base_extension_by: BaseExtensionBy
    logout_code: str


class ExtensionAdded(Event, frozen=True):
    """A port or IP phone exists, with this base extension in force (None: blank)."""

    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None
    base: str | None


class ExtensionChanged(Event, frozen=True):
    """Where an extension is, what kind it is, and what its desk is called, from now on (all of it)."""

    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None


class ExtensionRemoved(Event, frozen=True):
    """An extension is no longer there."""

    extension_id: int


class UserAdded(Event, frozen=True):
    """A user exists. The login code itself is never recorded, only whether there is one."""

    user: str
    number: str | None
    full_name: str | None
    has_login_code: bool
    forced_login: bool


class UserChanged(Event, frozen=True):
    """What is known of a user beside name and number, from now on (all of it)."""

    user: str
    full_name: str | None
    has_login_code: bool
    forced_login: bool


class UserRenumbered(Event, frozen=True):
    """A user's number changed. Base extensions do not follow (a renumber is not a swap)."""

    user: str
    old: str | None
    new: str | None


class UserRemoved(Event, frozen=True):
    """A user is no longer there."""

    user: str


class BatchOpened(Event, frozen=True):
    """A batch of changes that are sent together is begun.

    `reverses` names the batches it takes back; `part` the extensions, where it takes back only a part.
    """

    batch: int
    title: str
    reverses: tuple[int, ...] = ()
    part: tuple[int, ...] = ()
    observed: bool = False


class BaseExtensionChanged(Event, frozen=True):
    """A draft says that this extension's base is `new` where it was `old` (None: blank). Not in force yet."""

    batch: int
    extension_id: int
    old: str | None
    new: str | None


class BatchAbandoned(Event, frozen=True):
    """A draft is given up; it never took effect."""

    batch: int


class ConfigurationSent(Event, frozen=True):
    """The configuration with a batch's changes was sent. `in_force`: at once, or at the next restart.

    `conflicts` are the numbers that were the base of several extensions in what was sent.
    """

    batch: int
    mode: Mode
    outcome: Outcome
    in_force: bool
    conflicts: tuple[str, ...] = ()


class SystemRestarted(Event, frozen=True):
    """The system restarted; `in_force` are the batches that had waited for it, in the order they were sent."""

    in_force: tuple[int, ...] = ()


class UserLoggedOut(Event, frozen=True):
    """A user left an extension; its phone shows NoUser until somebody is logged in there."""

    user: str
    number: str | None
    extension_id: int
    cause: LogOutCause


class UserLoggedIn(Event, frozen=True):
    """A user is seated at an extension."""

    user: str
    number: str | None
    extension_id: int
    cause: LogInCause


class ExtensionStands(Event, frozen=True):
    """An extension as it is once a correction took facts off it: who sits there since when, and its base in force.

    The positions are those of the facts that made it so, `last_*` the last fact that still stands of it.
    """

    extension_id: int
    user: str | None
    since: datetime
    seat_position: int
    base: str | None
    base_batch: int | None
    base_position: int
    last_at: datetime
    last_position: int
    last_name: str


class UserStands(Event, frozen=True):
    """A user as they are once a correction took facts off them."""

    user: str
    number: str | None
    number_position: int
    extension_id: int | None
    since: datetime
    place_position: int
    last_at: datetime
    last_position: int
    last_name: str


class BatchStands(Event, frozen=True):
    """How far a batch is once a correction took facts of it away. `sent`: its send still stands."""

    batch: int
    status: Literal["draft", "sent"]
    sent: bool
    in_force_at: datetime | None
    in_force_position: int | None
    last_at: datetime
    last_position: int
    last_name: str


class FloorStands(Event, frozen=True):
    """The last restart that still stands (None: none)."""

    at: datetime | None = None
    position: int | None = None


class Corrected(Event, frozen=True):
    """What is recorded at the positions `took` did not happen, or not so; the facts that follow say what did.

    `target` is the fact that was named, with its `type`, its user, extension and batch where it has them. `how`: it
    never happened; it happened `otherwise`; or, where `target` is a correction itself, what that took away stands
    `again`. What was touched is spelled out as it stands now.
    """

    target: int
    type: str
    how: Literal["never", "otherwise", "again"]
    took: tuple[int, ...]
    extensions: tuple[ExtensionStands, ...] = ()
    users: tuple[UserStands, ...] = ()
    batches: tuple[BatchStands, ...] = ()
    floor: FloorStands | None = None
    user: str | None = None
    extension_id: int | None = None


# The name under which each event is stored, and its schema version. Append here; never rename, never reuse.
STORED_NAMES: dict[type[Event], tuple[str, int]] = {
    SystemAdded: ("SystemAdded", 1),
    SystemChanged: ("SystemChanged", 1),
    ExtensionAdded: ("ExtensionAdded", 1),
    ExtensionChanged: ("ExtensionChanged", 1),
    ExtensionRemoved: ("ExtensionRemoved", 1),
    UserAdded: ("UserAdded", 1),
    UserChanged: ("UserChanged", 1),
    UserRenumbered: ("UserRenumbered", 1),
    UserRemoved: ("UserRemoved", 1),
    BatchOpened: ("BatchOpened", 1),
    BaseExtensionChanged: ("BaseExtensionChanged", 1),
    BatchAbandoned: ("BatchAbandoned", 1),
    ConfigurationSent: ("ConfigurationSent", 1),
    SystemRestarted: ("SystemRestarted", 1),
    UserLoggedOut: ("UserLoggedOut", 1),
    UserLoggedIn: ("UserLoggedIn", 1),
    Corrected: ("Corrected", 1),
}


NAMES: dict[type[Event], str] = {kind: name for kind, (name, _) in STORED_NAMES.items()}


class Fact(Struct, frozen=True, kw_only=True):
    """An event as the ledger keeps it: what happened, when it was true, when it was learned, by whom and why.

    `position` counts 1, 2, 3, ... over the whole ledger without gaps, in commit order; `version` within the
    system. `occurred_at` and `recorded_at` are aware UTC datetimes; `recorded_at` is the store's clock.
    `caused_by` is the position of the event that made this one happen.
    """

    position: int
    system: str
    version: int
    event: Event
    occurred_at: datetime
    actor: str
    command_id: str
    reason: str | None = None
    ticket: str | None = None
    batch: int | None = None
    caused_by: int | None = None
    recorded_at: datetime | None = None

    @property
    def name(self) -> str:
        """Return the stable name of the event."""
        return NAMES[type(self.event)]

    @property
    def originator_id(self) -> str:
        """Return the stream, as the eventsourcing library calls it: one a system."""
        return self.system

    @property
    def originator_version(self) -> int:
        """Return the place in the stream, as the eventsourcing library calls it."""
        return self.version

    def recorded_with(self, other: Fact) -> bool:
        """Tell whether one command recorded this fact and another near it."""
        return (self.system, self.command_id, self.recorded_at) == (other.system, other.command_id, other.recorded_at)
