"""All benchmarks by name, in the order they run."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from benchmarks.bench import Bench
from benchmarks.places import KINDS, Kind
from benchmarks.suite import appending, asking, growth, keeping, programs, rolling_back


class Benchmark(Struct, frozen=True):
    """One benchmark, and the stores it is run on."""

    name: str
    run: Callable[[Bench], None]
    stores: tuple[Kind, ...] = KINDS

    @property
    def summary(self) -> str:
        """Return what it does, in one line."""
        return (self.run.__doc__ or "").splitlines()[0]


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark("batch", appending.batch),
        Benchmark("command", appending.command),
        Benchmark("lookups", asking.lookups),
        Benchmark("seats", asking.seats),
        Benchmark("done", rolling_back.done_in_one),
        Benchmark("rollback", rolling_back.plan),
        Benchmark("ways-out", rolling_back.ways_out),
        Benchmark("flat", rolling_back.flat),
        Benchmark("start-up", programs.start_up, ("sqlite",)),
        Benchmark("taking-in", programs.taking_in),
        Benchmark("bytes", keeping.bytes_on_disk),
        Benchmark("memory", programs.memory),
        Benchmark("rebuild", keeping.rebuild),
        Benchmark("verify", keeping.verify),
        Benchmark("growth", growth.growth),
    )
}
