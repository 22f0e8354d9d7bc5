"""A run of the benchmarks: each on each store, one after the other, so that none disturbs another."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.bench import QUICK, Bench, Found, Sizes, working_folder
from benchmarks.catalogue import BENCHMARKS
from benchmarks.machine import this_machine
from benchmarks.places import KINDS, Kind
from benchmarks.profiling import Profile
from benchmarks.report import Report
from benchmarks.servers import durable_server

DEFAULT_SIZE = 10_000_000
QUICK_SIZE = 4_000


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked of a run. `only` None: all of them."""

    command: str
    quick: bool = False
    only: Sequence[str] | None = None
    stores: Sequence[Kind] = KINDS
    size: int | None = None
    rounds: int | None = None
    seed: int = 1
    message_db: Path | None = None
    profile: bool = False

    @property
    def sizes(self) -> Sizes:
        """Return how much of everything is wanted."""
        sizes = QUICK if self.quick else Sizes()
        return replace(sizes, rounds=self.rounds) if self.rounds is not None else sizes


def run(asked: Asked, say: Callable[[str], None]) -> tuple[Report, str]:
    """Run what is asked; return the report, and the text of a profile where one was asked for."""
    size = asked.size or (QUICK_SIZE if asked.quick else DEFAULT_SIZE)
    found: list[Found] = []
    with ExitStack() as stack:
        folder = stack.enter_context(working_folder())
        server = stack.enter_context(durable_server()) if "postgres" in asked.stores else None
        if server is None and "postgres" in asked.stores:
            say("no PostgreSQL here: only SQLite is measured (tests/postgresql.txt brings one)")
        profile = Profile(folder) if asked.profile else None
        bench = Bench(
            folder, server, sizes=asked.sizes, size=size, seed=asked.seed, message_db=asked.message_db, profile=profile
        )
        stack.callback(bench.close)
        try:
            _run_all(asked, bench, found, say)
        except KeyboardInterrupt:
            say("interrupted: what there is by now is reported")
            found[-1].failed = "interrupted"
        report = Report(
            command=asked.command,
            quick=asked.quick,
            size=size,
            rounds=asked.sizes.rounds,
            machine=this_machine(server),
            found=found,
        )
        return report, profile.report() if profile is not None else ""


def _run_all(asked: Asked, bench: Bench, found: list[Found], say: Callable[[str], None]) -> None:
    for benchmark in BENCHMARKS.values():
        if asked.only is not None and benchmark.name not in asked.only:
            continue
        for kind in benchmark.stores:
            if kind not in asked.stores or (kind == "postgres" and bench.server is None):
                continue
            say(f"{benchmark.name}, {kind}: {benchmark.summary}")
            found.append(bench.begin(benchmark.name, kind))
            try:
                with bench.cleaning_up():
                    benchmark.run(bench)
            except Exception as fault:  # noqa: BLE001 - of a long run the rest is worth having; it is told, and ends badly
                say(traceback.format_exc())
                found[-1].failed = f"{type(fault).__name__}: {fault}"
