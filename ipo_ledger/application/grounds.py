"""Which events an answer rests on: of a batch, or of who sat at an extension, with what set them right since.

Whatever an event followed from goes with it, and so does the correction that took it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from ipo_ledger.application.asking import Look, look, span
from ipo_ledger.application.naming import batch_known, extension_then
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.refusals import BadArgument, UnknownPosition
from ipo_ledger.application.stays import refuse_removed
from ipo_ledger.domain import events as e
from ipo_ledger.domain.moments import describe
from ipo_ledger.domain.trail import BasePoint, Pile, SeatPoint


class Grounds(Struct, frozen=True):
    """What is asked about, in words, and the positions of the events it rests on."""

    what: str
    positions: frozenset[int]


@contextmanager
def looked_up(
    store: Store, system: str | None, what: str, on: str | datetime | None
) -> Iterator[tuple[Reading, Grounds]]:
    """Look once at the ledger, and at what is meant: an event where there is no `system`, a batch, an extension.

    Raises `UnknownPosition`, or what an unknown batch or extension raises.
    """
    if system is None:
        with store.reading() as reading:
            yield reading, _event(reading, int(what))
        return
    with look(store, system, None, needs_baseline=on is not None) as at:
        yield at.reading, _batch(at, what) if on is None else _extension(at, what, on)


def is_position(what: str, on: str | datetime | None) -> bool:
    """Tell whether an event is meant: a number, and no time with it."""
    return on is None and what.isascii() and what.isdigit()


def _event(reading: Reading, position: int) -> Grounds:
    last = reading.head().position
    if not 1 <= position <= last:
        raise UnknownPosition(asked=position, last=last)
    return Grounds(f"event {position}", frozenset({position}))


def _batch(at: Look, what: str) -> Grounds:
    if what.startswith("@") or what.rpartition("/")[2].isdigit():
        raise BadArgument(what=what, why="an extension is proven for a time: say --on WHEN")
    batch = batch_known(at.reading, at.row, what)
    facts = at.reading.facts_of_batch(at.key, batch.number, at.known + 1)
    return Grounds(f"{at.row.name}/{batch.name}", _with_reasons(at.reading, (f.position for f in facts)))


def _extension(at: Look, what: str, on: str | datetime) -> Grounds:
    found = extension_then(at.reading, at.row, what, at.known)
    of, when = found.extension_id, at.when(on)
    start, end = span(when)
    called = f"extension {of}"
    at.refuse_before(end, at.reading.first_seat(at.key, of, at.known), called)
    seats = at.reading.seat_points(at.key, of, start, end, at.known)
    refuse_removed(seats, start, end, called, at.zone)
    bases = _in_force(at.reading.base_points(at.key, of, at.known), start, end)
    points: list[SeatPoint | BasePoint] = [*seats, *bases]
    positions = {point.position for point in points}
    for batch in {point.batch for point in points if point.batch is not None}:
        positions |= set(_of_the_extension(at, batch, of))
    for user in {point.user for point in seats if point.user is not None} & at.reading.renumbered(at.key):
        positions |= {p.position for p in at.reading.number_points(at.key, user, at.known) if p.at <= end}
    positions |= set(_taken_off(at, of, seats, bases, end))
    what_is_asked = f"who sat at {called} of {at.row.name}: {describe(when, at.zone)}"
    return Grounds(what_is_asked, _with_reasons(at.reading, positions))


def _in_force(bases: Iterable[BasePoint], start: datetime, end: datetime) -> list[BasePoint]:
    """Return the base extensions in force from `start` to `end`, oldest first."""
    until = [point for point in bases if point.at <= end]
    first = max((place for place, point in enumerate(until) if point.at <= start), default=0)
    return until[first:]


def _of_the_extension(at: Look, batch: int, extension_id: int) -> Iterator[int]:
    """Yield the events by which a batch came to change the extension: it was opened, changed, and sent."""
    for fact in at.reading.facts_of_batch(at.key, batch, at.known + 1):
        match fact.event:
            case e.BatchOpened() | e.ConfigurationSent():
                yield fact.position
            case e.BaseExtensionChanged(extension_id=changed) if changed == extension_id:
                yield fact.position


def _taken_off(
    at: Look, extension_id: int, seats: Sequence[SeatPoint], bases: Sequence[BasePoint], end: datetime
) -> Iterator[int]:
    """Yield what would have been answered had no correction taken it away, and those corrections."""
    piles: tuple[tuple[Pile, Sequence[SeatPoint | BasePoint]], ...] = (("seats", seats), ("bases", bases))
    for pile, points in piles:
        first = min((point.at for point in points), default=end)
        for pair in at.reading.taken_off(pile, at.key, extension_id, first, end):
            yield from pair


def _with_reasons(reading: Reading, positions: Iterable[int]) -> frozenset[int]:
    """Add what the events followed from, and the corrections that took any of them away."""
    found: set[int] = set()
    new = set(positions)
    while new:
        found |= new
        causes = {fact.caused_by for fact in reading.facts_at(new).values() if fact.caused_by is not None}
        corrected = reading.corrections_of(min(new), max(new))
        new = (causes | {by for position, by in corrected.items() if position in new}) - found
    return frozenset(found)
