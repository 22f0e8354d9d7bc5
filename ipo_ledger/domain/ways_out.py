"""When a rollback is blocked: the ways to go on, each a plan.

Cascade takes back what builds on the batch, too; partial takes back the cycles that are clean; replan computes
the configuration that would be in force had the batch never been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.dependents import Stuck, bases_before, bases_without, dependents
from ipo_ledger.domain.records import Batch, Change
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
        numbers = {n for c in cycle for n in (c.old, c.new) if n is not None}
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
    history = [batch, *past.in_force_after(batch)]
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
    later = past.in_force_after(batch)
    replayed = bases_before(now, [batch, *later])
    actual = replayed | {c.extension_id: c.new for c in batch.changes.values()}
    for other in later:
        _replay(other, actual, replayed, frame)
    changes = _changes(system, actual, replayed, list(batch.changes))
    return Plan(strategy="replan", reverses=(batch.number,), changes=tuple(changes))


def _replay(other: Batch, actual: dict[int, str | None], replayed: dict[int, str | None], frame: Frame) -> None:
    """Play a later batch on the replayed configuration, and as it was on the actual one."""
    differing = {i for i, base in actual.items() if replayed[i] != base}
    numbers = {n for i in differing for n in (actual[i], replayed[i]) if n is not None}
    matters = bool(differing & other.changes.keys() or numbers & _numbers(other))
    if not matters:
        replayed.update((c.extension_id, c.new) for c in other.changes.values())
    elif not _is_permutation(other):
        raise NotPossible(f"{other.name}, which came later and matters, is no permutation")
    elif frame == "people":
        trade = {c.old: c.new for c in other.changes.values()}
        twice = [n for n, times in Counter(replayed.values()).items() if n in trade and times > 1]
        if twice:
            raise NotPossible(f"{twice[0]} is the base of several extensions when {other.name} is replayed")
        replayed.update({i: trade[base] for i, base in replayed.items() if base in trade})
    else:
        was_at = {c.old: c.extension_id for c in other.changes.values()}
        before = dict(replayed)
        replayed.update({c.extension_id: before[was_at[c.new]] for c in other.changes.values()})
    actual.update((c.extension_id, c.new) for c in other.changes.values())


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


def _numbers(batch: Batch) -> set[str]:
    return {n for c in batch.changes.values() for n in (c.old, c.new) if n is not None}


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
