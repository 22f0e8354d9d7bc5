"""One run of the benchmarks: where it works, how much of everything there is, and what was found."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from benchmarks.copying import Part
from benchmarks.goals import Goal
from benchmarks.history import History
from benchmarks.loading import load
from benchmarks.measuring import OURS, Contender, Figure, take_turns
from benchmarks.places import Kind, Place, PostgresPlace, SqlitePlace
from benchmarks.profiling import Profile
from tests.postgres_reachable import ReachableServer

BIG = "big"
"""The system of a big ledger that is as large as a system can be."""


class Sizes(Struct, frozen=True, kw_only=True):
    """How much of everything there is."""

    rounds: int = 7
    append: int = 2000  # events in a batch
    system: int = 3000  # extensions of the large system
    past: int = 100_000  # events of the large system
    small: int = 250  # extensions of each other system of a big ledger
    small_past: int = 10_000  # events of each
    commands: int = 200  # single commands, or questions, a round
    later: int = 10_000  # batches after the one that is rolled back
    building: int = 500  # batches that build on it
    changes: int = 100  # changes of the one that is rolled back
    lines: int = 10_000
    walked: int = 100_000  # events of a ledger that is gone through whole, time and again
    walked_once: int = 1_000_000  # and once
    grown: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)  # events of the ledgers of the growth plots


QUICK = Sizes(
    rounds=2, append=120, system=60, past=900, small=30, small_past=400, commands=15, later=60, building=12,
    changes=20, lines=60, walked=4000, walked_once=1200, grown=(400, 1200, 4000),
)  # fmt: skip
"""Enough that everything runs and agrees; nothing is said about time."""


class Missing(Exception):
    """A peer that is not there; the text says how to get it."""


class Disagreement(Exception):
    """Two contenders gave different answers: what they needed for them cannot be compared."""


class Found(Struct, kw_only=True):
    """What one benchmark found on one store."""

    benchmark: str
    store: str
    figures: dict[str, list[Figure]] = field(default_factory=dict)  # by what was done
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    failed: str = ""
    points: dict[str, dict[int, float]] = field(default_factory=dict)  # what, and seconds by size of the ledger


Peer: TypeAlias = Callable[[], Contender]


class Bench:
    """What a benchmark works with. Its places are made in one folder and one server, and removed with them."""

    def __init__(  # noqa: PLR0913 - the options of a run
        self,
        folder: Path,
        server: ReachableServer | None,
        *,
        sizes: Sizes,
        size: int,
        seed: int = 1,
        message_db: Path | None = None,
        profile: Profile | None = None,
    ) -> None:
        """Work in a folder on the disk that is to be measured; `size` is the number of events of the big ledger."""
        self.folder, self.server = folder, server
        self.sizes, self.size, self.seed = sizes, size, seed
        self.message_db = message_db
        self.profile = profile
        self.found = Found(benchmark="", store="")
        self._names = itertools.count(1)
        self._histories: dict[tuple[int, int], History] = {}
        self._big: dict[tuple[Kind, int, bool], Place] = {}
        self._rubbish: list[Callable[[], object]] = []
        self._to_the_end: list[Callable[[], object]] = []

    def begin(self, benchmark: str, kind: Kind) -> Found:
        """Begin with a benchmark on a store; what it finds from now on belongs to it."""
        self.kind = kind
        self.found = Found(benchmark=benchmark, store=kind)
        return self.found

    @contextmanager
    def cleaning_up(self) -> Iterator[None]:
        """Remove what is made within the block, but for the big ledgers, which others use too."""
        try:
            yield
        finally:
            self._remove()

    # --- places -------------------------------------------------------------------------------------------

    def place(self, kind: Kind | None = None) -> Place:
        """Return an empty place on the store that is measured, or on the other."""
        place: Place
        if (kind or self.kind) == "sqlite":
            place = SqlitePlace(self.file("ledger.db"))
        else:
            place = PostgresPlace(self.database())
        self._rubbish.append(place.close)
        return place

    def database(self) -> str:
        """Return the URL of an empty database."""
        assert self.server is not None, "benchmarks of PostgreSQL run only where there is one"
        name = f"bench_{next(self._names)}"
        self._rubbish.append(partial(self.server.drop_database, name))
        return self.server.create_database(name)

    def file(self, name: str) -> Path:
        """Return the path of a file that is not there yet."""
        home = self.folder / f"bench-{next(self._names)}"
        home.mkdir()
        self._rubbish.append(partial(shutil.rmtree, home, ignore_errors=True))
        return home / name

    def remove_later(self, remove: Callable[[], object]) -> None:
        """Do this when the benchmark is over."""
        self._rubbish.append(remove)

    def history(self, extensions: int, events: int) -> History:
        """Return a history of at least so many events, made once."""
        if (extensions, events) not in self._histories:
            history = History(extensions, seed=self.seed)
            history.grow(events)
            self._histories[extensions, events] = history
        return self._histories[extensions, events]

    def ledger_of(self, history: History, name: str = BIG) -> Place:
        """Return a ledger that holds one system with this history."""
        place = self.place()
        load(place, [Part(history, [name])])
        return place

    def big(self, size: int | None = None, *, with_large: bool = True) -> Place:
        """Return the ledger of so many events, made once: the large system first, then many small ones."""
        wanted = (self.kind, size or self.size, with_large)
        if wanted not in self._big:
            earlier, self._rubbish = self._rubbish, []
            self._big[wanted] = self.place()
            # It is not this benchmark's alone, and stays to the end.
            self._to_the_end, self._rubbish = [*self._to_the_end, *self._rubbish], earlier
            load(self._big[wanted], self._parts(size or self.size, with_large=with_large))
        return self._big[wanted]

    def walked(self) -> Place:
        """Return a ledger to go through whole: the big one, or one like it that takes minutes and not hours."""
        return self.big(min(self.size, self.sizes.walked))

    def small_names(self, size: int | None = None) -> list[str]:
        """Return the names of the small systems of a big ledger."""
        return [f"s{number:04}" for number in range(max(1, (size or self.size) // self.sizes.small_past))]

    def _parts(self, size: int, *, with_large: bool) -> list[Part]:
        large = self.history(self.sizes.system, self.sizes.past)
        small = self.small_history(after=large)
        parts = [Part(small, self.small_names(size))]
        return [Part(large, [BIG]), *parts] if with_large else parts

    def small_history(self, after: History | None = None) -> History:
        """Return what happened at each of the small systems: all of it after the large one's past."""
        key = (self.sizes.small, -self.sizes.small_past)
        if key not in self._histories:
            large = after or self.history(self.sizes.system, self.sizes.past)
            history = History(self.sizes.small, seed=self.seed + 1, begins=large.ended, step=timedelta(minutes=2))
            history.grow(self.sizes.small_past)
            self._histories[key] = history
        return self._histories[key]

    def close(self) -> None:
        """Remove the big ledgers, too."""
        self._rubbish = [*self._to_the_end, *self._rubbish]
        self._big.clear()
        self._remove()

    def _remove(self) -> None:
        while self._rubbish:
            try:
                self._rubbish.pop()()
            except Exception as fault:  # noqa: BLE001 - what was measured is worth more than what stays behind
                self.note(f"not removed: {type(fault).__name__}: {fault}")
        for place in self._big.values():
            place.close()

    # --- measuring ----------------------------------------------------------------------------------------

    def turns(
        self, what: str, contenders: Sequence[Contender], *, rounds: int | None = None, warm_up: int = 1
    ) -> dict[str, Figure]:
        """Let contenders take turns and keep the figures; with a profile, ours runs under it."""
        if self.profile is not None:
            contenders = [self.profile.around(c) if c.name == OURS else c for c in contenders]
        figures = take_turns(contenders, rounds or self.sizes.rounds, warm_up=warm_up)
        self.found.figures[what] = list(figures.values())
        return figures

    def peers(self, *peers: Peer) -> list[Contender]:
        """Return the peers that are there; of each other one keep how to get it."""
        there = []
        for peer in peers:
            try:
                there.append(peer())
            except Missing as why:
                self.found.missing.append(str(why))
        return there

    def goal(self, goal: Goal) -> None:
        """Keep a goal."""
        self.found.goals.append(goal)

    def note(self, text: str) -> None:
        """Keep what has to be known beside the figures."""
        self.found.notes.append(text)

    def agree(self, what: str, *answers: object) -> None:
        """Keep that all answers are the same. Raises `Disagreement`."""
        if any(answer != answers[0] for answer in answers):
            shown = "\n".join(repr(answer)[:2000] for answer in answers)
            raise Disagreement(f"{self.found.benchmark} on {self.found.store}: {what}:\n{shown}")
        self.found.agreed.append(what)


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a folder to work in, on the disk that TMPDIR names."""
    with tempfile.TemporaryDirectory(prefix="ipo-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
