"""What the application refuses beside the rules of the telephone system (see `ipo_ledger.errors`)."""

from __future__ import annotations

from ipo_ledger.errors import Differs, Malformed, NotFound, Refused, StoreDamaged, StoreUnusable


class CommandIdReused(Refused):
    """A command id stands for one command for ever, and another one came with the same id."""

    code = "command-id-reused"
    says = "The command id {command_id!r} was given before, with another command."
    way_out = "Give each command an id of its own; repeat one only with the very same command."


class AlreadyRecorded(Refused):
    """A command whose answer was lost is given again, by the id that was made for it: it was recorded."""

    code = "already-recorded"
    says = (
        "The command {command_id} was recorded in system {system} the first time; event {position} is its last. "
        "It is not done again."
    )
    way_out = "Look at what it recorded: `ipo-ledger log`, or `ipo-ledger show` with its batch."


class BadArgument(Malformed):
    """An argument is of the wrong kind, or arguments do not go together: from Python, or in a line of `record`."""

    code = "bad-argument"
    says = "{what}: {why}."
    way_out = "See `ipo-ledger COMMAND -h`, or in Python the docstring of the method."


class UnknownPosition(NotFound):
    """A question is asked as of a position that the ledger has not reached."""

    code = "unknown-position"
    says = "The ledger has no position {asked}: its last event is at {last}."
    way_out = "Give a position from 0 to {last}; `ipo-ledger log` shows them."


class NotKnownThen(NotFound):
    """A question is asked as known at a position where nothing was known of it yet."""

    code = "not-known-then"
    says = "At event {known_at} nothing was known of {what} yet."
    way_out = "Ask as known at a later event or time, or leave --known-at out; `ipo-ledger log` shows the events."


class NotYetKnown(NotFound):
    """A question is asked as known at a time that has not come."""

    code = "not-yet-known"
    says = "{at} has not come yet (it is {now}): nothing can be known at it."
    way_out = "Give a time up to now, or the position of an event, such as 57; `ipo-ledger log` shows them."


class BadRecordLine(Malformed):
    """A line of a `record` file is no command."""

    code = "bad-record-line"
    says = "Line {line} is no command: {why}."
    way_out = (
        'One JSON object a line, such as {{"do": "swap", "users": ["202", "203"]}}; see `ipo-ledger record --help`.'
    )


class BadText(Malformed):
    """A reason, label or name holds a character that nobody would see, or is far too long."""

    code = "bad-text"
    says = "There are {found} in {what}, which cannot hold them."
    way_out = "Leave out control characters and keep it under {longest} characters."


class EmptyLedger(Refused):
    """A checkpoint is asked of a ledger without events."""

    code = "empty-ledger"
    says = "The ledger has no events yet: there is nothing to sign."
    way_out = "Begin with `ipo-ledger system add`, and take the checkpoint then."


class NotCovered(Refused):
    """An event is to be proven under a checkpoint that was taken before it."""

    code = "not-covered"
    says = "The checkpoint covers {size} events, and event {event} came later."
    way_out = "Take a new checkpoint in the same go: `ipo-ledger prove ... --key FILE` instead of --checkpoint."


class TreeDiffers(Differs):
    """The tree of the ledger is not the tree of its events: nothing is given out."""

    code = "tree-differs"
    says = "The tree of this ledger does not fit its events: {why}. Nothing was given out."
    way_out = (
        "The store was changed behind the program's back: see where with `ipo-ledger verify`, and go back to a backup."
    )


class CheckpointDiffers(Differs):
    """The ledger does not go on from a checkpoint that was taken of it."""

    code = "checkpoint-differs"
    says = "The ledger does not go on from the checkpoint of {size} events: {why}. Nothing was given out."
    way_out = "It is another ledger, or its history was rewritten: see with `ipo-ledger verify --against FILE`."


class BadExport(Malformed):
    """A line of an export of a ledger is not what it was when it was written."""

    code = "bad-export"
    says = "Line {line} of the export is not as it was written: {why}. Nothing was loaded."
    way_out = "Have it written again with `ipo-ledger export`, or load another copy of it."


class NotEmpty(Refused):
    """An export is loaded into a ledger that holds something."""

    code = "not-empty"
    says = "The ledger at {url} is not empty: it has {events} events. An export is loaded into an empty one only."
    way_out = "Give the URL of a new place with --ledger."


class Damaged(StoreDamaged):
    """The events of the ledger are not those that its tree was made of: it was changed, or is broken."""

    code = "damaged"
    says = "The ledger is damaged: {why}."
    way_out = "See what is wrong with `ipo-ledger verify`, and go back to a backup."


class BackupThere(Refused):
    """There is a file already where a backup is to be made."""

    code = "backup-there"
    says = "There is a file at {where} already, and a backup is never written over."
    way_out = "Name another file, such as one with the day in its name."


class BackupNotWritten(StoreUnusable):
    """The file of a backup cannot be written."""

    code = "backup-not-written"
    says = "The backup {where} cannot be written: {why}. No backup was made."
    way_out = "Name a file in a folder that can be written, on a disk with room for the whole ledger."


class BackupElsewhere(Refused):
    """The database that holds the ledger makes its own backups."""

    code = "backup-elsewhere"
    says = "The ledger at {url} is kept by PostgreSQL, and so are its backups. Nothing was written."
    way_out = (
        "  pg_dump --format=custom --schema=ipo_ledger --file={file} {address}\n"
        "  makes one; docs/backup.md says how it is restored, and how to go back to any point in time."
    )
