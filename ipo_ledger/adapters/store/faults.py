"""What can be wrong with a store: one class each (see `ipo_ledger.errors`). URLs in them bear no password."""

from __future__ import annotations

import re
from typing import Any

from ipo_ledger.errors import Malformed, OutcomeUnknown, StoreDamaged, StoreUnusable

_LONGEST = 500  # characters of a URL that are repeated where it is none
_PLAIN = re.compile(r"[\w:/@.,%+=~-]*")


def in_a_command(url: str) -> str:
    """Return a URL as it is written in a command: quoted where a shell would mind it."""
    return url if _PLAIN.fullmatch(url) else f'"{url}"'


class StoreFault(StoreUnusable):
    """Something is wrong at a URL; in the commands of the way out it is quoted where a shell needs it."""

    def __init__(self, *, url: str, hint: str | None = None, **details: Any) -> None:
        """Fill in the sentence and the way out."""
        way_out = hint if hint is not None else self.way_out.format(url=in_a_command(url), **details)
        super().__init__(hint=way_out, url=url, **details)


class BadLedgerUrl(Malformed):
    """What was given with --ledger or IPO_LEDGER_URL is no ledger URL of any form that is known."""

    code = "bad-ledger-url"
    says = "{url} is no ledger URL: {why}."
    way_out = "Use sqlite:///PATH or postgresql://USER@HOST/DATABASE, with --ledger or IPO_LEDGER_URL."

    def __init__(self, *, url: str, hint: str | None = None, **details: Any) -> None:
        """Fill in the sentence; of what is far too long for a URL its beginning will do."""
        super().__init__(hint=hint, url=url if len(url) <= _LONGEST else f"{url[:_LONGEST]}...", **details)


class NoLedgerYet(StoreFault):
    """There is nothing at the place where the ledger should be."""

    code = "no-ledger-yet"
    says = "There is no ledger at {url} yet."
    way_out = "Begin one: `ipo-ledger --ledger {url} init`, or `ipo-ledger --ledger {url} system add NAME ...`."


class NotALedger(StoreFault):
    """Something is there, but it is no ledger."""

    code = "not-a-ledger"
    says = "{url} is not a ledger: {why}."
    way_out = "Give the URL of a ledger, or of a place that is free, with --ledger or IPO_LEDGER_URL."


class DamagedLedger(StoreFault, StoreDamaged):
    """A ledger whose file or tables are not as they were written: nothing is written to it any more."""

    code = "damaged-ledger"
    says = "The ledger at {url} is damaged: {why}."
    way_out = (
        "  ipo-ledger --ledger {url} verify: says what else is wrong\n"
        "  ipo-ledger --ledger {url} export > rest.jsonl: writes what can still be read, up to the damage\n"
        "  Nothing was written. Keep this ledger as it is, and go back to a backup that `verify --against` accepts."
    )


class StoreBehind(StoreFault):
    """The ledger was made by an earlier release than this one."""

    code = "store-behind"
    says = "The ledger at {url} is at migration {at} and this release needs {needed}."
    way_out = "Migrate it: `ipo-ledger --ledger {url} init`."


class StoreAhead(StoreFault):
    """The ledger was made, or brought up to date, by a later release than this one."""

    code = "store-ahead"
    says = "The ledger at {url} is at migration {at}; this release knows only up to {needed}."
    way_out = "Upgrade ipo-ledger on this machine: `pip install --upgrade ipo-ledger`."


class MigrationChanged(StoreFault):
    """The tables were made by SQL that is not the one of this release: of a release never published, perhaps."""

    code = "migration-changed"
    says = "Migration {name} at {url} is not the one of this release: its checksum differs."
    way_out = "Use the release that made the ledger, or compare the schema with that of a new one."


class StoreUnreachable(StoreFault):
    """The server or the folder cannot be reached."""

    code = "store-unreachable"
    says = "The ledger at {url} cannot be reached: {why}."
    way_out = "Check the URL (--ledger or IPO_LEDGER_URL), and that the server runs or the folder can be made."


class ConnectionLost(StoreUnreachable):
    """The connection broke before the commit: what was under way is given up."""

    way_out = "Nothing of this command was recorded. Give it again when the server is back."
    again = True


class NoRights(StoreFault):
    """The database or the file system does not allow it."""

    code = "no-rights"
    says = "The ledger at {url} does not allow this: {why}."
    way_out = (
        "On PostgreSQL an administrator grants the role: `GRANT ipo_ledger_writer TO your_role` "
        "(or ipo_ledger_auditor to read); for a file, check who may write it and its folder."
    )


class NoDatabase(StoreFault):
    """The server has no such database."""

    code = "no-database"
    says = "The ledger at {url} cannot be reached: {why}."
    way_out = "Make the database first (`createdb`), then the ledger: `ipo-ledger --ledger {url} init`."


class NotLetIn(StoreFault):
    """The server does not let this user in: the name, the password, or its rules (pg_hba.conf) are in the way."""

    code = "not-let-in"
    says = "The server of the ledger at {url} does not let you in: {why}."
    way_out = "Check the user in the URL, and the password: in ~/.pgpass, in PGPASSWORD, or in the URL."


class StoreReadOnly(StoreFault):
    """The server only lets read: it is a standby, or was told so."""

    code = "store-read-only"
    says = "The ledger at {url} can only be read there: the server is a standby, or set to read-only."
    way_out = (
        "Name all its servers, and the one that takes writes is found: "
        "postgresql://USER@HOST1,HOST2/DATABASE?target_session_attrs=read-write"
    )


class StandbyBehind(StoreFault):
    """A standby cannot know what its primary had recorded by a time: it may not have received it yet."""

    code = "standby-behind"
    says = (
        "The ledger at {url} is a standby that has the events up to {position}, recorded {recorded_at}: "
        "it cannot know what else was known by a later time."
    )
    way_out = (
        "Ask as known at an event it has (--known-at {position}), or ask the server that takes writes: "
        "postgresql://USER@HOST1,HOST2/DATABASE?target_session_attrs=read-write"
    )


class StoreBusy(StoreFault):
    """Somebody else is writing, and waiting for them took too long."""

    code = "store-busy"
    says = "The ledger at {url} is being written by somebody else, and waiting {seconds} s was not enough."
    way_out = "Try again; nothing of this command was recorded."


class StoreFailed(StoreFault):
    """The database reports a failure of its own, such as a disk that is full."""

    code = "store-failed"
    says = "The ledger at {url} failed: {why}."
    way_out = "Nothing of this command was recorded. Look at the database's own log, and at the free space."


class CommitUnknown(StoreFault, OutcomeUnknown):
    """The server did not confirm the commit, or not the standby's part of it, and could not be asked afterwards.

    Or the disk of a file failed while it was synced: what was written may turn up when the file is opened again.
    """

    code = "commit-unknown"
    says = "The commit to the ledger at {url} was not confirmed ({why}): it may be recorded, or not."
    way_out = (
        "Look with `ipo-ledger --ledger {url} log` before you give it again. "
        "A command or line with a command id can simply be given again: it has one effect."
    )
    _by_id = (
        "Give the very same command again with `--command-id {command_id}`: it has one effect. "
        "Or look with `ipo-ledger --ledger {url} log`."
    )

    def of_command(self, command_id: str) -> CommitUnknown:
        """Return the same fault of a command that has this id, which is the way to ask for it."""
        hint = self._by_id.format(url=in_a_command(self.details["url"]), command_id=in_a_command(command_id))
        return type(self)(hint=hint, **self.details, command_id=command_id)


class UnreadableEvent(StoreDamaged):
    """A stored event that this release cannot have written, or cannot read."""

    code = "unreadable-event"
    says = "Event {position} of the ledger cannot be read: {why}."
    way_out = (
        "If a later release wrote it, upgrade; if not, it was changed by hand: see `ipo-ledger verify`, "
        "and go back to a backup."
    )


class CannotFollow(StoreDamaged):
    """An event that does not fit the events before it: this program cannot have recorded it there."""

    code = "cannot-follow"
    says = "Event {position} ({type}) cannot follow from the events before it: {why}."
    way_out = "See what else is wrong with `ipo-ledger verify`, and go back to a backup."


class DamagedHead(StoreDamaged):
    """The head of the ledger does not fit its events: nothing is appended to what is damaged."""

    code = "damaged-head"
    says = "The head of this ledger is damaged: {why}. Nothing was written."
    way_out = "See what else is wrong with `ipo-ledger verify`, and go back to a backup."


class DamagedTree(StoreDamaged):
    """Hashes that prove the events are missing: the ledger was changed, or is broken."""

    code = "damaged-tree"
    says = "The tree of this ledger is damaged: node {place} of level {level} is not there."
    way_out = "See what else is wrong with `ipo-ledger verify`, and go back to a backup."
