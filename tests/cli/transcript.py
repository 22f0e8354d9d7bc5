"""Plays transcripts: files that hold the commands, and all that came of them.

A transcript is text. It is played in a folder of its own, with the export of a made-up site in it:

    # a remark
    = now 2026-03-02T10:00+01:00              the clock stands there from here on
    = the store goes by this clock            ... and that of a server, too: what it records it records then
    = remember the store                      ... and later:
    = the store is unchanged                  fails unless it is, to the byte
    $ cat > moves.csv <<END                   a file, up to END
    $ ipo-ledger record - <<END               standard input, up to END
    $ IPO_LEDGER_SYSTEM=hq ipo-ledger seats   a command; below it what it wrote, stderr marked with 2>

What differs between two stores or two runs is masked. With IPO_LEDGER_TEST_UPDATE=1 the file is written anew.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest

from ipo_ledger_cli.main import run
from tests.cli.played_stores import PlayedStore

if TYPE_CHECKING:
    from typing_extensions import Buffer

Masks: TypeAlias = Sequence[tuple[re.Pattern[str], str]]

UPDATE = "IPO_LEDGER_TEST_UPDATE"
FOLDER = Path(__file__).parent / "transcripts"

_HEREDOC = re.compile(r"(?P<command>.*?)\s*<<END$")
_FILE = re.compile(r"cat > (?P<name>[\w.-]+)$")
_MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), "<command id>"),
    (re.compile(r'(?<="recorded_at":")[^"]+'), "<recorded>"),
    # The tree is made of what differs: command ids, the clock, the database role.
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (re.compile(r"(?:^|(?<=\\n))[A-Za-z0-9+/]{43}=(?=$|\\n)"), "<root>"),
    (re.compile(r"(— \S+ )[A-Za-z0-9+/]{91}="), r"\1<signature>"),
)


class Line(NamedTuple):
    """One line of a script: a remark, a directive, or a command with what is handed to it."""

    text: str
    body: str | None = None


class Player:
    """Plays scripts against one store, and writes down what comes of it."""

    def __init__(
        self,
        store: PlayedStore,
        *,
        directions: Mapping[str, Callable[[], object]] | None = None,
        places: Mapping[str, str] | None = None,
        masks: Masks = (),
        leaves_out: Sequence[str] = (),
    ) -> None:
        """Begin with nothing played; now is noon of a day in June.

        `directions` are directives of one transcript alone, `places` URLs that it names as {place}, and
        `masks` hide what other people's programs say in their own words. Lines that begin as one of `leaves_out`
        are not written down: what is said of one store only, where a transcript is of both.
        """
        self.store = store
        self.directions = directions or {}
        self.places = places or {}
        self.masks = (*_MASKS, *masks)
        self.leaves_out = tuple(leaves_out)
        self.now = datetime.fromisoformat("2026-06-01T12:00+02:00")
        self._remembered: object = None
        self._told = False

    def play(self, script: str) -> str:
        """Play a script and return the transcript."""
        played: list[str] = []
        for line in _lines(script):
            if line.text.startswith("#"):
                played.append(line.text)
            elif line.text.startswith("= "):
                self._direct(line.text.removeprefix("= "))
                played.append(line.text)
            else:
                played += [line.text, *self._carry_out(line), ""]
        return "\n".join(played).rstrip("\n") + "\n"

    def _direct(self, directive: str) -> None:
        if directive.startswith("now "):
            self.now = datetime.fromisoformat(directive.removeprefix("now "))
            if self._told:
                self.store.go_by(self.now)
        elif directive == "the store goes by this clock":
            self._told = True
            self.store.go_by(self.now)
        elif directive == "remember the store":
            self._remembered = self.store.content()
        elif directive == "the store is unchanged":
            assert self.store.content() == self._remembered, "the store was changed"
        else:
            self.directions[directive]()

    def _carry_out(self, line: Line) -> list[str]:
        command = line.text.removeprefix("$ ")
        body = [] if line.body is None else [*line.body.splitlines(), "END"]
        if line.body is not None:
            found = _HEREDOC.fullmatch(command)
            assert found is not None
            command = found["command"]
            if file := _FILE.fullmatch(command):
                Path(file["name"]).write_text(line.body, encoding="utf-8", newline="\n")
                Path(file["name"]).chmod(0o600)  # it may be a key
                return body
        words = shlex.split(command)
        environment = {"IPO_LEDGER_URL": self.store.url, "IPO_LEDGER_ACTOR": "ana"}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environment[name] = value.format(**self.places)
        assert words[0] == "ipo-ledger", f"only ipo-ledger is played: {command}"
        with heard(line.body or "") as said:
            code = run(words[1:], environment=environment, clock=lambda: self.now)
        return [*body, *self._masked(said), *([f"[exit {code}]"] if code else [])]

    def _masked(self, said: Said) -> Iterator[str]:
        for text in said.lines():
            if self.leaves_out and text.startswith(self.leaves_out):
                continue
            shown = text.replace(self.store.shown, "<ledger>")
            for name, url in self.places.items():
                shown = shown.replace(url, f"<{name}>")
            for mask, instead in self.masks:
                shown = mask.sub(instead, shown)
            yield shown


class Said:
    """What a command wrote, in the order in which it wrote it."""

    def __init__(self) -> None:
        """Begin with silence."""
        self.parts: list[tuple[str, bytes]] = []

    def stream(self, mark: str) -> io.TextIOWrapper:
        """Return a stream whose lines begin with `mark`."""
        heard = io.BufferedWriter(_Heard(self, mark))
        return io.TextIOWrapper(heard, encoding="utf-8", newline="\n", write_through=True)

    def lines(self) -> Iterator[str]:
        """Return everything, line by line, each with its mark."""
        pending: dict[str, bytes] = {}
        for mark, part in self.parts:
            *whole, pending[mark] = (pending.get(mark, b"") + part).split(b"\n")
            yield from (f"{mark}{line.decode()}".rstrip() for line in whole)
        for mark, rest in pending.items():
            if rest:
                yield f"{mark}{rest.decode()} (and no line feed)"


class _Heard(io.RawIOBase):
    def __init__(self, said: Said, mark: str) -> None:
        self._said, self._mark = said, mark

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        said = bytes(data)
        self._said.parts.append((self._mark, said))
        return len(said)


@contextmanager
def heard(stdin: str = "") -> Iterator[Said]:
    """Listen to stdout and stderr, and give a standard input, while the block runs."""
    said = Said()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", said.stream(""))
        patch.setattr(sys, "stderr", said.stream("2> "))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        yield said


def compare(file: Path, played: str) -> None:
    """Hold what was played against the file, or write the file anew where that is asked for."""
    if os.environ.get(UPDATE):
        file.write_text(played, encoding="utf-8", newline="\n")
    written = file.read_text(encoding="utf-8")
    assert played == written, f"{file.name} says otherwise; look, and run with {UPDATE}=1"


def _lines(script: str) -> Iterator[Line]:
    """Return what is to be played: what was written by commands is passed over."""
    lines = iter(script.splitlines())
    for text in lines:
        if not text.startswith(("$ ", "= ", "#")):
            continue
        if not (text.startswith("$ ") and text.endswith("<<END")):
            yield Line(text)
            continue
        body: list[str] = []
        for line in lines:
            if line == "END":
                break
            body.append(f"{line}\n")
        yield Line(text, "".join(body))
