"""The tree of a ledger held against its events: every leaf is hashed anew, and what differs is narrowed down.

The nodes that are kept part the events into tiles of 256: a changed event is located to its tile, in the last tile
to one of the subtrees that the head keeps. Whether the event or the node was changed, the nodes above say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.store import TILE_LEVEL
from ipo_ledger.errors import StoreUnusable
from ipo_ledger.evidence.tree import Frontier, Row, leaf_hashes, node_above, row_above

TILE = 1 << TILE_LEVEL
_NODES = 4096  # nodes held against each other at a time
_WIDEST_GAP = 100_000  # positions; after a wider one nothing is hashed any more

Tell: TypeAlias = Callable[[int | None, str], None]
Span: TypeAlias = tuple[int, int]


class TreeCheck:
    """Rows in, in order of their positions; then the verdict on nodes and head."""

    def __init__(self, reading: Reading, tell: Tell, *, after: int) -> None:
        """Begin at a tile: `after` is a multiple of 256; what is before is taken from the kept nodes."""
        self._reading = reading
        self._tell = tell
        self._first = after >> TILE_LEVEL
        self._waiting: list[bytes | None] = []  # leaf hashes of tiles that are not complete; None: no such event
        self._next = after + 1
        self._lost = False
        self._tiles: Frontier | None = None  # over the tiles as if they were leaves
        self._made: dict[int, bytes] = {}  # tiles that are not as kept
        self.checked = 0
        self.doubts: list[Span] = []
        try:
            self._tiles = Frontier.at(self._first, lambda level, i: reading.node(level + TILE_LEVEL, i))
        except StoreUnusable as fault:
            tell(None, fault.message)

    def take(self, rows: Sequence[Row]) -> None:
        """Hash a page of events."""
        if self._lost:
            return
        hashes = leaf_hashes(rows)
        self.checked += len(rows)
        if rows[0][0] == self._next and rows[-1][0] - rows[0][0] == len(rows) - 1:
            self._waiting += hashes
            self._next += len(rows)
        else:
            self._take_apart(rows, hashes)
        self._cut()

    def _take_apart(self, rows: Sequence[Row], hashes: Sequence[bytes]) -> None:
        for row, hashed in zip(rows, hashes, strict=True):
            position = row[0]
            if position - self._next > _WIDEST_GAP:
                self._lost = True
                return
            while position > self._next:
                self._waiting.append(None)
                self._next += 1
            if position == self._next:
                self._waiting.append(hashed)
                self._next += 1
            elif self._waiting:  # twice the same position
                self._waiting[-1] = None

    def _cut(self) -> None:
        """Close the tiles that are complete, and hold them against the kept nodes."""
        count = len(self._waiting) >> TILE_LEVEL
        if not count:
            return
        ready, self._waiting = self._waiting[: count * TILE], self._waiting[count * TILE :]
        first = ((self._next - 1 - len(self._waiting)) >> TILE_LEVEL) - count
        roots = _tile_roots(ready)
        kept = self._reading.kept_nodes(TILE_LEVEL, first, first + count - 1)
        for tile, made in enumerate(roots, first):
            if tile not in kept:
                self._tell(
                    _start(TILE_LEVEL, tile), f"The hash that is kept over {_events(TILE_LEVEL, tile)} is missing."
                )
            elif made is None:
                self._doubt(TILE_LEVEL, tile)
            elif kept[tile] != made:
                self._made[tile] = made
        whole = [made for made in roots if made is not None]
        if self._tiles is not None and len(whole) == count:
            self._tiles, _ = self._tiles.grown(whole)
        else:
            self._tiles = None

    # --- the verdict ----------------------------------------------------------------------------------------

    def finish(self) -> bytes | None:
        """Hold nodes against nodes, and the head against all; return the root, None where events are missing."""
        size = self._next - 1
        self._nodes(size)
        for level, place in self._reading.stray_nodes(size):
            self._tell(None, f"A hash is kept at level {level}, place {place}, where a tree of {size} events has none.")
        for tile, made in self._made.items():
            self._blame(tile, made, size)
        whole = self._frontier()
        self._head(whole, size)
        return whole.root() if whole is not None else None

    def _nodes(self, size: int) -> None:
        level = TILE_LEVEL + 1
        while size >> level:
            for first in range(self._first >> (level - TILE_LEVEL), size >> level, _NODES):
                last = min(first + _NODES, size >> level) - 1
                below = self._reading.kept_nodes(level - 1, 2 * first, 2 * last + 1)
                here = self._reading.kept_nodes(level, first, last)
                for place in range(first, last + 1):
                    pair = (below.get(2 * place), below.get(2 * place + 1))
                    self._node(level, place, here.get(place), *pair)
            level += 1

    def _node(self, level: int, place: int, here: bytes | None, left: bytes | None, right: bytes | None) -> None:
        if here is None:
            self._tell(_start(level, place), f"The hash that is kept over {_events(level, place)} is missing.")
        elif left is None or right is None or node_above(left, right) == here or self._explained(level, place, here):
            return
        else:
            self._doubt(level, place)
            self._tell(
                _start(level, place),
                f"The hash that is kept over {_events(level, place)} is not that of the two below it: it was changed, "
                "or they were.",
            )

    def _explained(self, level: int, place: int, here: bytes) -> bool:
        """Tell whether a tile was changed that is right below: the hash above it is as it was."""
        if level != TILE_LEVEL + 1:
            return False
        kept = self._reading.kept_nodes(TILE_LEVEL, 2 * place, 2 * place + 1)
        pair = [self._made.get(tile) or kept[tile] for tile in (2 * place, 2 * place + 1)]
        return node_above(*pair) == here

    def _blame(self, tile: int, made: bytes, size: int) -> None:
        """Say of a tile that is not as kept which was changed: the events, or the node."""
        if self._vouched(tile, made, size):
            self._tell(
                _start(TILE_LEVEL, tile),
                f"The hash that is kept over {_events(TILE_LEVEL, tile)} was changed; the events are those that the "
                "hashes above it were made of.",
            )
            return
        self._doubt(TILE_LEVEL, tile)
        self._tell(
            _start(TILE_LEVEL, tile),
            f"Among {_events(TILE_LEVEL, tile)} something was changed: they do not hash to what is kept.",
        )

    def _vouched(self, tile: int, made: bytes, size: int) -> bool:
        """Tell whether the node above a tile, or the head where there is none, agrees with the events."""
        if (tile | 1) < size >> TILE_LEVEL:
            above = self._reading.kept_nodes(TILE_LEVEL + 1, tile >> 1, tile >> 1).get(tile >> 1)
            other = self._made.get(tile ^ 1) or self._reading.kept_nodes(TILE_LEVEL, tile ^ 1, tile ^ 1).get(tile ^ 1)
            if above is None or other is None:
                return False
            return node_above(*((made, other) if not tile & 1 else (other, made))) == above
        return made in self._kept_roots()

    def _frontier(self) -> Frontier | None:
        tail = [hashed for hashed in self._waiting if hashed is not None]
        if self._lost or self._tiles is None or len(tail) != len(self._waiting):
            return None
        grown, _ = Frontier().grown(tail)
        return Frontier((self._tiles.size << TILE_LEVEL) + grown.size, (*self._tiles.roots, *grown.roots))

    def _head(self, made: Frontier | None, size: int) -> None:
        try:
            kept = Frontier.from_bytes(self._reading.frontier())
        except (ValueError, StoreUnusable) as fault:
            self._tell(None, f"What the head keeps of the tree cannot be read: {fault}.")
            return
        if kept.size != size:
            self._tell(None, f"The head keeps a tree of {kept.size} events, and the events make one of {size}.")
        elif made is None:
            self._doubt_from(len(self._waiting), size)
        else:
            for (first, last), ours, theirs in zip(_spans(size), made.roots, kept.roots, strict=True):
                if ours != theirs:
                    self._differs_from_head(first, last, ours)

    def _differs_from_head(self, first: int, last: int, made: bytes) -> None:
        if any(first <= doubted and known <= last for known, doubted in self.doubts):
            return  # said already, and closer
        level = (last - first + 1).bit_length() - 1
        place = (first - 1) >> level
        if level >= TILE_LEVEL and self._reading.kept_nodes(level, place, place).get(place) == made:
            self._tell(
                first, f"What the head keeps of events {first} to {last} was changed: it is not what they hash to."
            )
            return
        self.doubts.append((first, last))
        which = f"event {first}" if first == last else f"events {first} to {last}"
        self._tell(first, f"Among {which} something was changed, or in what the head keeps of them: they do not agree.")

    def _kept_roots(self) -> tuple[bytes, ...]:
        try:
            return Frontier.from_bytes(self._reading.frontier()).roots
        except (ValueError, StoreUnusable):
            return ()

    def _doubt(self, level: int, place: int) -> None:
        self.doubts.append((_start(level, place), (place + 1) << level))

    def _doubt_from(self, tail: int, size: int) -> None:
        if None in self._waiting:
            self.doubts.append((size - tail + 1, size))


def _tile_roots(hashes: Sequence[bytes | None]) -> list[bytes | None]:
    if None not in hashes:
        row = [hashed for hashed in hashes if hashed is not None]
        for _ in range(TILE_LEVEL):
            row = row_above(row)
        return list(row)
    found: list[bytes | None] = []
    for start in range(0, len(hashes), TILE):
        tile = [hashed for hashed in hashes[start : start + TILE] if hashed is not None]
        found.append(Frontier().grown(tile)[0].root() if len(tile) == TILE else None)
    return found


def _spans(size: int) -> Iterator[Span]:
    """Return the events under each root that a frontier keeps."""
    first = 1
    while first <= size:
        width = 1 << (size - first + 1).bit_length() - 1
        yield first, first + width - 1
        first += width


def _start(level: int, place: int) -> int:
    return (place << level) + 1


def _events(level: int, place: int) -> str:
    return f"events {_start(level, place)} to {(place + 1) << level}"
