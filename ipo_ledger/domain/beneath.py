"""What a fact that stands again would stand on: what other corrections took away since, or let stand again.

A fact that a correction took away protects nothing: what it had rested on can be taken away while it is gone. When
it is to stand again, what it was decided by must be as it was, so the later corrections that reach there come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Protocol

from msgspec import Struct

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch


class Corrections(Protocol):
    """What is known of corrections, and of what they took."""

    def corrections_since(self, position: int) -> Mapping[int, e.Fact]:
        """Return the corrections that stand and were recorded after a position."""
        ...

    def facts_at(self, positions: Iterable[int]) -> dict[int, e.Fact]:
        """Return the facts at these positions."""
        ...

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        ...


class Reach(Struct, frozen=True):
    """What decided the facts that stand again: who and what they moved, whose homes those are, and the numbers."""

    extensions: AbstractSet[int]
    users: AbstractSet[str]
    numbers: AbstractSet[str]
    batches: AbstractSet[int]


def corrections_beneath(known: Corrections, again: Mapping[int, e.Fact], since: int, reach: Reach) -> set[int]:
    """Return the corrections after `since` that changed what the facts that stand again were decided by.

    Only what was recorded before those facts counts, or stands anew for something that was: what came later did not
    decide them. A restart is decided by everything.
    """
    everything = any(isinstance(fact.event, e.SystemRestarted) for fact in again.values())
    last, at = max(again), max(fact.occurred_at for fact in again.values())
    found = set()
    for position, correction in known.corrections_since(since).items():
        event = correction.event
        assert isinstance(event, e.Corrected)
        took = known.facts_at(event.took).values()
        before = any(f.position < last or (f.occurred_at <= at and _instead(known, f, since)) for f in took)
        if before and (everything or _reaches(known, event, reach)):
            found.add(position)
    return found


def _instead(known: Corrections, fact: e.Fact, since: int) -> bool:
    """Tell whether a correction recorded a fact, in place of another one; not the one that is taken back itself."""
    by = _recorded_by(known, fact)
    return by is not None and by.position != since


def recorded_first(known: Corrections, position: int) -> int:
    """Return where a fact was recorded for the first time: one that stands again is recorded anew."""
    fact = known.facts_at((position,))[position]
    while (by := _recorded_by(known, fact)) is not None:
        event = by.event
        assert isinstance(event, e.Corrected)
        if event.how != "again":
            break
        corrected = known.facts_at((event.target,))[event.target].event
        assert isinstance(corrected, e.Corrected)
        earlier = known.facts_at(corrected.took).values()
        fact = next(f for f in earlier if (f.event, f.occurred_at) == (fact.event, fact.occurred_at))
    return fact.position


def _recorded_by(known: Corrections, fact: e.Fact) -> e.Fact | None:
    """Return the correction that recorded a fact beside itself, or None: somebody recorded it."""
    while fact.caused_by is not None:
        fact = known.facts_at((fact.caused_by,))[fact.caused_by]
        if isinstance(fact.event, e.Corrected):
            return fact
    return None


def _reaches(known: Corrections, event: e.Corrected, reach: Reach) -> bool:
    return bool(
        {x.extension_id for x in event.extensions} & reach.extensions
        or {u.user for u in event.users} & reach.users
        or {b.batch for b in event.batches} & reach.batches
        or _numbers(known, event) & reach.numbers
    )


def _numbers(known: Corrections, event: e.Corrected) -> set[str]:
    """Return the numbers whose hands or desks a correction changed, or what was sent with them."""
    found: set[str | None] = set()
    for fact in known.facts_at(event.took).values():
        match fact.event:
            case e.UserRenumbered(old=old, new=new):
                found |= {old, new}
            case e.ConfigurationSent(batch=batch):
                found |= known.batch(batch).numbers
            case e.SystemRestarted(in_force=in_force):
                found |= {n for batch in in_force for n in known.batch(batch).numbers}
            case e.Corrected():
                found |= _numbers(known, fact.event)
    return {number for number in found if number is not None}
