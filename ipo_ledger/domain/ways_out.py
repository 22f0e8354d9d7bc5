"""When a rollback is blocked: the ways to go on, each a plan.

Cascade takes back what builds on the batch, too; partial takes back the cycles that are clean; replan computes
the configuration that would be in force had the batch never been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.dependents import Stuck, bases_before, bases_without, dependents
from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.rollback import Past, Plan, blocks, plan_plain, rest_of, told
from ipo_ledger.domain.system import System

Frame: TypeAlias = Literal["people", "ports"]


class WayOut(Struct, frozen=True, kw_only=True):
    """One way to go on from a refusal, and what it would cost; `why_not` where it is not possible."""

    option: Literal["cascade", "replan", "partial"]
    possible: bool
    plan: Plan | None = None
    why_not: str | None = None


class NotPossible(Exception):
    """A strategy does not apply; the text says why."""


def plan_partial(system: System, past: Past, batch: Batch, only: Sequence[str] = ()) -> Plan:
    """Return a plan for the whole cycles of a batch that are clean; `only`: those that contain these numbers.

    Raises `NotPossible` when no cycle is clean, or when a cycle asked for is not.
    """
    rest = rest_of(past, batch)
    chosen: list[Change] = []
    asked = set(only)
    for cycle in cycles(rest):
        numbers = numbers_in(cycle)
        if only and not numbers & asked:
            continue
        asked -= numbers
        if not blocks(system, cycle):
            chosen.extend(cycle)
        elif only:
            raise NotPossible(f"the cycle of {', '.join(sorted(numbers))} is blocked itself")
    if asked:
        raise NotPossible(f"{', '.join(sorted(asked))} is in no cycle of {batch.name} that is left")
    if not chosen:
        raise NotPossible(f"no cycle of {batch.name} is clean")
    ids = {c.extension_id for c in chosen}
    changes = tuple(c.inverse for c in reversed(rest) if c.extension_id in ids)
    whole = len(ids) == len(batch.changes)
    part = () if whole else tuple(c.extension_id for c in rest if c.extension_id in ids)
    return Plan(strategy="partial", reverses=(batch.number,), part=part, changes=changes)


def plan_cascade(system: System, past: Past, batch: Batch) -> Plan:
    """Return a plan that takes back a batch and every live batch that builds on it, as one batch.

    Where the plain rollback is clean, it is the plain rollback. Raises `NotPossible` when an extension is gone,
    held by a draft, or would get a base that is elsewhere.
    """
    plain, in_the_way = plan_plain(system, past, batch)
    if not in_the_way:
        return plain
    rest = {c.extension_id: c for c in rest_of(past, batch)}
    together = [replace(batch, changes=rest), *dependents(past, batch)]
    history = [batch, *past.connected_after(batch)]
    now = {i: extension.base for i, extension in system.extensions.items()}
    try:
        actual, wanted = bases_without(bases_before(now, history), history, together)
    except Stuck as why:
        raise NotPossible(str(why)) from None
    touched = [i for member in together for i in member.changes]
    changes = _changes(system, actual, wanted, touched)
    if not changes:
        raise NotPossible("taken together these batches change nothing")
    whole = all(len(member.changes) == len(past.batch(member.number).changes) for member in together)
    return Plan(
        strategy="cascade",
        reverses=tuple(b.number for b in reversed(together)),
        part=() if whole else tuple(sorted(set(touched))),
        changes=tuple(reversed(changes)),
    )


def plan_replan(system: System, past: Past, batch: Batch, frame: Frame = "people") -> Plan:
    """Return a plan for the configuration that would be in force had the batch never been.

    Later batches are replayed as "these people trade places" (people) or "whoever is at these ports trades"
    (ports). Raises `NotPossible` when the batch, or a later one that matters, is no permutation.
    """
    if len(rest_of(past, batch)) != len(batch.changes):
        raise NotPossible(f"a part of {batch.name} was rolled back already")
    if not _is_permutation(batch):
        raise NotPossible(f"{batch.name} is no permutation: its old and new base extensions differ as sets")
    now = {i: extension.base for i, extension in system.extensions.items()}
    later = past.connected_after(batch)
    desks = _Desks(bases_before(now, [batch, *later]), batch)
    for other in later:
        _replay(other, desks, frame)
    changes = _changes(system, desks.actual, desks.replayed, list(batch.changes))
    return Plan(strategy="replan", reverses=(batch.number,), changes=tuple(changes))


class _Desks:
    """Two configurations side by side: as it was, and as it would be without a batch; where they differ is kept."""

    def __init__(self, before: dict[int, str | None], without: Batch) -> None:
        """Begin right after the batch that the one has and the other has not."""
        self.replayed = before
        self.actual = before | {c.extension_id: c.new for c in without.changes.values()}
        self.differing = {i for i in without.changes if self.actual[i] != self.replayed.get(i)}
        self.holders: dict[str, set[int]] = {}  # in the replayed one, by number
        for extension_id, base in before.items():
            if base is not None:
                self.holders.setdefault(base, set()).add(extension_id)

    def numbers(self) -> set[str]:
        """Return every number that is somewhere else in the one than in the other."""
        return {n for i in self.differing for n in (self.actual.get(i), self.replayed.get(i)) if n is not None}

    def play(self, replayed: Mapping[int, str | None], actual: Mapping[int, str | None]) -> None:
        """Give extensions these bases, in the one and in the other."""
        for extension_id, base in replayed.items():
            held = self.replayed.get(extension_id)
            if held is not None:
                self.holders[held].discard(extension_id)
            if base is not None:
                self.holders.setdefault(base, set()).add(extension_id)
            self.replayed[extension_id] = base
        self.actual.update(actual)
        for extension_id in replayed.keys() | actual.keys():
            if self.actual.get(extension_id) == self.replayed.get(extension_id):
                self.differing.discard(extension_id)
            else:
                self.differing.add(extension_id)


def _replay(other: Batch, desks: _Desks, frame: Frame) -> None:
    """Play a later batch on the replayed configuration, and as it was on the actual one."""
    happened = {c.extension_id: c.new for c in other.changes.values()}
    if not (desks.differing & other.changes.keys() or desks.numbers() & other.numbers):
        desks.play(happened, happened)
    elif not _is_permutation(other):
        raise NotPossible(f"{other.name}, which came later and matters, is no permutation")
    elif frame == "people":
        trade = {c.old: c.new for c in other.changes.values() if c.old is not None}
        twice = sorted(n for n in trade if len(desks.holders.get(n, ())) > 1)
        if twice:
            raise NotPossible(f"{twice[0]} is the base of several extensions when {other.name} is replayed")
        desks.play({i: new for old, new in trade.items() for i in desks.holders.get(old, ())}, happened)
    else:
        was_at = {c.old: c.extension_id for c in other.changes.values()}
        desks.play({c.extension_id: desks.replayed[was_at[c.new]] for c in other.changes.values()}, happened)


def _changes(
    system: System, actual: Mapping[int, str | None], wanted: Mapping[int, str | None], touched: Sequence[int]
) -> list[Change]:
    """Return the changes that lead from the bases in force, which history says are `actual`, to those wanted.

    Those touched come first. Raises `NotPossible` when something is in the way of one.
    """
    order = dict.fromkeys([*touched, *sorted(wanted)])
    changes = [Change(i, actual[i], wanted[i]) for i in order if actual[i] != wanted[i]]
    blocked = blocks(system, [c.inverse for c in changes])
    if blocked:
        raise NotPossible("; ".join(told(b) for b in blocked[:3]))
    return changes


def _is_permutation(batch: Batch) -> bool:
    olds = [c.old for c in batch.changes.values()]
    news = [c.new for c in batch.changes.values()]
    return None not in olds and len(set(olds)) == len(olds) and set(olds) == set(news) and len(set(news)) == len(news)


def ways_out(system: System, past: Past, batch: Batch) -> list[WayOut]:
    """Return each way to go on from a blocked rollback, with the plan it would follow."""
    return [
        _way("cascade", lambda: plan_cascade(system, past, batch)),
        _way("replan", lambda: plan_replan(system, past, batch)),
        _way("partial", lambda: plan_partial(system, past, batch)),
    ]


def _way(option: Literal["cascade", "replan", "partial"], make: Callable[[], Plan]) -> WayOut:
    try:
        return WayOut(option=option, possible=True, plan=make())
    except NotPossible as why:
        return WayOut(option=option, possible=False, why_not=str(why))
