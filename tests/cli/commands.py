"""Every command of the program, as click has it: for the tests of the help, and for the reference."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ipo_ledger_cli.command import Command
from ipo_ledger_cli.main import COMMANDS, program, run
from tests.cli.transcript import heard


def every_command() -> Iterator[tuple[str, Command]]:
    """Yield every command that can be run, with the words it is called by, in the order of the help."""
    context = click.Context(program, info_name="ipo-ledger")
    for name in COMMANDS:
        found = program.get_command(context, name)
        if isinstance(found, click.Group):
            for each, command in found.commands.items():
                assert isinstance(command, Command), f"{name} {each} is not made with our decorator"
                yield f"{name} {each}", command
        else:
            assert isinstance(found, Command), f"{name} is not made with our decorator"
            yield name, found


def help_of(words: str) -> list[str]:
    """Return what `ipo-ledger WORDS -h` prints, line by line."""
    with heard() as said:
        code = run([*words.split(), "-h"], environment={})
    assert code == 0, words
    return list(said.lines())
