"""What must hold of facts recorded late: told in order of time, the same steps give the same, or they are refused.

The suite tries a thousand histories; many more: `python -m tests.domain.late_laws 100000` (it prints what it did).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from tests.domain import ledgers
from tests.domain.steps import Done, Step, a_small_site, in_short, random_step, tell
from tests.domain.story import Story
from tests.domain.thoroughness import tell_what_was_tried

UNTIMED = {"draft", "abandon"}  # they say nothing of the desks


class ToldOtherwise(AssertionError):
    """A late fact went through, and came to something else than it would have in its time."""

    def __init__(self, told: Sequence[Done], why: str) -> None:
        """Say what was told, and what went wrong."""
        super().__init__("\n".join([why, *(f"  {in_short(d)}" for d in told)]))


def late_history(
    chance: Random, tried: Counter[str], *, length: int = 14, phones: int = 4, judge: bool = False
) -> tuple[Story, Story, list[Done]]:
    """Return a site, a story whose steps come in any order of time, and its steps.

    With `judge` each late step that is refused is tried in its time: whether it would have changed what was told.
    """
    begin = a_small_site(chance, phones)
    story, told = begin.fork(), list[Done]()
    for _ in range(length):
        at = begin.minute + chance.randint(0, 30)
        step = random_step(story, chance, at)
        found = tell(story, step)
        tried["steps tried"] += 1
        if found is not None:
            told.append(found)
        elif step.verb not in UNTIMED and any(done.step.at > at for done in told):
            tried["late steps refused"] += 1
            if judge:
                tried[_judged(begin, told, step)] += 1
    return begin, story, told


def _judged(begin: Story, told: Sequence[Done], step: Step) -> str:
    """Return whether a late step had to be refused, going by the same told in order of time."""
    _, found, called = told_in_order(begin, [*told, Done(step, ())])
    if any(again is None for done, again in found if done.step is step):
        return "late steps refused: in their time, too"
    if all(again is not None and _says(again, called) == _says(done, {}) for done, again in found if done.facts):
        return "late steps refused, though in order of time they would have changed nothing that was told"
    return "late steps refused: in order of time they would have changed what was told"


def told_in_order(begin: Story, told: Sequence[Done]) -> tuple[Story, list[tuple[Done, Done | None]], dict[int, int]]:
    """Tell the same in order of time, each batch drafted right before it is sent; return how batches are called."""
    drafted = {_batch(d): d for d in told if d.step.verb == "draft"}
    story, called, found = begin.fork(), dict[int, int](), list[tuple[Done, Done | None]]()
    for done in sorted((d for d in told if d.step.verb not in UNTIMED), key=lambda d: d.step.at):
        step = done.step
        if step.verb == "send":
            draft = tell(story, replace(drafted[step.batch].step, at=step.at))
            if draft is None:
                found.append((done, None))
                continue
            called[_batch(draft)] = step.batch
            step = replace(step, batch=_batch(draft), with_conflicts=True)
        found.append((done, tell(story, step)))
    return story, found, called


def _batch(done: Done) -> int:
    event = done.facts[0].event
    assert isinstance(event, e.BatchOpened)
    return event.batch


def _says(done: Done, called: dict[int, int]) -> list[Any]:
    return [(_called(event, called), at) for event, at in done.says]


def _called(event: e.Event, called: dict[int, int]) -> e.Event:
    match event:
        case e.ConfigurationSent():
            return replace(event, batch=called.get(event.batch, event.batch))
        case e.SystemRestarted():
            return replace(event, in_force=tuple(called.get(n, n) for n in event.in_force))
        case _:
            return event


def _desks(story: Story, called: dict[int, int]) -> dict[str, Any]:
    waiting = sorted(called.get(n, n) for n, b in story.system.copy().open.items() if b.waits_for_restart)
    return {
        "seats": {i: (x.user, x.since) for i, x in sorted(story.system.extensions.items())},
        "bases": story.bases,
        "numbers": {u.name: u.number for u in story.system.users.values()},
        "off the air": story.off_the_air,
        "waiting": waiting,
    }


def hold(seed: int, *, judge: bool = False) -> Counter[str]:
    """Check one history; return how much of it came late, and with `judge` whether what was refused had to be."""
    chance = Random(seed)  # noqa: S311 - which desks, not a secret
    tried = Counter(histories=1)
    begin, story, told = late_history(chance, tried, judge=judge)
    tried["steps"] = len(told)
    tried["late"] += sum(any(b.step.at > a.step.at for b in told[:i]) for i, a in enumerate(told))
    tried["histories with late facts"] += [d.step.at for d in told] != sorted(d.step.at for d in told)
    ledgers.the_fold_agrees(story)
    ledgers.time_never_runs_backwards(story.facts)
    other, found, called = told_in_order(begin, told)
    for done, again in found:
        if again is None:
            raise ToldOtherwise(told, f"refused in its time: {in_short(done)}")
        if _says(again, called) != _says(done, {}):
            raise ToldOtherwise(told, f"in its time: {in_short(again)}\nbut told late: {in_short(done)}")
    if _desks(other, called) != _desks(story, {}):
        raise ToldOtherwise(told, f"{_desks(other, called)}\nand not {_desks(story, {})}")
    return tried


def main(histories: int, first: int = 0) -> None:
    """Try many histories, and print what was tried."""
    tell_what_was_tried(partial(hold, judge=True), histories, first)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
