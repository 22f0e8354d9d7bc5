"""Whatever goes wrong ends with a code and three parts: what, why, what to do now. Never with a password."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ipo_ledger.application.ledger import Ledger
from tests.cli.programs import ENVIRONMENT, PROGRAM

Line = Callable[..., tuple[int, list[str]]]
SECRET = "s3cr&t/word"  # noqa: S105 - of nobody
FAULT = (
    "This is a fault of ipo-ledger, and not yours. Begin with `ipo-ledger --debug` (or set IPO_LEDGER_DEBUG=1) to see "
    "the traceback, which bears no password, and report it; `ipo-ledger verify` says whether the ledger is sound."
)
QUOTED = "s3cr%26t%2Fword"


def _fails_with(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    def fail(_: Ledger) -> None:
        raise fault

    monkeypatch.setattr(Ledger, "systems", fail)


def test_an_unexpected_fault_is_one_line_that_says_how_to_see_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails_with(monkeypatch, RuntimeError("the disk sings\nsecond line"))

    code, said = line("system", "list")

    assert code == 1
    assert said == [
        "2> Error: Something went wrong that should not: RuntimeError: the disk sings.",
        f"2> Hint: {FAULT}",
    ]


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--debug", "system", "list"], {}), (["system", "list"], {"IPO_LEDGER_DEBUG": "1"})],
)
def test_the_traceback_is_shown_when_it_is_asked_for(
    arguments: list[str], environment: dict[str, str], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fails_with(monkeypatch, RuntimeError("the disk sings"))

    code, said = line(*arguments, **environment)

    assert code == 1
    assert said[0] == "2> Traceback (most recent call last):"
    assert "2> RuntimeError: the disk sings" in said


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("debug", [False, True])
def test_no_failure_shows_a_password(json_too: bool, debug: bool, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://ana:{QUOTED}@db.example/ledger?password={QUOTED}"
    told = RuntimeError(f"{url}: password {SECRET!r} ({QUOTED}) or swordfish is wrong")
    monkeypatch.setattr("ipo_ledger.opening.open_ledger", _raises(told))
    options = [*(["--json"] if json_too else []), *(["--debug"] if debug else [])]

    code, said = line(*options, "system", "list", IPO_LEDGER_URL=url, PGPASSWORD="swordfish")

    assert code == 1
    assert not [text for text in said if SECRET in text or QUOTED in text or "swordfish" in text]
    assert "***" in "\n".join(said)


def _raises(fault: Exception) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise fault

    return fail


@pytest.mark.parametrize("url", ["postgresql://ana:s3cret@", "postgresql://ana:s3cret@h:x/l", "mysql://ana:s3cret@h/l"])
def test_a_url_that_is_none_is_said_without_its_password(url: str, line: Line) -> None:
    code, said = line("--ledger", url, "seats")

    assert code in {2, 6}
    assert "s3cret" not in "\n".join(said)


def test_an_interruption_ends_with_130(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails_with(monkeypatch, KeyboardInterrupt())

    assert line("system", "list") == (130, ["2> Interrupted."])


def test_an_interruption_is_json_where_that_was_asked_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails_with(monkeypatch, KeyboardInterrupt())

    code, said = line("system", "list", "--json")

    assert code == 130
    error = json.loads(said[-1].removeprefix("2> "))["error"]
    assert error == {"code": "interrupted", "message": "Interrupted.", "hint": "", "details": {}}


def test_a_full_disk_behind_stdout_is_no_success(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))

    code, said = line("system", "list")

    assert code == 1
    assert "No space left on device" in said[0]


@pytest.mark.parametrize("arguments", [["--json", "where", "\udcff"], ["where", "\udcff", "--json"]])
def test_arguments_that_are_no_characters_are_refused_in_valid_json(arguments: list[str], line: Line) -> None:
    code, said = line(*arguments)

    assert code == 2
    assert json.loads(said[0].removeprefix("2> "))["error"]["code"] == "usage"


def test_half_characters_in_a_path_do_not_break_the_json(line: Line) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC")

    code, said = line("import", "x\udcff.xml", "--json")

    assert code == 2
    assert json.loads(said[0].removeprefix("2> "))["error"]["message"]


def test_nothing_that_a_terminal_would_obey_is_written(line: Line) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")

    code, said = line("where", "\x1b[31mred\u202edet\x07")

    assert code == 4
    assert "\\x1b" in said[0]
    assert not any(character in "\n".join(said) for character in "\x1b\x07\u202e")


# --- as a program of its own --------------------------------------------------------------------------


def test_a_reader_that_is_gone_ends_it_with_141_and_no_word(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run([*PROGRAM, "-h"], stdout=writer, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_error_that_nobody_can_read_ends_it_with_141(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run([*PROGRAM, "sawp"], stdout=subprocess.PIPE, stderr=writer, env=ENVIRONMENT, check=False)
    os.close(writer)

    assert (ended.returncode, ended.stdout) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_streams_that_are_closed_are_no_fault() -> None:
    command = " ".join(PROGRAM)

    ended = subprocess.run(
        ["/bin/sh", "-c", f"{command} --version >&- 2>&-"], capture_output=True, env=ENVIRONMENT, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_stream_without_these_characters_gets_them_spelled_out(folder: Path) -> None:
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii", "IPO_LEDGER_URL": "sqlite:///ledger.db"}

    def program(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*PROGRAM, *arguments], capture_output=True, env=environment, check=True)

    program("system", "add", "hq", "--release", "11.1", "--timezone", "UTC")
    program("import", "users-1.xml", "extensions-1.xml")
    label = program("label", "2", "Fenêtre")
    as_json = program("label", "2", "Fenêtre", "--json")

    assert label.stdout == b"extension 2 (BD/2): Fen\\xeatre\n"
    assert json.loads(as_json.stdout)["label"] == "Fenêtre"
