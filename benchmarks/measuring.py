"""Measuring: contenders take turns, round by round, and what is said of them is how they compare.

Seconds are those of one machine on one day. A ratio of two contenders that took turns is worth more: what slows
one round down slows both, and the median over the rounds leaves out the round that something else disturbed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeAlias

from msgspec import Struct

Run: TypeAlias = Callable[[], float]
"""Does one round's work and returns the seconds that count; what it takes to set a round up does not."""

OURS = "ipo-ledger"
"""The contender whose ratio to the others is asked for; only this one is profiled."""


class Contender(Struct, frozen=True):
    """Somebody who takes part: `run` does `work` units (events, questions, commands) a round."""

    name: str
    run: Run
    work: int = 1


class Spread(Struct, frozen=True):
    """A median and how far the rounds were apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of some values."""
        return cls(median(values), min(values), max(values))


class Figure(Struct, frozen=True):
    """What one contender needed: the seconds of each round, for `work` units a round."""

    name: str
    work: int
    seconds: tuple[float, ...]

    @property
    def each(self) -> Spread:
        """Return the seconds for one unit."""
        return Spread.of([s / self.work for s in self.seconds])

    @property
    def rate(self) -> float:
        """Return the median of units a second."""
        return 1 / self.each.median

    def times_as_fast_as(self, other: Figure) -> Spread:
        """Return how many times as fast a unit is here as there, round by round."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return Spread.of([(theirs / other.work) / (mine / self.work) for mine, theirs in pairs])

    def times_as_long_as(self, other: Figure) -> Spread:
        """Return how many times as long a unit takes here as there, round by round."""
        return other.times_as_fast_as(self)


def take_turns(contenders: Sequence[Contender], rounds: int, *, warm_up: int = 1) -> dict[str, Figure]:
    """Let everybody do a round, then everybody the next, who begins moving on; the first rounds do not count."""
    seconds: dict[str, list[float]] = {c.name: [] for c in contenders}
    for number in range(-warm_up, rounds):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            gc.collect()
            took = contender.run()
            if number >= 0:
                seconds[contender.name].append(took)
    return {c.name: Figure(c.name, c.work, tuple(seconds[c.name])) for c in contenders}


def timed(do: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
