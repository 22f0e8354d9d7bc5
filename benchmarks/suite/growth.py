"""Growth: how the time of a command goes with the history of the ledger that it is given to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.bench import Bench
from benchmarks.measuring import OURS, Contender, timed
from benchmarks.suite.appending import BatchAppender
from benchmarks.suite.asking import Lookups
from ipo_ledger.errors import Refused


def growth(bench: Bench) -> None:
    """Give the same commands to ledgers of ten thousand events, ten times as many, and so on."""
    for size in bench.sizes.grown:
        if size > max(bench.size, bench.sizes.grown[0]):
            continue
        _at(bench, size)


def _at(bench: Bench, size: int) -> None:
    place = bench.big() if size == bench.size else bench.big(size, with_large=False)
    history = bench.small_history()
    name = bench.small_names(size)[-1]
    asked = Lookups(bench, place, size)
    on = place.ledger().system(name)
    # All that builds on the first batch: with it the whole history of the system is in the plan.
    commands: dict[str, tuple[Callable[[], Any], int]] = {
        "who": (asked.who, len(asked.picked)),
        "who, known earlier": (lambda: asked.who(known_at=asked.head - 1), len(asked.picked)),
        "where": (asked.where, len(asked.picked)),
        "rollback plan": (lambda: _planned(on), 1),
    }
    for what, (do, work) in commands.items():
        figures = bench.turns(f"{what} at {size:,}", [Contender(OURS, partial(timed, do), work)])
        _point(bench, what, size, figures[OURS].each.median)
    appender = BatchAppender(place, history, min(bench.sizes.append, 3 * len(history.seated)), name)
    figures = bench.turns(f"append at {size:,}", [Contender(OURS, appender.append)])
    _point(bench, "append of a batch", size, figures[OURS].each.median)
    if size > bench.sizes.walked_once:
        bench.note(f"not gone through whole at {size:,} events: rebuild and verify take as long for each as before")
        return
    ledger = place.ledger()
    for what, whole in (("rebuild", ledger.rebuild), ("verify", partial(ledger.verify, rules=False))):
        ours = Contender(OURS, partial(timed, whole))
        figures = bench.turns(f"{what} at {size:,}", [ours], rounds=1, warm_up=0)
        _point(bench, what, size, figures[OURS].each.median)


def _point(bench: Bench, what: str, size: int, seconds: float) -> None:
    bench.found.points.setdefault(what, {})[size] = seconds


def _planned(on: Any) -> None:
    try:
        on.rollback("B1", dry_run=True)
    except Refused:
        return
