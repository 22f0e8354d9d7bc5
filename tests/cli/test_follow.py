"""`log --follow` writes each event once, in order, whoever records it, and misses none."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from ipo_ledger.application.answers import Log, LogEntry
from ipo_ledger_cli.following import INTERVAL, follow
from ipo_ledger_cli.main import run
from tests.cli.played_stores import PlayedStore
from tests.cli.programs import ENVIRONMENT, PROGRAM
from tests.cli.transcript import heard

NOW = datetime.fromisoformat("2024-06-01T12:00+02:00")
Meanwhile = Callable[[], object]


@pytest.fixture
def url(store: PlayedStore) -> str:
    """Make a small ledger in each store, and return its URL."""
    for arguments in (
        ["init"],
        ["system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2024-03-02T07:00"],
        ["import", "users-1.xml", "extensions-1.xml", "--at", "2024-03-02T08:00"],
    ):
        played(store.url, *arguments)
    return store.url


def played(url: str, *arguments: str) -> None:
    """Run a command in this process."""
    with heard():
        assert run(arguments, environment={"IPO_LEDGER_URL": url, "IPO_LEDGER_ACTOR": "ana"}, clock=lambda: NOW) == 0


def followed(url: str, *arguments: str, meanwhile: list[Meanwhile]) -> tuple[int, list[str]]:
    """Follow the log while these things happen, one at each wait; then Ctrl-C is pressed."""
    waits = iter(meanwhile)

    def sleep(seconds: float) -> None:
        assert seconds == INTERVAL
        happens = next(waits, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()

    with heard() as said:
        code = run(["log", "--follow", *arguments], environment={"IPO_LEDGER_URL": url}, clock=lambda: NOW, sleep=sleep)
    return code, list(said.lines())


def in_another_process(url: str, *arguments: str) -> None:
    """Run a command in a process of its own."""
    subprocess.run([*PROGRAM, *arguments, "--ledger", url], env=ENVIRONMENT, check=True, capture_output=True)


def test_new_events_of_another_process_are_written_as_they_come(url: str) -> None:
    code, said = followed(
        url,
        "--limit",
        "2",
        "--nl",
        meanwhile=[
            lambda: in_another_process(url, "swap", "202", "203", "--at", "2024-03-02T09:00"),
            lambda: None,
            lambda: played(url, "abandon", "B1"),
        ],
    )

    assert code == 130
    assert said[-1] == "2> Interrupted."
    entries = [json.loads(text) for text in said[:-1]]
    last = entries[1]["position"]
    assert [entry["position"] for entry in entries] == list(range(last - 1, last + 5))
    assert [entry["type"] for entry in entries[2:]] == [
        "BatchOpened",
        "BaseExtensionChanged",
        "BaseExtensionChanged",
        "BatchAbandoned",
    ]


def test_in_words_it_is_a_line_an_event(url: str) -> None:
    code, said = followed(
        url, "--extension", "2", "--limit", "1", meanwhile=[lambda: played(url, "change", "2", "-", "-m", "two\nlines")]
    )

    assert code == 130
    assert said == [
        "2> Ctrl-C ends it.",
        "     21  2024-03-02T08:00+00:00  UserLoggedIn user=ElenaDuarte number=202 extension_id=2 cause=baseline (ana)",
        "     30  2024-06-01T10:00+00:00  B1 BaseExtensionChanged extension_id=2 old=202 (ana: two lines)",
        "2> Interrupted.",
    ]


def test_it_goes_on_after_a_position_and_says_all_that_came_since(url: str) -> None:
    played(url, "swap", "202", "203", "--done")

    code, said = followed(url, "--after", "28", "--json", meanwhile=[])

    assert code == 130
    *entries, error = [json.loads(text.removeprefix("2> ")) for text in said]
    assert [entry["position"] for entry in entries] == list(range(29, 37))
    assert error["error"]["code"] == "interrupted"


def test_as_csv_there_is_one_header(url: str) -> None:
    code, said = followed(
        url, "--csv", "--limit", "1", "--batch", "B1", meanwhile=[lambda: played(url, "change", "2", "-")]
    )

    assert code == 130
    header, *rows = csv.reader(said[:-1])
    assert [dict(zip(header, row, strict=True))["type"] for row in rows] == ["BatchOpened", "BaseExtensionChanged"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--follow", "--before", "7"], "--follow goes on from now, and --before ends: give one."),
        (["--follow", "--until", "today"], "--follow goes on from now, and --until ends: give one."),
        (["--after", "7"], "--after goes with --follow; without it, --since WHEN."),
    ],
)
def test_what_does_not_go_with_it_is_refused(arguments: list[str], said: str, folder: Path) -> None:
    with heard() as told:
        code = run(["log", *arguments], environment={"IPO_LEDGER_URL": "sqlite:///ledger.db"})

    assert code == 2
    assert next(told.lines()) == f"2> Error: {said}"


def entry(position: int) -> LogEntry:
    """Return an event at a position, and nothing else."""
    return LogEntry(
        position=position,
        type="SystemRestarted",
        system="hq",
        occurred_at=NOW,
        recorded_at=NOW,
        actor="ana",
        reason=None,
        ticket=None,
        command_id="",
        batch=None,
        caused_by=None,
        corrected_by=None,
        data={},
    )


def test_more_events_than_a_page_holds_are_all_written_and_once() -> None:
    recorded = [1, 2, 3]
    arrivals = iter([range(4, 3000), [], [5000, 5001]])

    def read(*, limit: int, before: int | None = None) -> Log:
        found = [p for p in reversed(recorded) if before is None or p < before]
        more = len(found) > limit
        return Log(events=tuple(map(entry, found[:limit])), next=found[limit - 1] if more else None)

    def sleep(_: float) -> None:
        recorded.extend(next(arrivals))  # StopIteration, at the end: a generator makes a RuntimeError of it

    written = [2, 3, *range(4, 3000), 5000, 5001]
    following = follow(read, sleep, limit=2, after=None)

    assert [each.position for each in islice(following, len(written))] == written
    with pytest.raises(RuntimeError, match="StopIteration"):
        next(following)
