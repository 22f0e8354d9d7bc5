"""The demo plays what it shows, touches nobody's ledger, and leaves nothing behind."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.transcript import FOLDER, compare

Line = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of its own for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_demo_is_as_it_is_written(line: Line) -> None:
    code, said = line("demo")

    assert code == 0
    compare(FOLDER / "help" / "demo.txt", "\n".join(said) + "\n")


def test_the_demo_touches_no_ledger_and_leaves_nothing(line: Line, folder: Path, temporary: Path) -> None:
    before = sorted(folder.rglob("*"))

    code, _ = line("demo", IPO_LEDGER_SYSTEM="nowhere", IPO_LEDGER_DEBUG="1")

    assert code == 0
    assert sorted(folder.rglob("*")) == before
    assert list(temporary.iterdir()) == []


def test_a_demo_that_is_kept_can_be_asked(line: Line, folder: Path) -> None:
    code, said = line("demo", "--keep", "kept")

    assert code == 0
    assert "try `ipo-ledger history ElenaDuarte --ledger sqlite:///kept/ledger.db`" in said[-2]
    assert line("history", "ElenaDuarte", "--ledger", "sqlite:///kept/ledger.db")[0] == 0
    assert (folder / "kept" / "users-1.xml").exists()


def test_a_demo_is_not_played_into_a_ledger_that_is_there(line: Line) -> None:
    line("demo", "--keep", "kept")

    code, said = line("demo", "--keep", "kept")

    assert code == 2
    assert said[0] == "2> Error: There is a ledger in kept already."


def test_the_demo_as_json_is_one_document_with_each_answer(line: Line) -> None:
    code, said = line("demo", "--json")

    assert code == 0
    (document,) = said
    steps = json.loads(document)["steps"]
    assert steps[0]["command"].startswith("ipo-ledger system add hq")
    assert [step["exit"] for step in steps if step["exit"]] == [3]
    assert all(step["answer"] for step in steps)
