"""Writes docs/errors.md from the errors themselves: `python -m tests.cli.errors_page`.

Each is shown as a transcript shows it; one that no transcript shows has words in the place of its values. A test
compares the file with what this would write, so that no error is missing from it, and none says what it does not.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import ipo_ledger
import ipo_ledger_cli
from ipo_ledger.errors import LedgerError
from tests.cli.shown_errors import Example, every_error, examples, fits

FILE = Path(__file__).parents[2] / "docs" / "errors.md"

BEGINNING = """\
# Errors

<!-- Written by `python -m tests.cli.errors_page`, from the errors themselves. Do not edit. -->

An error says what was refused or failed, why, and what to do now. Whatever is raised, nothing of that command was
recorded, unless the error says otherwise. The exit code says what a script would do about it; the code in each
heading below is `code` in the JSON that `--json` writes to standard error, and of the exception in Python:

    {"error":{"code":"unknown-user","message":"...","hint":"...","details":{...}}}

What is shown below came of real commands. Words in CAPITALS stand for values where there was no such command,
`<ledger>` for the URL of a ledger, and `<their own words>` for what an operating system or a server says.
"""

FAMILIES = {
    1: ("a fault of the program", "Nobody is meant to see this. Please report it, with what `--debug` shows."),
    2: ("what was given cannot be read", "Mend what was typed, or the file that was given, and give it again."),
    3: ("a rule forbids it", "It was understood and is refused. The way out is often another command."),
    4: ("not found, or not known", "What was named is not there, or nothing is known of it at the time asked about."),
    5: (
        "it differs",
        "A comparison found a difference. `check`, `verify` and `rebuild` end with 5, too: that is their answer.",
    ),
    6: (
        "the ledger, or a file, cannot be used",
        "The place is in the way, and not what was asked: mend it and try again.",
    ),
    130: ("interrupted", "Ctrl-C, or the answer no to a plan. Nothing of that command was recorded."),
}

OTHERS = {  # what is said of faults that are no classes of ours: exit code, code, why, and an example
    "unexpected": (
        1,
        "The program did what nobody expected. That is a fault of it, and not of what you typed.",
        Example(
            1,
            None,
            "Something went wrong that should not: RuntimeError: WHAT IT SAYS.",
            "This is a fault of the program: set IPO_LEDGER_DEBUG=1, or begin with `ipo-ledger --debug`, "
            "to see the traceback.",
        ),
    ),
    "usage": (
        2,
        "No such command or option, a word too many or too few, or options that exclude each other.",
        Example(2, None, "No such command 'sawp'. Did you mean 'swap'?", "See `ipo-ledger -h`."),
    ),
    "interrupted": (130, "Somebody pressed Ctrl-C, or saw a plan and did not say yes.", Example(130, None, "", "")),
}

WORDS = {  # what stands for a value in words where no transcript has one, if it is not its name
    "at": "ITS MIGRATION",
    "by": "B2",
    "batch": "B1",
    "last": "THE LAST",
    "needed": "THE ONE OF THIS RELEASE",
    "waits": "THE NEXT RESTART",
    "what": "WHAT",
    "where": "FILE",
    "why": "WHY",
}

_COMMAND = re.compile(r"`(ipo-ledger [^`]*)`")


def every_module() -> Iterator[str]:
    """Import and name every module of the program, also those that are imported when they are used."""
    for package in (ipo_ledger, ipo_ledger_cli):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".__main__"):
                importlib.import_module(found.name)
                yield found.name


def errors_page() -> str:
    """Return the page as Markdown."""
    list(every_module())
    kinds: dict[str, list[type[LedgerError]]] = {}
    for kind in every_error():
        if not kind.__module__.startswith("tests."):
            kinds.setdefault(kind.code, []).append(kind)
    parts = [BEGINNING, _contents(kinds)]
    for exit_code, (title, about) in FAMILIES.items():
        parts.append(f"## Exit {exit_code}: {title}\n\n{about}\n")
        parts += [_other(code) for code, (exit_, _, _) in OTHERS.items() if exit_ == exit_code]
        parts += [_entry(kinds[code]) for code in sorted(kinds) if kinds[code][0].exit_code == exit_code]
    return "\n".join(parts).rstrip("\n") + "\n"


def _contents(kinds: dict[str, list[type[LedgerError]]]) -> str:
    lines = ["| exit | codes |", "|--:|---|"]
    for exit_code in FAMILIES:
        codes = [code for code, (exit_, _, _) in OTHERS.items() if exit_ == exit_code]
        codes += sorted(code for code in kinds if kinds[code][0].exit_code == exit_code)
        lines.append(f"| {exit_code} | {', '.join(f'[{code}](#{code})' for code in codes)} |")
    return "\n".join(lines) + "\n"


def _other(code: str) -> str:
    _, why, example = OTHERS[code]
    return f"### {code}\n\n{why}\n{_block(example) if example.message else ''}"


def _entry(kinds: list[type[LedgerError]]) -> str:
    """Return what is said of one code; the most general of its classes first."""
    kinds = sorted(kinds, key=lambda kind: len(kind.__mro__))
    parts = [f"### {kinds[0].code}\n"]
    for kind in kinds:
        example = examples().get(kind)
        parts.append(f"{_about(kind)}\n{_block(example or in_words(kind))}")
        own = in_words(kind).hint
        if example is not None and own and not fits(kind.way_out, example.hint):
            parts.append(f"It may also say: {' '.join(own.split())}\n")
    return "\n".join(parts)


def _about(kind: type[LedgerError]) -> str:
    """Return why it comes: the docstring is written for whoever meets it, too."""
    return inspect.cleandoc(kind.__doc__ or "").replace("\n", " ").replace("  ", "\n\n")


def _block(example: Example) -> str:
    what, *more = example.message.split("\n")
    lines = [f"Error: {what}", *(line if line.startswith(" ") else f"  {line}" for line in more)]
    hint = example.hint.rstrip()
    if "\n" in hint:
        lines += ["What you can do:", *hint.split("\n")]
    elif hint:
        lines.append(f"Hint: {hint.strip()}")
    return "\n" + "\n".join(f"    {line}".rstrip() for line in lines) + "\n"


def in_words(kind: type[LedgerError]) -> Example:
    """Return an error with words in the place of its values."""
    return Example(kind.exit_code, kind.code, _worded(kind.says), _worded(kind.way_out))


def _worded(template: str) -> str:
    said = ""
    for text, field, _, conversion in Formatter().parse(template):
        said += text
        if field is not None:
            name = re.split(r"[.\[]", field)[0]
            word = WORDS.get(name, name.replace("_", " ").upper())
            said += f"'{word}'" if conversion == "r" else word
    return said


def commands_of(kind: type[LedgerError]) -> list[str]:
    """Return the commands of this program that its way out names."""
    return _COMMAND.findall(kind.way_out)


if __name__ == "__main__":
    FILE.write_text(errors_page(), encoding="utf-8", newline="\n")
    print(f"{FILE.name}: {sum(1 for _ in every_error())} errors, {len(examples())} as a transcript shows them")
