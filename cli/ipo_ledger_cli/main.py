"""The program: its commands by name, and from what a run ends with to an exit code.

A command's module is imported when the command is run: `ipo-ledger -h` needs none of them.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ipo_ledger import __version__
from ipo_ledger_cli import colours, failures
from ipo_ledger_cli.command import HELP_NAMES
from ipo_ledger_cli.options import first
from ipo_ledger_cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime


# Python looks for unreachable cycles each 700 objects; a batch of 3000 moves makes a million and no cycle.
_OBJECTS_BETWEEN_TWO_SEARCHES = 100_000


class Named(NamedTuple):
    """Where a command is, and the first line of its help, so that no module is imported for it."""

    module: str
    attribute: str
    help: str


SECTIONS: dict[str, dict[str, Named]] = {
    "To begin": {
        "demo": Named("demo", "demo", "Play a swap, its questions and its rollback on a temporary ledger."),
        "init": Named("systems", "init", "Make the ledger, or bring it to this release."),
        "system": Named("systems", "system", "Add, list and set telephone systems."),
        "import": Named("imports", "import_", "Take in exports of a system: its baseline, or what changed since."),
        "check": Named("imports", "check", "Compare a fresh export with the base extensions in force."),
        "user": Named("imports", "user", "Say of a user what exports do not say, or a new number."),
        "label": Named("imports", "label", "Name the desk of an extension."),
    },
    "Batches": {
        "swap": Named("batches", "swap", "Draft a swap: two people trade base extensions."),
        "batch": Named("batches", "batch", "Draft a list of moves from a CSV file, whole or not at all."),
        "change": Named("batches", "change", "Draft one base extension change."),
        "send": Named("batches", "send", "Record that the configuration was sent with a batch in it."),
        "abandon": Named("batches", "abandon", "Give up a draft."),
        "batches": Named("lists", "batches", "List batches, newest first."),
        "show": Named("show", "show", "Show everything about one batch."),
        "sheet": Named("sheets", "sheet", "Write the work order of a batch."),
        "rollback": Named("rollbacks", "rollback", "Take back what a batch did, by a new batch."),
        "restore": Named("rollbacks", "restore", "Take base extensions back to what they were."),
    },
    "At the desks": {
        "logout": Named("desks", "logout", "Record that a user dialled the log-out code."),
        "login": Named("desks", "login", "Record that a user logged in at a phone by hand."),
        "restart": Named("desks", "restart", "Record that the system restarted."),
    },
    "Questions": {
        "who": Named("questions", "who", "Show who sat at an extension, on a day or at an instant."),
        "where": Named("questions", "where", "Show where a user sat, on a day or at an instant."),
        "seats": Named("questions", "seats", "Show who sits where, in the whole system at an instant."),
        "status": Named("statuses", "status", "Show what goes on now: drafts, who waits for whom, who is off the air."),
        "diff": Named("differences", "diff", "Show what differs between two times, or between what was known of one."),
        "report": Named("report", "report", "Write a page of HTML that shows the seating over time."),
        "history": Named("lists", "history", "Show what happened to a user or an extension, newest first."),
        "log": Named("logs", "log", "Show every recorded event, newest first."),
    },
    "Mistakes in the ledger": {
        "correct": Named("corrections", "correct", "Say that an event never happened, or happened otherwise."),
    },
    "Evidence": {
        "key": Named("keys", "key", "Make the key that checkpoints are signed with, or show its public half."),
        "checkpoint": Named("evidence", "checkpoint", "Sign what the ledger is now, to be kept elsewhere."),
        "prove": Named("evidence", "prove", "Write evidence that a stranger can check."),
    },
    "The whole ledger": {
        "verify": Named("integrity", "verify", "Check the whole ledger, and end with one verdict."),
        "rebuild": Named("integrity", "rebuild", "Make the read model anew from the events, and write what differs."),
        "backup": Named("backup", "backup", "Copy the ledger into a new file, to go back to."),
        "export": Named("carrying", "export", "Write the whole ledger as JSON lines."),
        "load": Named("carrying", "load", "Fill an empty ledger with an export."),
    },
    "Scripts": {
        "record": Named("record", "record", "Carry out many commands, one JSON object a line."),
    },
    "This program": {
        "help": Named("helping", "help_", "Explain a command, or what holds for all of them."),
        "config": Named("configuring", "config", "Show the settings, and where each comes from."),
        "completion": Named("completing", "completion", "Let a shell complete what you type."),
    },
}
NAME = "ipo-ledger"
COMPLETING = "_IPO_LEDGER_COMPLETE"
"""The environment variable by which a shell asks how a word goes on, as click names it."""

COMMANDS = {name: named for section in SECTIONS.values() for name, named in section.items()}

OTHER_WORDS = {
    "undo": "rollback",
    "revert": "rollback",
    "cancel": "abandon",
    "delete": "abandon",
    "move": "swap",
    "moves": "batch",
    "ls": "batches",
    "audit": "log",
    "find": "where",
    "users": "seats",
    "extensions": "seats",
    "dump": "export",
}
"""What other programs call it, where that is not spelled alike."""


class Program(click.Group):
    """A group that knows its commands by name, and imports one when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now, or None."""
        del ctx
        named = COMMANDS.get(cmd_name)
        if named is None:
            return None
        found = getattr(import_module(f"ipo_ledger_cli.{named.module}"), named.attribute)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command meant; near names are looked for in the table."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as fault:
            name = fault.command_name
            meant = OTHER_WORDS.get(name.casefold())
            if meant is not None:
                message = f"No such command {name!r}. Did you mean {meant!r}?"
                raise click.exceptions.NoSuchCommand(name, message, ctx=ctx) from None
            raise click.exceptions.NoSuchCommand(name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands, section by section."""
        del ctx
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), named.help) for name, named in commands.items()])


@click.group(cls=Program, context_settings={"help_option_names": HELP_NAMES, "max_content_width": 100})
@first
@click.version_option(__version__, "--version", prog_name=NAME, message="%(prog)s %(version)s")
def program() -> None:
    """Who sat where, when and why: a ledger of base extension moves on Avaya IP Office, and their rollback.

    A swap is drafted (`swap 202 203`), sent (`send B1`), and done when both have dialled log-out (`logout
    202`). Every question about any day is answered from what was recorded; nothing is ever erased.

    `ipo-ledger demo` shows it all in a minute. `ipo-ledger COMMAND -h` explains a command. The words, dates,
    exit codes and the environment: `ipo-ledger help`.
    """


def run(
    arguments: Sequence[str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run the program and return its exit code. Environment and clock are the machine's unless given.

    `sleep` is how it waits between two looks, a number of seconds.
    """
    if arguments is None:  # a process of its own
        gc.set_threshold(_OBJECTS_BETWEEN_TWO_SEARCHES)
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session(os.environ if environment is None else environment, clock, sleep)
    _make_streams_safe()
    if COMPLETING in session.environment:
        from ipo_ledger_cli.completing import complete

        return complete(session, given)
    with colours.wanted(session.color, session.environment):
        try:
            with session:
                code = _carry_out(given, session)
                sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - whatever it is, it becomes an exit code
            code = _said(fault, session, given)
    return code


def _carry_out(given: Sequence[str], session: Session) -> int:
    """Do what click's own `main` does, but leave every fault to us: it would end a closed pipe with 1."""
    try:
        with program.make_context(NAME, list(given), obj=session) as context:
            program.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return 0


def _said(fault: BaseException, session: Session, given: Sequence[str]) -> int:
    try:
        return failures.tell(fault, session, given)
    except BrokenPipeError as gone:
        return failures.tell(gone, session, given)


def _make_streams_safe() -> None:
    """Let no character stop the program that a stream cannot encode, nor a stream that is closed already."""
    if sys.stdout is None:  # `>&-` in a shell
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it lives as long as we do
    if sys.stderr is None:  # likewise
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - likewise
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
