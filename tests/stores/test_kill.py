"""Killed at any moment: what was acknowledged is there, the rest is there whole or not at all, and it goes on.

`Popen.kill` is SIGKILL on Unix and TerminateProcess on Windows: no handler runs, nothing is flushed.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from ipo_ledger.domain import fold
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.system import System
from tests.domain.given import state_of
from tests.domain.thoroughness import examples
from tests.postgres_server import Server
from tests.stores import appender
from tests.stores.places import Place, PostgresPlace, SqlitePlace

FACTS = 5  # in each entry: so many, or none
ROUNDS = examples(4)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return a ledger on each store."""
    if request.param == "sqlite":
        place: Place = SqlitePlace(tmp_path / "ledger.db")
    else:
        place = PostgresPlace(request.getfixturevalue("postgres_url"))
    place.ledger()
    yield place
    place.close()


def test_killed_writers_leave_whole_entries(place: Place) -> None:
    chance = Random(36)  # noqa: S311 - no secret
    acknowledged = 0

    for number in range(ROUNDS):
        with _writer(place, f"one {number}") as one, _writer(place, f"other {number}") as other:
            for child in chance.sample([one, other], 2):
                acknowledged = max(acknowledged, _kill(child, chance))

        assert _whole(place) >= acknowledged, f"round {number}"


def test_a_killed_server_comes_back_with_whole_entries(own_postgres: Server) -> None:
    place = PostgresPlace(own_postgres.create_database("ledger"))
    place.ledger()
    chance = Random(42)  # noqa: S311 - no secret
    acknowledged = 0

    for number in range(examples(3)):
        with _writer(place, f"one {number}") as one, _writer(place, f"other {number}") as other:
            told = [_acknowledged(child, chance.randint(1, 30)) for child in (one, other)]
            _dawdle(chance)
            own_postgres.kill()
            for child in (one, other):  # left alone, they would wait for a server to come back
                child.kill()
            told += [_rest(child) for child in (one, other)]
            acknowledged = max(acknowledged, *told)
        own_postgres.start()

        assert _whole(place) >= acknowledged, f"round {number}"

    place.close()


@contextmanager
def _writer(place: Place, system: str) -> Iterator[subprocess.Popen[str]]:
    command = appender.command(place.url, system, times=0, facts=FACTS)
    with subprocess.Popen(
        command, cwd=appender.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _kill(child: subprocess.Popen[str], chance: Random) -> int:
    """Kill a writer after some acknowledgements, and return the last that it gave."""
    first = _acknowledged(child, chance.choice([1, 2, 2, 3, 9]))
    _dawdle(chance)
    child.kill()
    return max(first, _rest(child))


def _acknowledged(child: subprocess.Popen[str], times: int) -> int:
    assert child.stdout is not None
    told = [child.stdout.readline() for _ in range(times)]
    assert told[-1], "it ended by itself"
    return int(told[-1])


def _rest(child: subprocess.Popen[str]) -> int:
    """Return the last position that was said before the end; a line that was cut off says nothing."""
    assert child.stdout is not None
    return max((int(line) for line in child.stdout if line.endswith("\n")), default=0)


def _dawdle(chance: Random) -> None:
    """Spend up to some milliseconds, so that a kill hits any part of an append."""
    for _ in range(chance.randint(0, 100_000)):
        pass


def _whole(place: Place) -> int:
    """Look whether everything agrees, append once more, and return the last position before that."""
    store = place.ledger()
    with store.reading() as reading:
        head, facts = reading.head(), list(reading.facts())
        assert [fact.position for fact in facts] == list(range(1, head.position + 1))
        counts = Counter(fact.system for fact in facts)
        assert all(count % FACTS == 0 for count in counts.values()), "an entry is there in part"
        for name in counts:
            loaded = reading.system(name)
            assert loaded is not None
            assert state_of(loaded) == state_of(_folded(name, [f for f in facts if f.system == name]))
    _events_and_read_model_agree(place)
    assert appender.append(store, "after", FACTS) > head.position
    return head.position


def _events_and_read_model_agree(place: Place) -> None:
    tables = ("stored_events", "log_entries", "systems", "users", "places", "numbers")
    counts = ", ".join(f"(SELECT count(*) FROM {place.schema}{table})" for table in tables)
    ((events, entries, systems, users, places, numbers),) = place.run(f"SELECT {counts}")
    assert entries == events
    assert users == places == numbers == events - systems


def _folded(name: str, facts: list[Fact]) -> System:
    system = System(name)
    for fact in facts:
        fold.apply(system, fact)
    return system.copy()
