"""Writes docs/reference.md from the commands themselves: `python -m tests.cli.reference`.

A test compares the file with what this would write, so the reference cannot say what the program does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from ipo_ledger_cli.command import EXIT_CODES, Command
from ipo_ledger_cli.main import COMMANDS, SECTIONS, program
from ipo_ledger_cli.topics import ENVIRONMENT
from tests.cli.commands import every_command

FILE = Path(__file__).parents[2] / "docs" / "reference.md"

BEGINNING = """\
# The commands of ipo-ledger

<!-- Written by `python -m tests.cli.reference`, from the commands themselves. Do not edit. -->

    ipo-ledger [OPTIONS] COMMAND [ARGS]...

{about}

The result goes to standard output, the conversation (how a time was read, notes, what comes next, errors) to
standard error. USER is a number or a name; EXTENSION is an extension id, `MODULE/PORT` or `@LABEL`; WHEN is a
day (`2026-11-20`, `today`, `yesterday`) or an instant (`2026-11-20T14:05`, with seconds, an offset or `Z` if
need be, `now`), read in the time zone of the system.
"""


def reference() -> str:
    """Return the whole reference as Markdown."""
    about = "\n\n".join(_paragraphs(program.help or ""))
    parts = [BEGINNING.format(about=about), _exit_codes(), _environment(), _contents()]
    parts += [_command(words, command) for words, command in every_command()]
    return "\n".join(parts).rstrip("\n") + "\n"


def _exit_codes() -> str:
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n\n{_ERRORS}\n"


def _environment() -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items())
    return (
        f"## Environment\n\n| variable | stands for |\n|---|---|\n{rows}\n\n"
        "An option on the command line goes before the environment, the environment before the file of settings\n"
        "([config show](#config-show)), the file before the default.\n"
    )


_ERRORS = """\
With `--json` an error is one JSON document on standard error:
`{"error":{"code":"slug","message":"...","hint":"...","details":{...}}}`."""


def _contents() -> str:
    lines = ["## Commands", ""]
    for title, commands in SECTIONS.items():
        lines.append(f"**{title}**")
        lines.append("")
        for name in commands:
            words = [each for each, _ in every_command() if each.partition(" ")[0] == name]
            links = ", ".join(f"[{each}](#{each.replace(' ', '-')})" for each in words)
            lines.append(f"- {links}: {COMMANDS[name].help}")
        lines.append("")
    return "\n".join(lines)


def _command(words: str, command: Command) -> str:
    context = click.Context(command, info_name=f"ipo-ledger {words}")
    lines = [f"## {words}", "", f"    {_usage(words, command, context)}", ""]
    for paragraph in _paragraphs(command.help or ""):
        lines += [paragraph, ""]
    lines += ["| option | |", "|---|---|"]
    lines += [f"| {_escaped(names)} | {_escaped(text)} |" for names, text in _options(command, context)]
    lines += ["", "Examples:", "", *(f"    {example}" for example in command.examples), ""]
    lines += [f"Exit codes: {', '.join(map(str, command.exits))}.", ""]
    return "\n".join(lines)


def _usage(words: str, command: Command, context: click.Context) -> str:
    return " ".join([f"ipo-ledger {words}", *command.collect_usage_pieces(context)])


def _options(command: Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            yield f"`{record[0]}`", " ".join(record[1].split())


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help; what is not to be wrapped becomes an indented block."""
    found = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            found.append("\n".join(f"    {line.strip()}" for line in paragraph.splitlines()[1:]))
        else:
            found.append(paragraph)
    return found


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8", newline="\n")
