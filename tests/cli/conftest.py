"""What the tests of the command line have: a folder of their own with the export of a site, and a store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger_cli.main import run
from tests.cli.played_stores import PlayedPostgres, PlayedSqlite, PlayedStore
from tests.cli.transcript import heard


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a current folder of its own, with `users-1.xml` and `extensions-1.xml` of nine people in it."""
    write_export(synthetic_site(9), tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, folder: Path) -> PlayedStore:
    """Each store in turn, empty."""
    if request.param == "sqlite":
        return PlayedSqlite()
    return PlayedPostgres(request.getfixturevalue("postgres_url"))


@pytest.fixture
def line(folder: Path) -> Callable[..., tuple[int, list[str]]]:
    """Return what runs one command line on a ledger in the current folder, at noon of a day in June or `now`.

    It returns the exit code and the lines that were written, those on stderr marked with 2>.
    """

    def play(
        *arguments: str, stdin: str = "", now: str = "2026-06-01T12:00+02:00", **environment: str
    ) -> tuple[int, list[str]]:
        known = {"IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_ACTOR": "ana", **environment}
        with heard(stdin) as said:
            code = run(arguments, environment=known, clock=lambda: datetime.fromisoformat(now))
        return code, list(said.lines())

    return play
