"""Several at once on one ledger: nothing is lost, nobody is refused for it, and who follows the log misses nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.faults import StoreBusy
from tests.faults.load import Follower
from tests.faults.site import EVENTS, a_ledger, a_store, opened, refuse_unsound, swap
from tests.faults.writers import longest_pause

THREADS, COMMANDS = 3, 8
BASELINE = 28  # events before the first swap


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger on each store."""
    if request.param == "sqlite":
        found = f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}"
    else:
        found = request.getfixturevalue("postgres_url")
    a_ledger(found)
    return found


def test_all_that_several_record_at_once_is_there_and_a_reader_misses_none_of_it(url: str) -> None:
    follower = Follower(url)

    def record(thread: int) -> dict[str, int]:
        with opened(url) as ledger:
            return {name: swap(ledger, name) for name in (f"{thread} {n}" for n in range(COMMANDS))}

    with ThreadPoolExecutor(THREADS) as threads:
        each = list(threads.map(record, range(THREADS)))
    follower.stop()

    acknowledged = {name: position for one in each for name, position in one.items()}
    assert sorted(acknowledged.values()) == [BASELINE + EVENTS * n for n in range(1, THREADS * COMMANDS + 1)]
    assert follower.positions == list(range(1, BASELINE + EVENTS * THREADS * COMMANDS + 1))
    refuse_unsound(url, acknowledged)


def test_who_waits_too_long_is_told_that_nothing_was_recorded_and_is_done_afterwards(url: str) -> None:
    other = a_store(url)
    with opened(url, 0.05) as ledger, ThreadPoolExecutor(1) as thread:
        with other.writing(), pytest.raises(StoreBusy, match=r"waiting 0\.05 s was not enough") as busy:
            thread.submit(swap, ledger, "busy").result(30)
        assert busy.value.exit_code == 6
        assert "nothing of this command was recorded" in busy.value.hint

        assert thread.submit(swap, ledger, "busy").result(30) == BASELINE + EVENTS
    other.close()
    refuse_unsound(url, {"busy": BASELINE + EVENTS})


def test_only_waiting_for_a_turn_is_asked_for_often(tmp_path: Path) -> None:
    asked: list[str] = []
    url = f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}"
    a_ledger(url)
    store, other = a_store(url, 0.1), a_store(url)
    assert isinstance(store, SqliteStore)
    with store.writing() as writing:
        connection = writing.connection
        connection.set_trace_callback(asked.append)

    with other.writing(), pytest.raises(StoreBusy), store.writing():
        pass

    assert asked.count("BEGIN IMMEDIATE") > 2
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (100,)
    store.close()
    other.close()


def test_the_longest_pause_is_between_any_two_in_order() -> None:
    assert longest_pause([3.0, 0.0, 1.0]) == 2.0
    assert longest_pause([1.0]) == 0.0
