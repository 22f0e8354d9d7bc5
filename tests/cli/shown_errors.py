"""The errors that transcripts and pages show, found there: examples for docs/errors.md that cannot rot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

from ipo_ledger.errors import LedgerError
from tests.cli.transcript import FOLDER

_JSON = '"error":{"code":'
_HINT, _WAYS = "Hint: ", "What you can do:"
_FIELD = re.compile(r"\{[^{}]*\}")
_LETTERS = re.compile(r"[A-Za-z]")
_ENOUGH = 8  # letters of a sentence that have to be there for an example to be one of it


class Example(NamedTuple):
    """An error as it was shown: its exit code, its slug where JSON says it, the message, and what to do now."""

    exit_code: int
    code: str | None
    message: str
    hint: str


@cache
def examples() -> dict[type[LedgerError], Example]:
    """Return the first example of each error that is shown anywhere, of all the transcripts in their order."""
    kinds = sorted(every_error(), key=lambda kind: -_letters(kind))
    found: dict[type[LedgerError], Example] = {}
    for file in sorted(FOLDER.rglob("*.txt")):
        for example in shown(file):
            kind = _kind_of(example, kinds)
            if kind is not None:
                found.setdefault(kind, example)
    return found


def every_error() -> Iterator[type[LedgerError]]:
    """Yield every kind of error that has a sentence of its own; those that have none only head a family.

    Whoever calls has to have imported the modules.
    """
    waiting = [LedgerError]
    seen: set[type[LedgerError]] = set()
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        waiting += kind.__subclasses__()
        if kind.says != LedgerError.says:
            yield kind


def shown(file: Path) -> Iterator[Example]:
    """Yield the errors of one transcript, in their order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        if line.startswith("2> Error: "):
            yield _spoken(lines, at)
        elif line.startswith(("2> {", "{")) and _JSON in line:
            error = json.loads(line.removeprefix("2> "))["error"]
            yield Example(0, error["code"], error["message"], error["hint"])


def _spoken(lines: list[str], at: int) -> Example:
    said = [lines[at].removeprefix("2> Error: ")]
    hint: list[str] = []
    for line in lines[at + 1 :]:
        text = line.removeprefix("2>").removeprefix(" ")
        if not line.startswith("2>"):
            break
        if text.startswith(_HINT):
            hint = [text.removeprefix(_HINT)]
        elif text == _WAYS:
            hint = [""]
        elif hint:
            hint.append(text)
        else:
            said.append(text.removeprefix("  "))
    return Example(_exit_code(lines, at), None, "\n".join(said), "\n".join(hint).lstrip("\n"))


def _exit_code(lines: list[str], at: int) -> int:
    for line in lines[at:]:
        if found := re.fullmatch(r"\[exit (\d+)\]", line):
            return int(found[1])
        if line.startswith("$ "):
            break
    return 0


def _kind_of(example: Example, kinds: Sequence[type[LedgerError]]) -> type[LedgerError] | None:
    """Return the error that was shown: the longest sentence that fits; of several that say the same, by the way out."""
    fitting = [kind for kind in kinds if _may_be(kind, example) and fits(kind.says, example.message)]
    if not fitting:
        return None
    alike = [kind for kind in fitting if kind.says == fitting[0].says]
    if len(alike) == 1:
        return alike[0]
    return next((kind for kind in alike if fits(kind.way_out, example.hint)), None)


def _may_be(kind: type[LedgerError], example: Example) -> bool:
    if example.code is not None:
        return kind.code == example.code
    return kind.exit_code == example.exit_code and _letters(kind) >= _ENOUGH


def fits(template: str, text: str) -> bool:
    """Tell whether a text is a sentence with values in it."""
    return _with_values(template).fullmatch(text.rstrip()) is not None


@cache
def _with_values(template: str) -> re.Pattern[str]:
    parts = (re.escape(text) + ("" if name is None else ".*?") for text, name, _, _ in Formatter().parse(template))
    return re.compile("".join(parts), re.DOTALL)


def _letters(kind: type[LedgerError]) -> int:
    return len(_LETTERS.findall(_FIELD.sub("", kind.says)))
