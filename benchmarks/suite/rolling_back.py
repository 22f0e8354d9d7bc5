"""Rolling back: the plan and its explanation, a cascade, a replan, after thousands of later batches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import processes
from benchmarks.bench import BIG, Bench
from benchmarks.goals import at_most, scaled
from benchmarks.history import History
from benchmarks.measuring import OURS, Contender, Figure, Spread, timed
from benchmarks.peers import dolt
from ipo_ledger.domain.refusals import RollbackBlocked

FRESH = "opened for it"
_IN_THE_WAY = 20
"""Later batches that build on the one rolled back, among thousands that do not."""


def _past(bench: Bench, later: int, building: int) -> History:
    """Return a history: a large batch, later ones elsewhere, and so many that build on it, evenly among them."""
    sizes = bench.sizes
    history = History(sizes.system, seed=bench.seed)
    moved, others = history.seated[: sizes.changes], history.seated[sizes.changes :]
    history.rotate(moved)
    every = max(1, later // building)
    built = 0
    for number in range(later):
        if number % every == 0 and built < building:
            history.swap(moved[built % len(moved)], moved[(built + 1) % len(moved)])
            built += 1
        else:
            history.swap(*history.two(others))
    return history


def plan(bench: Bench) -> None:
    """Explain why a batch of 100 changes cannot simply be taken back, after 10 000 later batches."""
    sizes = bench.sizes
    building = min(_IN_THE_WAY, sizes.later // 3)
    place = bench.ledger_of(_past(bench, sizes.later, building))
    on = place.ledger().system(BIG)

    def explained(ask: Callable[[], object]) -> RollbackBlocked:
        try:
            ask()
        except RollbackBlocked as why:
            return why
        msg = "this rollback is made to be blocked"
        raise AssertionError(msg)

    def kept() -> RollbackBlocked:
        return explained(lambda: on.rollback("B1", dry_run=True))

    def fresh() -> RollbackBlocked:
        return explained(lambda: place.ledger().system(BIG).rollback("B1", dry_run=True))

    why = kept()
    bench.agree("every dependent is named", len(why.details["in_the_way"]), building)
    bench.agree("the ways out are told", {w.option for w in why.details["ways_out"]}, {"cascade", "replan", "partial"})
    what = f"rollback plan of {sizes.changes} changes after {sizes.later:,} batches, {building} of them in the way"
    figures = bench.turns(what, [Contender(OURS, lambda: timed(kept)), Contender(FRESH, lambda: timed(fresh))])
    bench.goal(at_most(50, what, scaled(figures[OURS].each, 1000), "ms"))
    if bench.kind == "sqlite":
        _beside_dolt(bench)


def _beside_dolt(bench: Bench) -> None:
    """Measure how long Dolt's engine takes to revert such a batch, which it does without a word about desks."""
    if not dolt.is_there():
        bench.found.missing.append(dolt.HOW)
        return
    sizes = bench.sizes
    path = bench.file("repository.db")
    counts = (sizes.system, sizes.changes, sizes.later, sizes.rounds)
    ended = processes.run(["-m", dolt.__name__, str(path), *map(str, counts)], home=bench.folder)
    told: dict[str, Any] = json.loads(ended.out)
    for what in ("revert", "as_of"):
        name = f"{dolt.NAME}: {what.replace('_', ' ')}, {sizes.changes} changes, {sizes.later:,} later commits"
        bench.found.figures[name] = [Figure(dolt.NAME, 1, tuple(told[what]))]
    bench.note(
        f"doltlite {told['version']} reverts rows, in a process of its own: it checks no desk, names nobody, offers "
        f"no ways out; its file has {told['bytes'] / 1e6:,.1f} MB"
    )


def ways_out(bench: Bench) -> None:
    """Plan a cascade over 500 batches, and a replan over 10 000 later ones."""
    sizes = bench.sizes
    for strategy, later, building in (
        ("cascade", sizes.building, sizes.building),
        ("replan", sizes.later, min(_IN_THE_WAY, sizes.later // 3)),
    ):
        place = bench.ledger_of(_past(bench, later, building))
        on = place.ledger().system(BIG)
        planned = on.rollback("B1", strategy=strategy, dry_run=True)
        if strategy == "cascade":
            bench.agree("the cascade takes back all that builds on it", len(planned.reverses), building + 1)
        else:
            bench.agree("a replan moves as many phones as the batch did", len(planned.changes), sizes.changes)
        what = f"{strategy} over {later:,} batches"
        ask = partial(on.rollback, "B1", strategy=strategy, dry_run=True)
        figures = bench.turns(what, [Contender(OURS, partial(timed, ask))])
        bench.goal(at_most(1, what, figures[OURS].each, "s"))


def done_in_one(bench: Bench) -> None:
    """Move everybody of a large system in one batch, from the command to its exit, with the send and every log-out."""
    sizes = bench.sizes
    history = bench.history(sizes.system, 0)
    place = bench.ledger_of(history)
    lists = []
    for turn in (1, 0):
        users = [history.system.users[name] for name in history.seated]
        file = bench.file(f"moves-{turn}.csv")
        rows = [f"{users[i].extension_id},{users[(i + turn) % len(users)].number}" for i in range(len(users))]
        file.write_text("\n".join(["extension_id,base_extension", *rows]) + "\n", encoding="utf-8")
        lists.append(file)

    def run() -> float:
        lists.reverse()
        arguments = ["-m", "ipo_ledger_cli", "--ledger", place.url, "batch", str(lists[0]), "--done", "--json"]
        profile = bench.profile.file() if bench.profile is not None else None
        return processes.run(arguments, home=bench.folder, profile=profile).seconds

    lists.reverse()
    run()
    many = len(history.seated)
    on = place.ledger().system(BIG)
    bench.agree("it is settled", on.show("B1").status, "settled")
    figures = bench.turns(f"{many} extensions moved in one batch, from command to exit", [Contender(OURS, run)])
    goal = 1 if bench.kind == "sqlite" else 2
    bench.goal(at_most(goal, f"{many} extensions in one batch, --done, from command to exit", figures[OURS].each, "s"))


def flat(bench: Bench) -> None:
    """Give the same commands on a large system with a long past in a big ledger, and on a fresh one."""
    sizes = bench.sizes
    old, new = bench.big(), bench.ledger_of(bench.history(sizes.system, 0), "fresh")
    aged, fresh = bench.history(sizes.system, sizes.past), bench.history(sizes.system, 0)
    worst: tuple[str, Spread] | None = None
    times = max(3, sizes.commands // 20)
    for name, do in _COMMANDS.items():
        contenders = []
        for place, system, history, label in ((new, "fresh", fresh, "fresh"), (old, BIG, aged, OURS)):
            on = place.ledger().system(system)
            people, extension = history.coded, min(history.system.extensions)

            def run(on: Any = on, people: Any = people, extension: int = extension, do: Any = do) -> float:
                began = time.perf_counter()
                for number in range(times):
                    do(on, people, extension, number)
                return time.perf_counter() - began

            contenders.append(Contender(label, run, times))
        figures = bench.turns(name, contenders)
        if OURS in figures and "fresh" in figures:
            ratio = figures[OURS].times_as_long_as(figures["fresh"])
            bench.note(f"{name}: {ratio.median:.2f} x as long as on a fresh one")
            worst = max(worst or (name, ratio), (name, ratio), key=lambda found: found[1].median)
    assert worst is not None
    what = (
        f"any command on a system of {sizes.past:,} events in {bench.size:,}, against a fresh one (worst: {worst[0]})"
    )
    bench.goal(at_most(1.3, what, worst[1]))


def _swap_and_back(on: Any, people: Any, _: int, number: int) -> None:
    one, other = people[number % len(people)], people[(number + 1) % len(people)]
    on.swap(one, other, done=True)
    on.swap(one, other, done=True)


def _draft(on: Any, people: Any, _: int, number: int) -> None:
    drafted = on.swap(people[number % len(people)], people[(number + 2) % len(people)])
    on.abandon(drafted.batch)


def _last_batch_back(on: Any, people: Any, _: int, number: int) -> None:
    one, other = people[number % len(people)], people[(number + 3) % len(people)]
    done = on.swap(one, other, done=True)
    on.rollback(done.batch, done=True)


_COMMANDS: dict[str, Callable[[Any, Any, int, int], object]] = {
    "logout": lambda on, people, _, n: on.logout(people[n % len(people)]),
    "swap --done, and back": _swap_and_back,
    "swap and abandon": _draft,
    "rollback of the last batch": _last_batch_back,
    "who": lambda on, _, extension, n: on.who(extension),
    "where": lambda on, people, _, n: on.where(people[n % len(people)]),
    "seats": lambda on, _, extension, n: on.seats(),
    "status": lambda on, _, extension, n: on.status(),
    "show": lambda on, _, extension, n: on.show("B1"),
    "history of one": lambda on, people, _, n: on.history(user=people[0], limit=3),
    "log": lambda on, _, extension, n: on.log(limit=10),
    "batches": lambda on, _, extension, n: on.batches(limit=3),
}
