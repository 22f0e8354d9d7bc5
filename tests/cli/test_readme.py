"""What the README shows is what the commands say: its console blocks are played, in order, on one new ledger."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PIPED = re.compile(r"echo '(?P<line>[^']*)' \| (?P<command>.*)")


def test_the_commands_of_the_readme_say_what_it_shows(line: Callable[..., tuple[int, list[str]]]) -> None:
    blocks = _BLOCK.findall(README.read_text(encoding="utf-8"))

    played = [_played(block, line) for block in blocks]

    assert len(blocks) == 5
    assert played == blocks


def _played(block: str, line: Callable[..., tuple[int, list[str]]]) -> str:
    shown = []
    for typed in (text.removeprefix("$ ") for text in block.splitlines() if text.startswith("$ ")):
        piped = _PIPED.fullmatch(typed)
        words = shlex.split(piped["command"] if piped else typed)
        code, said = line(*words[1:], stdin=f"{piped['line']}\n" if piped else "")
        lines = [text.removeprefix("2> ") for text in said]
        shown.append("\n".join([f"$ {typed}", *lines, *([f"[exit {code}]"] if code else [])]))
    return "\n\n".join(shown) + "\n"
