"""Plays the blocks of a page of the documentation, in order, in one folder: what it shows is what they say.

- `console`: commands after `$ `, and below each what it says. Besides `ipo-ledger` there are `export NAME=VALUE ...`,
  `cat > FILE <<END`, `echo '...' | COMMAND`, `COMMAND > FILE`, and `$(cat FILE)` within a command.
- `python`: run, all of a page in one go; a `text` block right below it holds what it prints.
- `sql`: handed to whoever plays a page with a server.

`<!-- now 2026-03-09T09:00+01:00 -->` on a line of its own says what time it is from there on. With
IPO_LEDGER_TEST_UPDATE=1 the blocks are written anew.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from tests.cli.transcript import UPDATE

ROOT = Path(__file__).parents[2]
NOON = "2026-06-01T12:00+02:00"

PROGRAMS = ("ipo-ledger", "python")
FOLDER = "/home/ana/desk-moves"
"""What the pages call the folder that they are played in."""

_PART = re.compile(
    r"^<!-- now (?P<now>\S+) -->$"
    r"|^```console\n(?P<console>.*?)^```$"
    r"|^```python\n(?P<python>.*?)^```$(?:\n\n^```text\n(?P<text>.*?)^```$)?"
    r"|^```sql\n(?P<sql>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PIPED = re.compile(r"echo '(?P<line>[^']*)' \| (?P<command>.*)")
_FILE = re.compile(r"cat > (?P<name>[\w./-]+) <<END")
_INTO = re.compile(r"(?P<command>.*) > (?P<name>[\w./-]+)")
_CONTENT = re.compile(r"\$\(cat (?P<name>[\w./-]+)\)")
_NAMED = re.compile(r"`(?P<command>ipo-ledger [^`]+)`")

Run = Callable[..., tuple[int, list[str]]]


def every_page() -> list[Path]:
    """Return the README and every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of every fenced block of a page."""
    for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found["kind"], found["body"]


def named_commands(page: Path) -> list[str]:
    """Return the commands that the sentences of a page name."""
    sentences = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(command.split()) for command in _NAMED.findall(sentences)]


def compare(page: Path, run: Run, *, sql: Callable[[str], None] | None = None) -> int:
    """Hold what the commands of a page say against what it shows; return how many blocks were played."""
    written = page.read_text(encoding="utf-8")
    player = _Page(run, sql)
    said = _PART.sub(player.play, written)
    if os.environ.get(UPDATE):
        page.write_text(said, encoding="utf-8", newline="\n")
        written = said
    assert said == written, f"{page.name} says otherwise; look, and run with {UPDATE}=1"
    return player.blocks


class _Page:
    """What the blocks of a page leave for those below them."""

    def __init__(self, run: Run, sql: Callable[[str], None] | None) -> None:
        self.blocks = 0
        self._run, self._sql = run, sql
        self._now = NOON
        self._environment: dict[str, str] = {}
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def play(self, found: re.Match[str]) -> str:
        """Play a part of the page and return it as it should be."""
        if found["now"] is not None:
            self._now = found["now"]
            return found[0]
        if found["sql"] is not None:
            if self._sql is not None:
                self._sql(found["sql"])
                self.blocks += 1
            return found[0]
        self.blocks += 1
        if found["python"] is not None:
            return self._python(found["python"], found["text"])
        return f"```console\n{self._console(found['console'])}```"

    def _python(self, source: str, text: str | None) -> str:
        heard = StringIO()
        with redirect_stdout(heard):
            exec(compile(source, "<page>", "exec"), self._names)  # noqa: S102 - our own page
        printed = heard.getvalue()
        assert (text is not None) is bool(printed), f"it prints {printed!r}; a text block below it says so"
        return f"```python\n{source}```" + (f"\n\n```text\n{printed}```" if text is not None else "")

    def _console(self, block: str) -> str:
        shown = []
        lines = iter(block.splitlines())
        for line in lines:
            if not line.startswith("$ "):
                continue
            typed = line.removeprefix("$ ")
            if file := _FILE.fullmatch(typed):
                body = list(iter(lines.__next__, "END"))
                Path(file["name"]).write_text("".join(f"{each}\n" for each in body), encoding="utf-8", newline="\n")
                shown.append("\n".join([line, *body, "END"]))
            else:
                shown.append("\n".join([line, *self._command(typed)]))
        return "\n\n".join(shown) + "\n"

    def _command(self, typed: str) -> list[str]:
        if typed.startswith("export "):
            self._environment |= dict(word.split("=", 1) for word in shlex.split(typed)[1:])
            return []
        command = _CONTENT.sub(lambda found: Path(found["name"]).read_text(encoding="utf-8").strip(), typed)
        piped, into = _PIPED.fullmatch(command), _INTO.fullmatch(command)
        words = shlex.split(piped["command"] if piped else into["command"] if into else command)
        stdin = f"{piped['line']}\n" if piped else ""
        assert words[0] in PROGRAMS, f"only {' and '.join(PROGRAMS)} are played: {typed}"
        code, said = self._run(*words[1:], stdin=stdin, now=self._now, **self._environment)
        said = [_elsewhere(text) for text in said]
        if into:
            kept = [text for text in said if not text.startswith("2> ")]
            Path(into["name"]).write_text("".join(f"{text}\n" for text in kept), encoding="utf-8", newline="\n")
            said = [text for text in said if text.startswith("2> ")]
        return [*(text.removeprefix("2> ") for text in said), *([f"[exit {code}]"] if code else [])]


def _elsewhere(text: str) -> str:
    """Return what was said, with the folder of the pages in the place of the one it was said in."""
    here = Path.cwd()
    return text.replace(here.as_uri(), f"file://{FOLDER}").replace(here.as_posix(), FOLDER)
