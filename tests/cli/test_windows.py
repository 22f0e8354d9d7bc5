"""What differs on Windows, simulated where it can be: consoles, code pages, line ends, paths, and no POSIX."""

from __future__ import annotations

import ast
import codecs
import ctypes
import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger_cli import colours, failures
from ipo_ledger_cli.completing import PowerShell
from ipo_ledger_cli.imports import expanded
from ipo_ledger_cli.main import COMPLETING, NAME, program, run
from ipo_ledger_cli.rows import csv_line
from ipo_ledger_cli.settings import read
from tests.cli.programs import ENVIRONMENT, PROGRAM
from tests.cli.transcript import heard

Line = Callable[..., tuple[int, list[str]]]
ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-06-01T12:00+02:00")
FOREIGN = "東京 Łódź Zoë 🪑"  # of which code page 1252 has Zoë alone
POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_CALLS = {"fork", "getuid", "geteuid", "getgid", "killpg", "mkfifo", "setsid", "SIGHUP", "SIGKILL", "SIGPIPE"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger whose labels and reasons are in characters that few consoles have."""
    folder = tmp_path_factory.mktemp("foreign")
    write_export(synthetic_site(9), folder)
    environment = {"IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_ACTOR": "ana"}
    commands = (
        ["system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00"],
        ["import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00"],
        ["label", "2", FOREIGN, "--at", "2026-03-02T08:30"],
        ["swap", "202", "203", "--done", "--at", "2026-03-02T10:00", "-m", FOREIGN, "--actor", "Łukasz"],
        ["swap", "204", "205", "--at", "2026-03-02T11:00", "-m", FOREIGN],
        ["key", "new", "hq.example/東京", "--out", "ledger.key"],
    )
    with pytest.MonkeyPatch.context() as patch, heard() as said:
        patch.chdir(folder)
        codes = [run(arguments, environment=environment, clock=lambda: NOW) for arguments in commands]
    assert not any(codes), list(said.lines())
    return folder


@pytest.fixture
def foreign(made: Path, line: Line, folder: Path) -> Line:
    """Return what runs a command on a copy of that ledger."""
    for file in made.iterdir():
        shutil.copy2(file, folder)
    return line


class Console(io.TextIOWrapper):
    """A stream of code page 1252, strict as Python makes one for a pipe on Windows, with its line ends."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        super().__init__(io.BytesIO(), encoding="cp1252", errors="strict", newline="\r\n")

    def written(self) -> bytes:
        """Return all that was written."""
        self.flush()
        held = self.buffer
        assert isinstance(held, io.BytesIO)
        return held.getvalue()


@contextmanager
def code_page_1252(stdin: bytes = b"") -> Iterator[tuple[Console, Console]]:
    """Let the block have two streams of that code page."""
    streams = Console(), Console()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="cp1252"))
        yield streams


def on_code_page_1252(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Run a command there; return the exit code and what was written."""
    environment = {"IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_ACTOR": FOREIGN, "IPO_LEDGER_KEY": "ledger.key"}
    with code_page_1252(stdin) as (out, err):
        code = run(arguments, environment=environment, clock=lambda: NOW)
    return code, out.written(), err.written()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["system", "list"], 0),
        (["who", "2", "--on", "2026-03-02"], 0),
        (["where", "202", "--on", "2026-03-02"], 0),
        (["seats"], 0),
        (["status"], 0),
        (["batches"], 0),
        (["show", "B1"], 0),
        (["sheet", "B2"], 0),
        (["sheet", "B2", "--html"], 0),
        (["history", "202"], 0),
        (["log"], 0),
        (["diff", "2026-03-02T09:00", "now"], 0),
        (["check", "users-1.xml", "extensions-1.xml"], 5),
        (["report", "-o", "-"], 0),
        (["rollback", "B1", "--dry-run", "-m", FOREIGN], 0),
        (["correct", "B1", "--never", "--dry-run"], 0),
        (["swap", "206", "207", "-m", FOREIGN], 0),
        (["label", "3", FOREIGN], 0),
        (["where", FOREIGN], 4),
        (["who", f"@{FOREIGN}!"], 4),
        (["import", f"{FOREIGN}.xml"], 2),
        ([FOREIGN], 2),
        (["--ledger", f"sqlite:///{FOREIGN}.db", "seats"], 6),
        (["checkpoint"], 0),
        (["prove", "B1", "-o", "-"], 0),
        (["export"], 0),
        (["verify"], 0),
        (["status", "--store"], 0),
        (["config", "show"], 0),
        (["key", "show"], 0),
        (["help", "dates"], 0),
        (["completion", "powershell"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_no_command_stumbles_over_a_code_page(command: list[str], code: int, foreign: Line) -> None:
    for form in ([], ["--json"]):
        if form and {"-", "--html", "swap"} & set(command):
            continue  # two documents want standard output, and a swap is drafted once
        ended, out, err = on_code_page_1252(*command, *form)
        assert ended == code, err.decode("cp1252")
        assert b"UnicodeEncodeError" not in err
        if form and code in {0, 5} and command != ["export"]:
            assert json.loads(out.decode("utf-8")), "JSON is UTF-8, whatever the code page"


def test_what_a_code_page_has_is_shown_and_the_rest_is_spelled_out(foreign: Line) -> None:
    code, out, _ = on_code_page_1252("seats")

    assert code == 0
    assert "\\u6771\\u4eac \\u0141ód\\u017a Zoë \\U0001fa91" in out.decode("cp1252")
    assert out.endswith(b"\r\n")


@pytest.mark.parametrize("form", ["--csv", "--nl"])
def test_rows_are_utf_8_on_any_code_page(form: str, foreign: Line) -> None:
    code, out, _ = on_code_page_1252("seats", form)

    assert code == 0
    assert FOREIGN in out.decode("utf-8")


def test_the_whole_program_runs_with_the_code_page_in_its_environment(folder: Path) -> None:
    ended = subprocess.run(
        [*PROGRAM, "demo"], capture_output=True, check=False, env={**ENVIRONMENT, "PYTHONIOENCODING": "cp1252"}
    )

    assert (ended.returncode, ended.stderr[:200]) == (0, ended.stderr[:200])
    assert b"Error" not in ended.stderr


def test_a_drawn_table_has_no_lines_where_the_console_has_none(foreign: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Console, "isatty", lambda _: True)

    code, out, err = on_code_page_1252("seats")

    assert code == 0, err
    assert b"u2500" not in out
    assert b"|" not in out
    assert re.search(rb" 1  BD/1 +201 +InesOrtega", out)


# --- consoles -------------------------------------------------------------------------------------------------


class _Kernel:
    """The part of kernel32 that consoles are set with."""

    def __init__(self, *, knows: bool) -> None:
        self.knows, self.mode = knows, 0

    def GetConsoleMode(self, _: object, __: object) -> int:  # noqa: N802 - its name on Windows
        return 1

    def SetConsoleMode(self, _: object, mode: int) -> int:  # noqa: N802 - its name on Windows
        self.mode = mode
        return int(self.knows)


@pytest.mark.parametrize("knows", [True, False])
def test_a_console_is_told_to_obey_escapes_and_an_old_one_is_sent_none(
    knows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = _Kernel(knows=knows)
    console: Any = SimpleNamespace(isatty=lambda: True, fileno=lambda: 1)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(get_osfhandle=lambda fd: fd))
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)

    with colours.wanted(lambda: "auto", {}):
        assert colours.lively(console) is knows
    assert kernel.mode & 4


def test_a_reader_that_is_gone_is_reported_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = OSError(errno.EINVAL, "Invalid argument")

    assert not failures._reader_is_gone(fault)  # noqa: SLF001 - a pipe of Windows cannot be made elsewhere
    monkeypatch.setattr(sys, "platform", "win32")
    assert failures._reader_is_gone(fault)  # noqa: SLF001 - as above


# --- files as Windows programs write them -----------------------------------------------------------------------

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be-sig")


def encoded(text: str, encoding: str) -> bytes:
    """Return a text as a program of Windows writes it: with CRLF, and with a mark but in plain UTF-8."""
    lines = text.replace("\n", "\r\n")
    return codecs.BOM_UTF16_BE + lines.encode("utf-16-be") if encoding == "utf-16-be-sig" else lines.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lists_as_excel_saves_them_are_read(encoding: str, delimiter: str, line: Line, folder: Path) -> None:
    users = f"name;number;full name\nAna;201;{FOREIGN}\nBea;202;\n"
    extensions = "extension_id;module;port;base_extension\n1;BD;1;201\n2;BD;2;202\n"
    for name, text in (("u.csv", users), ("x.csv", extensions), ("m.csv", "user;extension_id\nAna;2\nBea;1\n")):
        Path(name).write_bytes(encoded(text.replace(";", delimiter), encoding))
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")

    code, said = line("import", "u.csv", "x.csv", "--at", "2026-03-02T08:00")
    drafted, told = line("batch", "m.csv")

    assert (code, said[1]) == (0, "Baseline of hq: 2 extensions, 2 users, 2 seated")
    assert (drafted, told[0]) == (0, "B1, draft: 2 moves")
    assert json.loads(line("where", "Ana", "--json")[1][0])["full_name"] == FOREIGN


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_of_commands_as_powershell_writes_them_are_read(encoding: str, line: Line, folder: Path) -> None:
    text = '{"do":"system add","name":"hq","release":"11.1","timezone":"UTC","reason":"東"}\n{"do":"nothing"}\n'
    Path("day.jsonl").write_bytes(encoded(text, encoding))

    code, said = line("record", "day.jsonl", "--keep-going")

    assert code == 2
    assert [json.loads(answer)["ok"] for answer in said[:2]] == [True, False]
    assert '"reason":"東"' in line("log", "--json")[1][0]


def test_utf_16_that_is_cut_off_is_refused_line_by_line(line: Line, folder: Path) -> None:
    Path("day.jsonl").write_bytes(encoded('{"do":"restart"}\n', "utf-16")[:-3])

    code, said = line("record", "day.jsonl")

    assert code != 1
    assert json.loads(said[0])["ok"] is False


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_checkpoint_that_was_kept_by_an_editor_of_windows_still_counts(encoding: str, foreign: Line) -> None:
    foreign("checkpoint", "-o", "kept.txt", "--key", "ledger.key")
    kept = Path("kept.txt")
    kept.write_bytes(encoded(kept.read_text(encoding="utf-8"), encoding))

    code, said = foreign("verify", "--against", "kept.txt")

    assert code == 0, said


def test_a_key_file_with_the_line_ends_of_windows_is_read(foreign: Line) -> None:
    key = Path("ledger.key")
    key.write_bytes(key.read_bytes().replace(b"\n", b"\r\n"))

    assert foreign("key", "show", "ledger.key")[0] == 0


def test_an_export_with_the_line_ends_of_windows_is_refused_in_words(foreign: Line) -> None:
    foreign("export", "-o", "ledger.jsonl")
    file = Path("ledger.jsonl")
    file.write_bytes(encoded(file.read_text(encoding="utf-8"), "utf-16"))

    code, said = foreign("load", "ledger.jsonl", "--ledger", "sqlite:///copy.db")

    assert code == 2
    assert said[0].startswith("2> Error: Line 1 of the export is not as it was written")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_settings_as_an_editor_of_windows_writes_them_are_read(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(encoded(f'system = "hq"\nactor = "{FOREIGN}"\n', encoding))

    assert read({"IPO_LEDGER_CONFIG": str(file)}) == {"system": "hq", "actor": FOREIGN}


def test_no_settings_are_read_from_nowhere() -> None:
    assert read({"IPO_LEDGER_CONFIG": os.devnull}) == {}


def test_csv_has_the_line_ends_of_the_system_and_is_read_back_by_excel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "linesep", "\r\n")

    assert csv_line(["2", "two\nlines"]) == b'2,"two\nlines"\r\n'


# --- shells and paths -------------------------------------------------------------------------------------------


def test_patterns_that_cmd_does_not_fill_in_are_filled_in(folder: Path) -> None:
    assert expanded(["*.xml"]) == ["extensions-1.xml", "users-1.xml"]
    assert expanded([str(folder / "users-?.xml")]) == [str(folder / "users-1.xml")]
    assert expanded(["nothing-*.xml"]) == ["nothing-*.xml"]


def test_a_path_of_windows_reaches_the_program_from_powershell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "ipo-ledger\n--ledger\nsqlite:///C:\\Users\\ana\\a.db\nshow")
    monkeypatch.setenv("COMP_CWORD", "B")

    args, incomplete = PowerShell(program, {}, NAME, COMPLETING).get_completion_args()

    assert args == ["--ledger", "sqlite:///C:\\Users\\ana\\a.db", "show"]
    assert incomplete == "B"


def test_a_label_can_be_taken_away_where_a_shell_hands_on_no_empty_word(foreign: Line) -> None:
    code, said = foreign("label", "2", "-")

    assert (code, said) == (0, ["extension 2 (BD/2): no label"])


def test_help_is_written_where_nothing_can_be_seen_of_a_terminal() -> None:
    with heard() as said:
        assert run(["help"], environment={"TERM": "dumb"}) == 0
    assert next(said.lines()).startswith("Usage:")


# --- the code itself --------------------------------------------------------------------------------------------


def test_nothing_is_used_that_windows_has_not() -> None:
    files = [*ROOT.glob("ipo_ledger/**/*.py"), *ROOT.glob("cli/**/*.py")]

    found = {file.name: sorted(_of_posix(ast.parse(file.read_text(encoding="utf-8")))) for file in files}

    assert {name: names for name, names in found.items() if names} == {}
    assert len(files) > 100
    assert _of_posix(ast.parse("import fcntl, os\nfrom pwd import getpwuid\nos.fork()")) == {"fcntl", "pwd", "fork"}


def _of_posix(tree: ast.AST) -> set[str]:
    """Return the modules and calls of POSIX alone that some code uses."""
    used: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                used |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(module)):
                used.add(module.partition(".")[0])
            case ast.Attribute(value=ast.Name(id="os" | "signal"), attr=attribute):
                used.add(attribute)
    return used & (POSIX_ONLY | POSIX_CALLS)


def test_every_file_is_opened_in_an_encoding_that_is_named(folder: Path) -> None:
    strict = [PROGRAM[0], "-X", "warn_default_encoding", "-W", "error::EncodingWarning", *PROGRAM[1:]]

    ended = subprocess.run([*strict, "demo", "--keep", "kept"], capture_output=True, check=False, env=ENVIRONMENT)

    assert ended.returncode == 0, ended.stderr
