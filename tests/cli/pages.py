"""Plays the console blocks of a page of the documentation, in order, on one new ledger.

`<!-- now 2026-03-09T09:00+01:00 -->` on a line of its own says what time it is from there on. With
IPO_LEDGER_TEST_UPDATE=1 the blocks are written anew.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.cli.transcript import UPDATE

ROOT = Path(__file__).parents[2]
NOON = "2026-06-01T12:00+02:00"

_PART = re.compile(r"^<!-- now (?P<now>\S+) -->$|^```console\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)
_PIPED = re.compile(r"echo '(?P<line>[^']*)' \| (?P<command>.*)")

Run = Callable[..., tuple[int, list[str]]]


def compare(page: Path, run: Run) -> int:
    """Hold what the commands of a page say against what it shows; return how many blocks it has."""
    written = page.read_text(encoding="utf-8")
    now, blocks = NOON, 0

    def played(found: re.Match[str]) -> str:
        nonlocal now, blocks
        if found["now"] is not None:
            now = found["now"]
            return found[0]
        blocks += 1
        return f"```console\n{_played(found['block'], run, now)}```"

    said = _PART.sub(played, written)
    if os.environ.get(UPDATE):
        page.write_text(said, encoding="utf-8", newline="\n")
        written = said
    assert said == written, f"{page.name} says otherwise; look, and run with {UPDATE}=1"
    return blocks


def _played(block: str, run: Run, now: str) -> str:
    shown = []
    for typed in (text.removeprefix("$ ") for text in block.splitlines() if text.startswith("$ ")):
        piped = _PIPED.fullmatch(typed)
        words = shlex.split(piped["command"] if piped else typed)
        code, said = run(*words[1:], stdin=f"{piped['line']}\n" if piped else "", now=now)
        lines = [text.removeprefix("2> ") for text in said]
        shown.append("\n".join([f"$ {typed}", *lines, *([f"[exit {code}]"] if code else [])]))
    return "\n\n".join(shown) + "\n"
