"""Taking a batch back by an inverse batch, or saying exactly what is in the way.

State decides, not touch: a rollback is clean when what the batch put in force is still there, whatever happened
in between. Nothing here writes; a plan becomes a batch like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.system import System

Strategy: TypeAlias = Literal["plain", "cascade", "replan", "partial"]


class Past(Protocol):
    """The batches of one system that are not open any more, as far as a plan needs them."""

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        ...

    def connected_after(self, batch: Batch) -> Sequence[Batch]:
        """Return the batches that took effect after this one and are connected with it, oldest first (connected.py).

        More than these would do as well: what is not connected makes no difference.
        """
        ...


class Plan(Struct, frozen=True, kw_only=True):
    """A batch to be drafted: what it takes back, and the base extensions it would put in force."""

    strategy: Strategy
    reverses: tuple[int, ...]
    part: tuple[int, ...] = ()
    changes: tuple[Change, ...]


class Blocked(Struct, frozen=True, kw_only=True):
    """Why one extension cannot be taken back.

    `why`: `changed` (its base is another now), `taken` (extension `at_extension` has the base that would come
    back), `held` (batch `by` drafts it), `removed`. `by` is the batch that put the found state there.
    """

    extension_id: int
    why: Literal["changed", "taken", "held", "removed"]
    expected: str | None
    found: str | None
    by: int | None
    at_extension: int | None = None


# --- is it in effect? ---------------------------------------------------------------------------------------


def is_live(past: Past, batch: Batch) -> bool:
    """Tell whether a batch took effect and is not taken back as a whole by batches in effect."""
    return batch.in_force and bool(rest_of(past, batch))


def rest_of(past: Past, batch: Batch) -> list[Change]:
    """Return the changes of a batch that no batch in effect takes back, in order."""
    gone: set[int] = set()
    for number in batch.reversed_by:
        gone |= _taken_back_by(past, past.batch(number), batch)
    return [c for c in batch.changes.values() if c.extension_id not in gone]


def _taken_back_by(past: Past, reversal: Batch, batch: Batch) -> set[int]:
    """Return the extensions of a batch that a reversal takes back, less the cycles given back by undoing it there."""
    rest = set(rest_of(past, reversal)) if reversal.in_force else set()
    if not rest:
        return set()
    taken = set(reversal.part or batch.changes)
    given_back = {c.inverse for c in reversal.changes.values() if c not in rest}
    for cycle in cycles(batch.changes.values()) if given_back else ():
        if given_back.issuperset(cycle):
            taken.difference_update(c.extension_id for c in cycle)
    return taken


def refuse_unless_live(past: Past, batch: Batch) -> None:
    """Raise a refusal that says what to do instead, for a batch that is not in effect."""
    if batch.status == "draft":
        raise r.NotSentYet(batch=batch.name)
    if batch.status == "abandoned":
        raise r.NeverInForce(batch=batch.name)
    if batch.waits_for_restart:
        raise r.WaitsForRestart(batch=batch.name, mode=batch.sends[-1].mode)
    reversals = [past.batch(number) for number in batch.reversed_by]
    if not rest_of(past, batch):
        by = ", ".join(b.name for b in reversals if is_live(past, b))
        raise r.ReversedAlready(batch=batch.name, by=by)
    for reversal in reversals:
        if not reversal.part and reversal.pending_in_configuration:
            raise r.ReversalDrafted(batch=batch.name, by=reversal.name, status=reversal.status)


# --- the plans ----------------------------------------------------------------------------------------------


def plan_plain(
    system: System, past: Past, batch: Batch, as_now: Callable[[Sequence[Change]], Sequence[Change]] = list
) -> tuple[Plan, list[Blocked]]:
    """Return the inverse of what is left of a batch, and every extension that blocks it.

    `as_now` says its changes by the numbers that its people have now (renumbering.py).
    """
    rest = as_now(rest_of(past, batch))
    blocked = blocks(system, rest)
    whole = len(rest) == len(batch.changes)
    changes = tuple(c.inverse for c in reversed(rest))
    part = () if whole else tuple(c.extension_id for c in rest)
    return Plan(strategy="plain", reverses=(batch.number,), part=part, changes=changes), blocked


def blocks(system: System, changes: Sequence[Change]) -> list[Blocked]:
    """Return what keeps these changes from being taken back, at most one reason an extension."""
    inside = {c.extension_id for c in changes}
    found = []
    for change in changes:
        blocked = _removed(system, change) or _changed(system, change) or _held(system, change)
        blocked = blocked or _taken(system, change, inside)
        if blocked is not None:
            found.append(blocked)
    return found


def _removed(system: System, change: Change) -> Blocked | None:
    if change.extension_id in system.extensions:
        return None
    return Blocked(extension_id=change.extension_id, why="removed", expected=change.new, found=None, by=None)


def _changed(system: System, change: Change) -> Blocked | None:
    extension = system.extensions[change.extension_id]
    if extension.base == change.new:
        return None
    return Blocked(
        extension_id=change.extension_id,
        why="changed",
        expected=change.new,
        found=extension.base,
        by=extension.base_batch,
    )


def _held(system: System, change: Change) -> Blocked | None:
    holder = system.holder(change.extension_id)
    if holder is None:
        return None
    return Blocked(
        extension_id=change.extension_id,
        why="held",
        expected=change.new,
        found=holder.changes[change.extension_id].new,
        by=holder.number,
    )


def _taken(system: System, change: Change, inside: set[int]) -> Blocked | None:
    for other in system.homes(change.old):
        if other not in inside:
            return Blocked(
                extension_id=change.extension_id,
                why="taken",
                expected=None,
                found=change.old,
                by=system.extensions[other].base_batch,
                at_extension=other,
            )
    return None


def told(blocked: Blocked) -> str:
    """Return one blocked extension in words."""
    by = f"B{blocked.by}" if blocked.by is not None else "the import"
    match blocked.why:
        case "removed":
            return f"extension {blocked.extension_id} was removed"
        case "held":
            return f"extension {blocked.extension_id} is held by {by}, which is not in force yet"
        case "taken":
            return (
                f"extension {blocked.extension_id} would get {blocked.found} back, but {by} put it at "
                f"extension {blocked.at_extension}"
            )
        case _:
            return (
                f"extension {blocked.extension_id} should have {blocked.expected or 'blank'}, "
                f"but {by} put {blocked.found or 'blank'} there"
            )
