"""What is not needed is not imported: told by what is absent, not by milliseconds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.programs import ENVIRONMENT, PROGRAM

HEAVY = ("psycopg", "eventsourcing", "rich", "cryptography")


def imported(*arguments: str, **environment: str) -> set[str]:
    """Return the names of all modules that a run of the program imports."""
    ended = subprocess.run(
        [PROGRAM[0], "-X", "importtime", *PROGRAM[1:], *arguments],
        capture_output=True,
        env={**ENVIRONMENT, **environment},
        text=True,
        check=True,
    )
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return {line.rpartition("|")[2].strip() for line in lines}


def having(modules: set[str], *names: str) -> list[str]:
    """Return those of the modules that are one of the packages, or in it."""
    return sorted(m for m in modules if any(m == name or m.startswith(f"{name}.") for name in names))


def test_help_imports_no_store_and_no_command() -> None:
    modules = imported("-h")

    assert having(modules, *HEAVY, "ipo_ledger.application", "ipo_ledger.domain", "ipo_ledger.adapters") == []
    assert having(modules, "ipo_ledger_cli") == [
        "ipo_ledger_cli",
        "ipo_ledger_cli.colours",
        "ipo_ledger_cli.command",
        "ipo_ledger_cli.failures",
        "ipo_ledger_cli.main",
        "ipo_ledger_cli.options",
        "ipo_ledger_cli.output",
        "ipo_ledger_cli.session",
        "ipo_ledger_cli.settings",
    ]


def test_the_version_imports_no_more_than_help() -> None:
    assert having(imported("--version"), *HEAVY, "msgspec", "ipo_ledger.application", "importlib.metadata") == []


def test_the_help_of_a_command_imports_no_store() -> None:
    assert having(imported("who", "-h"), *HEAVY, "ipo_ledger.application", "ipo_ledger.adapters") == []


@pytest.fixture
def url(folder: Path, line: Callable[..., tuple[int, list[str]]]) -> str:
    """Make a small ledger in a file and return its URL."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    return f"sqlite:///{(folder / 'ledger.db').as_posix()}"


ONE_COMMANDS = ("csv", "getpass", "glob", "hashlib", "html", "secrets", "shlex", "subprocess", "tomllib")
"""What one command, one form, or a mistake needs: nobody else pays for it."""


@pytest.mark.parametrize("arguments", [["-h"], ["who", "-h"], ["who", "2"], ["who", "2", "--json"], ["status"]])
def test_what_one_command_alone_needs_is_not_imported_for_the_others(arguments: list[str], url: str) -> None:
    modules = imported(*arguments, IPO_LEDGER_URL=url)

    assert having(modules, *ONE_COMMANDS) == []
    assert having(modules, "ipo_ledger_cli.rows", "ipo_ledger_cli.completing", "ipo_ledger_cli.topics") == []


@pytest.mark.parametrize("arguments", [["who", "2"], ["seats"], ["status"], ["log"], ["rollback", "-h"]])
def test_a_question_to_a_file_imports_neither_the_event_store_nor_rich(arguments: list[str], url: str) -> None:
    assert having(imported(*arguments, IPO_LEDGER_URL=url), *HEAVY, "ipo_ledger.evidence") == []


def test_a_question_imports_the_types_of_its_own_answer_only(url: str) -> None:
    answers = "ipo_ledger.application.answers"

    assert having(imported("who", "2", IPO_LEDGER_URL=url), answers) == [
        answers,
        f"{answers}.answer",
        f"{answers}.seating",
    ]


@pytest.mark.parametrize("arguments", [["who", "2"], ["where", "202"], ["seats"]])
def test_who_sat_where_imports_nothing_that_decides_or_writes(arguments: list[str], url: str) -> None:
    modules = imported(*arguments, IPO_LEDGER_URL=url)

    assert having(modules, *(f"ipo_ledger.application.{name}" for name in ("recording", "commands", "listing"))) == []
    assert having(modules, *(f"ipo_ledger.domain.{name}" for name in ("system", "fold", "events", "batch"))) == []
    assert having(modules, "ipo_ledger.adapters.store.payload", "json", "importlib.resources") == []


def test_a_command_to_a_file_imports_no_driver_of_postgresql(url: str) -> None:
    modules = imported("swap", "202", "203", IPO_LEDGER_URL=url)

    assert having(modules, "psycopg", "rich", "ipo_ledger.adapters.postgres") == []


def test_python_is_the_one_that_runs_the_tests() -> None:
    assert PROGRAM[0] == sys.executable
