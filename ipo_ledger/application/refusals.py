"""What the application refuses beside the rules of the telephone system (see `ipo_ledger.errors`)."""

from __future__ import annotations

from ipo_ledger.errors import Malformed, NotFound, Refused


class CommandIdReused(Refused):
    """A command id stands for one command; another one came with the same id."""

    code = "command-id-reused"
    says = "The command id {command_id!r} was given before, with another command."
    way_out = "Give each command an id of its own; repeat one only with the very same command."


class BadArgument(Malformed):
    """An argument is of the wrong kind."""

    code = "bad-argument"
    says = "{what}: {why}."
    way_out = "See the command's --help, or docs/reference.md."


class UnknownPosition(NotFound):
    """A question is asked as of a position that the ledger has not reached."""

    code = "unknown-position"
    says = "The ledger has no position {asked}: its last event is at {last}."
    way_out = "Give a position from 0 to {last}; `ipo-ledger log` shows them."


class BadRecordLine(Malformed):
    """A line of a `record` file is no command."""

    code = "bad-record-line"
    says = "Line {line} is no command: {why}."
    way_out = (
        'One JSON object a line, such as {{"do": "swap", "users": ["202", "203"]}}; see `ipo-ledger record --help`.'
    )


class BadText(Malformed):
    """A text that people would read holds what they could not see."""

    code = "bad-text"
    says = "{what} cannot hold {found}."
    way_out = "Leave out control characters and keep it under {longest} characters."
