"""What is different where somebody is looking: tables are drawn, and a plan is asked about."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import pytest

from ipo_ledger_cli import agreeing, tables
from ipo_ledger_cli.main import run
from tests.cli.programs import ENVIRONMENT, PROGRAM
from tests.cli.transcript import heard

Line = Callable[..., tuple[int, list[str]]]
CLEAR = "\r\x1b[K"  # what was said meanwhile is taken off the terminal


@pytest.fixture
def swapped(line: Line) -> Line:
    """Record a swap that is finished, B1."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "Europe/Madrid", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    code, _ = line("swap", "202", "203", "--done", "--at", "2026-03-02T10:00")
    assert code == 0
    return line


def typed(keys: bytes, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the program on a terminal, type the keys when it asks, and return what was to be seen."""
    import pty

    mother, child = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        env={**ENVIRONMENT, "IPO_LEDGER_URL": "sqlite:///ledger.db", "TERM": "xterm", **environment},
    )
    os.close(child)
    seen = b""
    while True:
        try:
            part = os.read(mother, 4096)
        except OSError:  # Linux says so when the program has ended
            break
        if not part:
            break
        seen += part
        if keys and b"[y/N]" in seen:
            os.write(mother, keys)
            keys = b""
    os.close(mother)
    return process.wait(), seen.decode().replace("\r\n", "\n")


terminal = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")


@terminal
def test_a_yes_records_the_plan(swapped: Line) -> None:
    code, seen = typed(b"y\n", "rollback", "B1")

    assert code == 0
    assert "Plan: roll back B1\n" in seen
    assert "B2, draft: roll back B1\n" in seen


@terminal
def test_a_correction_shows_which_answers_become_others_and_asks(swapped: Line) -> None:
    code, seen = typed(b"y\n", "correct", "B1", "--never", NO_COLOR="1", COLUMNS="120")

    assert code == 0
    plan, answer = (part.rpartition(CLEAR)[2] for part in seen.split("Do this? [y/N]: y\n"))
    assert plan.startswith(
        "Plan: event 32 (B1 sent by merge, clean, in force, 2026-03-02T10:00+01:00) never happened\n"
    )
    for said in (plan, answer):
        assert "who: extension 2" in said
        assert "B1 was settled, becomes abandoned\n" in said
    assert answer.startswith("Corrected by event 37: event 32")


@terminal
def test_a_correction_that_is_not_agreed_to_records_nothing(swapped: Line, folder: Path) -> None:
    code, seen = typed(b"n\n", "correct", "B1", "--never")

    assert code == 130
    assert seen.endswith("Nothing was recorded.\n")
    assert "Corrected" not in "".join(swapped("log")[1])


def test_a_correction_is_refused_when_facts_came_to_rest_on_it_before_the_yes(
    swapped: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(*_: object, **__: object) -> bool:
        swapped("swap", "203", "204", "--done", "--at", "2026-03-03T10:00")
        return True

    monkeypatch.setattr(agreeing, "is_terminal", lambda _: True)
    monkeypatch.setattr(tables, "is_drawn", lambda _: False)
    monkeypatch.setattr(click, "confirm", agree)

    code, said = swapped("correct", "B1", "--never")

    assert code == 3
    assert "2> Error: 3 later facts rest on event 32, newest first:" in said
    assert "Corrected" not in "".join(swapped("log")[1])


@terminal
@pytest.mark.parametrize("keys", [b"n\n", b"\n", b"\x04"])
def test_anything_but_a_yes_records_nothing_and_ends_with_130(keys: bytes, swapped: Line) -> None:
    code, seen = typed(keys, "rollback", "B1")

    assert code == 130
    assert seen.endswith("Nothing was recorded.\n")
    assert swapped("show", "B2")[0] == 4


@terminal
def test_with_yes_nobody_is_asked(swapped: Line) -> None:
    code, seen = typed(b"", "restore", "--on", "2026-03-02T09:00", "--yes")

    assert code == 0
    assert "[y/N]" not in seen


@terminal
def test_on_a_terminal_tables_are_drawn_and_fit(swapped: Line) -> None:
    code, seen = typed(b"", "seats", COLUMNS="60", NO_COLOR="")

    assert code == 0
    assert "ElenaDuarte" in seen
    assert "\x1b[1m" in seen
    assert "extension" in seen
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", text)) for text in seen.splitlines()) <= 60


@terminal
def test_what_is_open_stands_out(swapped: Line) -> None:
    swapped("change", "9", "-", "--at", "2026-03-04T10:00")

    _, seen = typed(b"", "batches", COLUMNS="160", NO_COLOR="")

    assert "\x1b[33mdraft" in seen
    assert "\x1b[32msettled" in seen


@terminal
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}])
def test_without_colours_nothing_is_styled(environment: dict[str, str], swapped: Line) -> None:
    for arguments in (["seats"], ["sawp"]):
        _, seen = typed(b"", *arguments, **environment)
        assert not re.search(r"\x1b\[[0-9;]*m", seen), arguments


@terminal
def test_a_dumb_terminal_is_sent_plain_columns(swapped: Line) -> None:
    _, seen = typed(b"", "rollback", "B1", "--dry-run", TERM="dumb", NO_COLOR="")
    _, seats = typed(b"", "seats", TERM="dumb", NO_COLOR="", FORCE_COLOR="1")

    assert "\x1b" not in seen
    assert seats.splitlines()[1].startswith("EXTENSION  PLACE")


@pytest.mark.parametrize(
    ("environment", "red"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, False),
    ],
)
def test_colours_in_a_pipe_are_only_for_who_forces_them(environment: dict[str, str], red: bool, line: Line) -> None:
    _, said = line("sawp", **environment)

    assert said[0].startswith("2> \x1b[1;31mError:\x1b[0m " if red else "2> Error: ")


@terminal
@pytest.mark.parametrize(
    ("arguments", "busy"),
    [
        (["import", "users-1.xml", "extensions-1.xml"], "Taking in the export ..."),
        (["check", "users-1.xml", "extensions-1.xml"], "Comparing the export ..."),
        (["report"], "Gathering the report ..."),
        (["rollback", "B1", "--dry-run"], "Planning ..."),
        (["rollback", "B1", "--yes"], "Recording ..."),
    ],
)
def test_a_long_command_says_what_it_is_busy_with_and_takes_it_back(
    arguments: list[str], busy: str, swapped: Line
) -> None:
    _, seen = typed(b"", *arguments)

    assert f"{busy}{CLEAR}" in seen


def test_in_a_pipe_nobody_is_told_what_a_command_is_busy_with(swapped: Line) -> None:
    for arguments in (["report"], ["rollback", "B1", "--dry-run"], ["check", "users-1.xml", "extensions-1.xml"]):
        _, said = swapped(*arguments)
        assert " ..." not in "".join(said), arguments


@terminal
def test_an_error_is_red_where_somebody_is_looking(swapped: Line) -> None:
    code, seen = typed(b"", "sawp", NO_COLOR="")

    assert code == 2
    assert seen.startswith("\x1b[1;31mError:\x1b[0m No such command 'sawp'.")


def test_a_plan_that_went_stale_before_the_yes_is_refused(swapped: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def agree(*_: object, **__: object) -> bool:
        swapped("swap", "203", "204", "--done", "--at", "2026-03-03T10:00")
        return True

    monkeypatch.setattr(agreeing, "is_terminal", lambda _: True)
    monkeypatch.setattr(click, "confirm", agree)

    code, said = swapped("rollback", "B1")

    assert code == 3
    assert said[-2:] != []
    assert "B1" in said[-2]
    assert swapped("show", "B3")[0] == 4


def test_a_plan_that_is_still_the_plan_is_recorded_whatever_else_went_on(
    swapped: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(*_: object, **__: object) -> bool:
        swapped("swap", "205", "206", "--at", "2026-03-03T10:00")
        return True

    monkeypatch.setattr(agreeing, "is_terminal", lambda _: True)
    monkeypatch.setattr(click, "confirm", agree)

    code, said = swapped("rollback", "B1", "--json")

    assert code == 0
    assert said[-1].startswith('{"system":"hq","batch":"B3","status":"draft"')


def test_the_prompt_is_conversation_and_not_the_result(swapped: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreeing, "is_terminal", lambda _: True)

    with heard("y\n") as said:
        environment = {"IPO_LEDGER_URL": "sqlite:///ledger.db"}
        now = datetime.fromisoformat("2026-06-01T12:00+02:00")
        code = run(["rollback", "B1", "--json"], environment=environment, clock=lambda: now)

    assert code == 0
    (result,) = [text for text in said.lines() if not text.startswith("2> ")]
    assert result.startswith('{"system":"hq"')


def test_without_a_terminal_and_a_yes_nothing_is_recorded(swapped: Line, folder: Path) -> None:
    before = (folder / "ledger.db").read_bytes()

    code, said = swapped("restore", "--on", "2026-03-02T09:00")

    assert code == 2
    assert "--yes" in said[-2]
    assert (folder / "ledger.db").read_bytes() == before
