"""Made-up histories: decided by the program's own rules, and kept as facts and rows, so that they can be copied."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ipo_ledger.adapters.store import tables
from ipo_ledger.adapters.store.projection import rows_of
from ipo_ledger.demo_site import synthetic_site
from ipo_ledger.domain import baseline, batch, hot_desking
from ipo_ledger.domain import events as e
from ipo_ledger.domain.batch import Move
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import Trail

T = TypeVar("T")
Row = tuple[Any, ...]

BEGINNING = datetime(2016, 1, 4, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=97)
SETTINGS = e.SystemAdded("11.1", "Europe/Madrid", "merge", "*36")
_KEYS = {table.name: len(table.key) for table in tables.READ_MODEL}


class History:
    """One system from its first event on. Positions are as if it were alone in its ledger."""

    def __init__(self, extensions: int, *, seed: int, begins: datetime = BEGINNING, step: timedelta = STEP) -> None:
        """Begin with the baseline of a made-up site; the same arguments make the same history."""
        self.system = System("system")
        self.facts: list[e.Fact] = []
        self.appends: list[tuple[int, int]] = []
        """For each fact, the first position of the append it came with, and how many facts that has."""
        self._rows: dict[str, dict[Row, Row]] = {table.name: {} for table in tables.READ_MODEL}
        self._now, self._step = begins, step
        self._chance = random.Random(seed)
        self.record(lambda entry: entry.happens(SETTINGS))
        site = synthetic_site(extensions, seed=seed)
        self.record(lambda entry: baseline.observe(entry, site, title="baseline"))
        people = self.system.users.values()
        self.seated = sorted(u.name for u in people if u.extension_id is not None)
        self.coded = [name for name in self.seated if self.system.users[name].has_login_code]

    @property
    def rows(self) -> dict[str, list[Row]]:
        """Return the rows of the read model, by table, in the order of their keys."""
        return {name: sorted(found.values(), key=lambda row: row[: _KEYS[name]]) for name, found in self._rows.items()}

    @property
    def ended(self) -> datetime:
        """Return the time of the last event."""
        return self._now

    def record(self, command: Callable[[Entry], T]) -> T:
        """Record one command, some time after the last one."""
        self._now += self._step
        position = len(self.facts)
        given = Given(at=self._now, actor="bench", command_id=f"c{position + 1}", reason="a move", ticket=None)
        entry = Entry(self.system, given, after=position)
        result = command(entry)
        self._take(entry)
        return result

    def grow(self, events: int) -> None:
        """Let the days go by: people log out and back in, trade desks, sit elsewhere and return."""
        while len(self.facts) < events:
            match self._chance.choices(("log-out", "swap", "visit"), (5, 4, 1))[0]:
                case "log-out":
                    name = self._chance.choice(self.coded)
                    self.record(lambda entry, name=name: hot_desking.log_out(entry, name))  # type: ignore[misc] # mypy cannot infer a lambda with a default
                case "swap":
                    self.swap(*self.two(self.seated))
                case _:
                    self.visit(*self.two(self.coded))

    def two(self, names: Sequence[str]) -> tuple[str, str]:
        """Pick two of these people."""
        one, other = self._chance.sample(names, 2)
        return one, other

    def swap(self, one: str, other: str) -> int:
        """Let two people trade desks, to the end; return the batch."""

        def command(entry: Entry) -> int:
            moves = batch.swap_moves(entry.system, entry.system.users[one], entry.system.users[other])
            return _finished(entry, moves, f"swap {one} and {other}")

        return self.record(command)

    def rotate(self, names: Sequence[str]) -> int:
        """Let these people each take the next one's desk, to the end, as one batch; return it."""
        return self.record(lambda entry: rotated(entry, names))

    def visit(self, guest: str, host: str) -> None:
        """Let somebody sit at another one's desk, and both go back."""
        desk = self.system.users[host].extension_id
        assert desk is not None
        self.record(lambda entry: hot_desking.log_in(entry, guest, desk))
        self.record(lambda entry: hot_desking.log_out(entry, guest))

    def _take(self, entry: Entry) -> None:
        found = rows_of(entry.system, entry.facts)
        assert not found.close, "corrections and drafts that are changed are not copied"
        for name, rows in (*found.put.items(), *found.add.items()):
            self._rows[name].update((row[: _KEYS[name]], row) for row in rows)
        self.appends += [(len(self.facts) + 1, len(entry.facts))] * len(entry.facts)
        self.facts += entry.facts
        self.system = entry.system
        self.system.trail = Trail()


def rotated(entry: Entry, names: Sequence[str]) -> int:
    """Let these people each take the next one's desk, with the send and every log-out; return the batch."""
    users = [entry.system.users[name] for name in names]
    homes = [batch.home_to_swap(entry.system, user) for user in users]
    moves = [Move(home, users[(place + 1) % len(users)].number) for place, home in enumerate(homes)]
    return _finished(entry, moves, f"{len(moves)} moves")


def _finished(entry: Entry, moves: Sequence[Move], title: str) -> int:
    drafted = batch.draft(entry, moves, title=title)
    batch.finish(entry, drafted.number)
    return drafted.number
