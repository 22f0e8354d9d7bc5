"""A shell can complete commands, users, extensions and batches; what goes wrong there makes no noise."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem

from ipo_ledger_cli.completing import PowerShell
from ipo_ledger_cli.main import COMPLETING, NAME, program, run
from tests.cli.programs import ENVIRONMENT, PROGRAM
from tests.cli.transcript import heard

Line = Callable[..., tuple[int, list[str]]]


def asked(instruction: str, words: str, typed: str, **environment: str) -> list[str]:
    """Return what a shell is answered, line by line, and see that nothing else is said."""
    told = {
        **os.environ,
        "IPO_LEDGER_URL": "sqlite:///ledger.db",
        "IPO_LEDGER_SYSTEM": "hq",
        COMPLETING: instruction,
        "COMP_WORDS": words,
        "COMP_CWORD": typed,
        **environment,
    }
    with heard() as said, pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)  # click reads them there
        code = run([], environment=told)
    lines = list(said.lines())
    assert code == 0
    assert not [line for line in lines if line.startswith("2> ")]
    return [line for line in lines if line]


def completed(typed: str, **environment: str) -> list[str]:
    """Return what bash would be offered for the last word, as `ipo-ledger` is asked for it."""
    last = str(len(typed.split(" ")) - 1)
    return [line.partition(",")[2] for line in asked("bash_complete", typed, last, **environment)]


def completed_in_powershell(*words: str, **environment: str) -> list[list[str]]:
    """Return the lines that PowerShell is answered, in their parts; the last word is the one that is typed."""
    before = "\n".join(("ipo-ledger", *words[:-1]))
    return [line.split("\t") for line in asked("powershell_complete", before, words[-1], **environment)]


@pytest.fixture
def drafted(line: Line) -> Line:
    """Record one batch that is settled, B1, and one that is drafted, B2."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    line("swap", "202", "203", "--done", "--at", "2026-03-02T10:00")
    line("swap", "204", "205", "--at", "2026-03-02T11:00")
    line("label", "7", "Window, second floor", "--at", "2026-03-02T11:30")
    line("system", "add", "depot", "--release", "4.0", "--timezone", "UTC", "--at", "2026-03-02T12:00")
    return line


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ipo-ledger ro", ["rollback"]),
        ("ipo-ledger system a", ["add"]),
        ("ipo-ledger send ", ["B2"]),
        ("ipo-ledger show B", ["B2", "B1"]),
        ("ipo-ledger swap 20", [f"20{n}" for n in (1, 3, 2, 4, 5, 6, 7, 8, 9)]),
        ("ipo-ledger where Ele", ["ElenaDuarte"]),
        ("ipo-ledger correct B", ["B2", "B1"]),
        ("ipo-ledger user renumber Ele", ["ElenaDuarte"]),
        ("ipo-ledger who ", [str(n) for n in range(1, 10)]),
        ("ipo-ledger who BD/", [f"BD/{n}" for n in range(1, 10)]),
        ("ipo-ledger who '@", ["@Window, second floor"]),
        ("ipo-ledger sheet B", ["B2", "B1"]),
        ("ipo-ledger seats --system ", ["depot", "hq"]),
        ("ipo-ledger --system d", ["depot"]),
        ("ipo-ledger system set h", ["hq"]),
        ("ipo-ledger restore --users Ele", ["ElenaDuarte"]),
        ("ipo-ledger help da", ["dates"]),
        ("ipo-ledger help conc", ["concepts"]),
        ("ipo-ledger completion p", ["powershell"]),
        ("ipo-ledger send B2 --mo", ["--mode"]),
        ("ipo-ledger send B2 --mode m", ["merge"]),
        ("ipo-ledger --ledger sqlite:///ledger.db show B2", ["B2"]),
        ("ipo-ledger --ledger sqlite:///nowhere.db show B", []),
    ],
)
def test_words_are_completed(typed: str, offered: list[str], drafted: Line) -> None:
    assert completed(typed) == offered


def test_where_there_is_no_ledger_nothing_is_offered_and_nothing_made(folder: Path) -> None:
    assert completed("ipo-ledger send ") == []
    assert not (folder / "ledger.db").exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"IPO_LEDGER_URL": "mysql://nothing"},
        {"IPO_LEDGER_URL": "sqlite:///users-1.xml"},
        {"IPO_LEDGER_URL": "postgresql://ana:secret@127.0.0.1:1/ledger"},
        {"IPO_LEDGER_SYSTEM": "nowhere"},
        {"COMP_CWORD": "many"},
        {"_IPO_LEDGER_COMPLETE": "tcsh_complete"},
    ],
)
def test_whatever_is_wrong_nothing_is_offered_and_nothing_said(environment: dict[str, str], folder: Path) -> None:
    assert completed("ipo-ledger send ", **environment) == []


def test_powershell_is_told_each_word_as_it_is_typed_and_shown(drafted: Line) -> None:
    assert completed_in_powershell("send", "B") == [["plain", "B2", "B2", "draft: swap HugoOlsen and PabloSilva"]]
    assert completed_in_powershell("who", "@W") == [
        ["plain", "'@Window, second floor'", "@Window, second floor", "Window, second floor: OlgaOBrien"]
    ]


def test_a_path_of_windows_keeps_its_backslashes_in_powershell(drafted: Line) -> None:
    assert completed_in_powershell("--ledger", "sqlite:///.\\nowhere.db", "send", "B") == []
    assert completed_in_powershell("check", "--map", ".\\col") == [["file", "'.\\col'", ".\\col", ".\\col"]]


def test_powershell_takes_an_apostrophe_in_a_word() -> None:
    item = CompletionItem("@O'Brien's desk", help="BD/7\tfree\x1b[31m")

    said = PowerShell(program, {}, NAME, COMPLETING).format_completion(item)

    assert said == "plain\t'@O''Brien''s desk'\t@O'Brien's desk\tBD/7 free\\x1b[31m"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_of_a_shell_asks_this_program(shell: str, line: Line) -> None:
    code, said = line("completion", shell)

    assert code == 0
    script = "\n".join(said)
    assert f"{shell}_complete" in script
    assert COMPLETING in script
    assert "%(" not in script


def test_the_script_of_an_unknown_shell_is_a_question_of_usage(line: Line) -> None:
    code, said = line("completion", "tcsh")

    assert code == 2
    assert "'bash', 'zsh', 'fish', 'powershell'" in said[0]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there")
def test_bash_completes_by_the_script_of_the_program(drafted: Line, folder: Path) -> None:
    here = folder / "ipo-ledger"
    here.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n', encoding="utf-8")
    here.chmod(0o755)
    asked = (
        'eval "$(./ipo-ledger completion bash)"; COMP_WORDS=(ipo-ledger send B); COMP_CWORD=2; '
        '_ipo_ledger_completion ./ipo-ledger; echo "${COMPREPLY[@]}"'
    )

    ended = subprocess.run(
        ["bash", "--norc", "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        env={**ENVIRONMENT, "IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_SYSTEM": "hq"},
    )

    assert ended.stdout == "B2\n"
    assert "B2" not in ended.stderr
