"""A shell can complete commands, users, extensions and batches; what goes wrong there makes no noise."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.programs import ENVIRONMENT, PROGRAM

Line = Callable[..., tuple[int, list[str]]]


def completed(typed: str, **environment: str) -> list[str]:
    """Return what bash would be offered for the last word, as `ipo-ledger` is asked for it."""
    words = typed.split(" ")
    ended = subprocess.run(
        PROGRAM,
        capture_output=True,
        text=True,
        check=True,
        env={
            **ENVIRONMENT,
            "IPO_LEDGER_URL": "sqlite:///ledger.db",
            "_IPO_LEDGER_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
            **environment,
        },
    )
    assert ended.stderr == ""
    return [line.partition(",")[2] for line in ended.stdout.splitlines() if line]


@pytest.fixture
def drafted(line: Line) -> Line:
    """Record one batch that is settled, B1, and one that is drafted, B2."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    line("swap", "202", "203", "--done", "--at", "2026-03-02T10:00")
    line("swap", "204", "205", "--at", "2026-03-02T11:00")
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
