"""The events as they are kept, with what is kept beside them: tree, answers, checkpoints; and the read model's rows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ipo_ledger.adapters.store.asking import PAGE, Asking, condition, micros
from ipo_ledger.adapters.store.faults import DamagedTree
from ipo_ledger.adapters.store.from_rows import facts_of
from ipo_ledger.adapters.store.tables import KEPT_FROM
from ipo_ledger.application.ports.rows import KnownAnswer, LogFilter
from ipo_ledger.domain.moments import to_micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ipo_ledger.domain.events import Fact
    from ipo_ledger.evidence.tree import Row

_FEW = 100  # events read at a time where a few will do


class KeptEvents(Asking):
    """Questions about the events, and about what proves them."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._tiles: dict[int, dict[tuple[int, int], bytes]] = {}

    # --- as facts -------------------------------------------------------------------------------------------

    def log(self, wanted: LogFilter) -> list[Fact]:
        """Return recorded events, newest first, at most `limit`."""
        where, values = ["1 = 1"], {"limit": wanted.limit}
        condition(where, values, "l.system_id = :key", key=wanted.system)
        condition(where, values, "l.user_name = :user_name", user_name=wanted.user)
        condition(where, values, "l.extension_id = :ext", ext=wanted.extension_id)
        condition(where, values, "l.batch = :batch", batch=wanted.batch)
        condition(where, values, "l.actor = :actor", actor=wanted.actor)
        condition(where, values, "l.occurred_at >= :since", since=micros(wanted.since))
        condition(where, values, "l.occurred_at < :until", until=micros(wanted.until))
        condition(where, values, "l.position < :before", before=wanted.before)
        return list(facts_of(self._rows("log", values, " AND ".join(where))))

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return every recorded event after a position, oldest first, a page at a time."""
        while rows := self._rows("facts", {"after": after, "limit": PAGE}):
            yield from facts_of(rows)
            after = rows[-1][0]

    def facts_at(self, positions: Iterable[int]) -> dict[int, Fact]:
        """Return the events at these positions."""
        rows = [row for p in sorted(positions) for row in self._rows("facts_at", {"position": p})]
        return {fact.position: fact for fact in facts_of(rows)}

    def facts_before(self, position: int) -> Iterator[Fact]:
        """Return every recorded event before a position, newest first, a few at a time."""
        while rows := self._rows("facts_before", {"before": position, "limit": _FEW}):
            yield from facts_of(rows)
            position = rows[-1][0]

    def facts_of_batch(self, key: int, batch: int, before: int) -> Iterator[Fact]:
        """Return the events of a batch before a position, newest first, a few at a time."""
        wanted = LogFilter(system=key, batch=batch, before=before, limit=_FEW)
        while found := self.log(wanted):
            yield from found
            wanted = replace(wanted, before=found[-1].position)

    def last_recorded_by(self, at: datetime) -> int:
        """Return the last position recorded at or before an instant (0: none): times never decrease with positions."""
        low, high, wanted = 0, self.head().position, to_micros(at)
        while low < high:
            middle = (low + high + 1) // 2
            row = self._row("recorded_at", position=middle)
            assert row is not None, "positions have no gap"
            low, high = (middle, high) if row[0] <= wanted else (low, middle - 1)
        return low

    # --- as they lie there ----------------------------------------------------------------------------------

    def rows(self, *, after: int = 0) -> Iterator[list[Row]]:
        """Return every stored event after a position as it lies there, oldest first, a page at a time."""
        while found := self._rows("rows", {"after": after, "limit": PAGE}):
            yield _with_bytes(found)
            after = found[-1][0]

    def rows_at(self, positions: Iterable[int]) -> list[Row]:
        """Return the stored events at these positions as they lie there, in order."""
        found = [row for p in sorted(positions) for row in self._rows("row_at", {"position": p})]
        return _with_bytes(found)

    def fact(self, row: Row) -> Fact:
        """Return the fact that a stored event is. Raises `UnreadableEvent`."""
        position, stream, version, name, recorded_at, _, state = row
        return _decode()(position, stream, version, name, state, recorded_at)

    def agreed(self, told: Callable[[int], None]) -> dict[str, int] | None:
        """Return how many rows each table of the read model has, where all are as the events make them; None: not so.

        None, too, where an event cannot be read or cannot follow. `told` is given how many events were looked at.
        """
        from ipo_ledger.adapters.store import agreeing  # only who verifies or rebuilds folds all events

        return agreeing.agreed(self._pages, self._rows, told)

    def counted(self) -> int:
        """Return how many stored events there are, whatever their positions."""
        ((count,),) = self._rows("counted", {})
        return int(count)

    # --- the tree -------------------------------------------------------------------------------------------

    def frontier(self) -> bytes:
        """Return what the tree goes on from, as the head keeps it."""
        ((frontier,),) = self._rows("frontier", {})
        return bytes(frontier)

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a node of the tree; a low one is hashed anew from the events under it."""
        if level >= KEPT_FROM:
            row = self._row("tree_node", level=level, place=place)
            if row is None:
                raise DamagedTree(level=level, place=place)
            return bytes(row[0])
        tile = (place << level) >> KEPT_FROM
        if tile not in self._tiles:
            self._tiles = {tile: self._tile(tile)}
        try:
            return self._tiles[tile][level, place]
        except KeyError:  # an event is missing
            raise DamagedTree(level=level, place=place) from None

    def _tile(self, tile: int) -> dict[tuple[int, int], bytes]:
        from ipo_ledger.evidence.tree import Frontier, leaf_hashes  # whoever asks who sat where needs no proof

        first = tile << KEPT_FROM
        rows = self._rows("rows", {"after": first, "limit": 1 << KEPT_FROM})
        hashes = leaf_hashes(_with_bytes(rows))
        _, nodes = Frontier().grown(hashes)
        return {(level, (first >> level) + place): hash_ for level, place, hash_ in nodes}

    def kept_nodes(self, level: int, first: int, last: int) -> dict[int, bytes]:
        """Return the hashes of those nodes of a level that are kept, from place `first` to `last`."""
        rows = self._rows("kept_nodes", {"level": level, "first": first, "last": last})
        return {place: bytes(found) for place, found in rows}

    def stray_nodes(self, size: int) -> list[tuple[int, int]]:
        """Return level and place of kept nodes that a tree of so many leaves does not have, a hundred at most."""
        return [(level, place) for level, place in self._rows("stray_nodes", {"size": size, "lowest": KEPT_FROM})]

    # --- what is kept beside them ---------------------------------------------------------------------------

    def kept_checkpoints(self) -> list[tuple[int, str, int]]:
        """Return the checkpoints that were given out: size, signed note, when; oldest first, always in one order."""
        return [(size, note, made_at) for size, note, made_at in self._rows("kept_checkpoints", {})]

    def answers(self) -> Iterator[list[tuple[str, str, bytes]]]:
        """Return the answers that are kept, by command id, a page at a time."""
        text = "SELECT command_id, fingerprint, answer FROM {schema}answers ORDER BY command_id {bytewise}"
        for page in self._pages(text):
            yield [(command_id, fingerprint, bytes(answer)) for command_id, fingerprint, answer in page]

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        row = self._row("answer", command_id=command_id)
        return KnownAnswer(row[0], bytes(row[1])) if row is not None else None

    def model_rows(self, table: str, columns: Sequence[str], key: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Return the rows of a table of the read model in order of their keys, a page at a time."""
        return self._pages(f"SELECT {', '.join(columns)} FROM {{schema}}{table} ORDER BY {', '.join(key)}")  # noqa: S608 - names of columns


@cache
def _decode() -> Callable[[int, str, int, str, bytes, int | None], Fact]:
    from ipo_ledger.adapters.store import payload  # most questions read no event

    return payload.decode


def _with_bytes(rows: list[tuple[Any, ...]]) -> list[Row]:
    """Return the rows of events with their payloads, the last column, as bytes, which most drivers give."""
    if all(type(row[-1]) is bytes for row in rows):
        return rows
    return [(p, stream, v, name, at, role, bytes(state)) for p, stream, v, name, at, role, state in rows]
