"""What every command of the program is: its help ends with examples and exit codes, and -1 is a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EXIT_CODES = {
    0: "done",
    1: "unexpected: a fault of the program",
    2: "usage, or input that cannot be read; nothing was recorded",
    3: "refused by a rule; nothing was recorded",
    4: "not found, or nothing is known of it",
    5: "it differs",
    6: "the ledger cannot be used",
    130: "interrupted (`ipo-ledger log` shows what was recorded by then), or answered with no",
    141: "whoever read the output is gone",
}
READS = (0, 2, 4, 6)
WRITES = (0, 2, 3, 4, 6)

HELP_NAMES = ["-h", "--help"]

_NUMBER = re.compile(r"-[0-9]+")
_KEPT = "\0"  # no argument can hold it: what is marked with it was typed as -1 and is no option


class Command(click.Command):
    """A command with examples that run, and the exit codes it may end with."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), exits: Sequence[int] = READS, **kwargs: Any) -> None:
        """Take what click takes, and the end of the help."""
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.exits = tuple(exits)
        self.context_settings.setdefault("help_option_names", HELP_NAMES)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; no option of this program is a number, so -1 is a value."""
        try:
            return super().parse_args(ctx, [_KEPT + arg if _NUMBER.fullmatch(arg) else arg for arg in args])
        except click.UsageError as fault:
            fault.ctx = fault.ctx or ctx  # click does not always say which command it was
            raise

    def make_parser(self, ctx: click.Context) -> Any:
        """Return click's parser, which hands out what was marked as it was typed."""
        parser = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_marked(args: list[str]) -> Any:
            values, rest, order = parse(args)
            return {name: _unmarked(value) for name, value in values.items()}, _unmarked(rest), order

        parser.parse_args = parse_marked  # type: ignore[method-assign]  # an instance of ours alone
        return parser

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), EXIT_CODES[code]) for code in self.exits])
        super().format_epilog(ctx, formatter)


class Family(click.Group):
    """Commands under one word: `system add`, `system list`."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what click takes."""
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", HELP_NAMES)


def command(name: str, *, examples: Sequence[str], exits: Sequence[int]) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command; its docstring is the help."""
    return click.command(name, cls=Command, examples=examples, exits=exits)


def _unmarked(value: Any) -> Any:
    if isinstance(value, str):
        return value.removeprefix(_KEPT)
    if isinstance(value, list):
        return [_unmarked(each) for each in value]
    if isinstance(value, tuple):
        return tuple(_unmarked(each) for each in value)
    return value
