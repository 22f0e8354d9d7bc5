"""The hash tree over all events (RFC 6962, SHA-256): it grows with each append, and any of it can be proven.

A store keeps the roots of all perfect subtrees as they become complete, as nodes: (level, index, hash).
Node (0, i) is the hash of leaf i; node (k, i) stands over the leaves i * 2**k to (i + 1) * 2**k - 1.
A node never changes. Roots and proofs of every size the tree ever had need few of them, asked for one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from itertools import count, repeat
from struct import Struct as Layout
from typing import Self, TypeAlias

from msgspec import Struct

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
EVENT_TAG = b"ipo-ledger/event/v1\n"
_LEAF_TAG = b"\x00" + EVENT_TAG

Node: TypeAlias = tuple[int, int, bytes]
"""Level, index, hash."""
Ask: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the node of a level and an index."""
Row: TypeAlias = tuple[int, str, int, str, int, str, bytes]
"""A stored event: what `leaf_bytes` takes, in that order."""

_NUMBERS = Layout(">qqqIII")
_PLACE, _LENGTHS = Layout(">qqq"), Layout(">III")  # the same in two parts
_SIZE = Layout(">Q")


# --- leaves ------------------------------------------------------------------------------------------------


def leaf_bytes(  # noqa: PLR0913, PLR0917 - the columns of a row
    position: int,
    stream: str,
    version: int,
    type: str,  # noqa: A002 - as everywhere that events are shown
    recorded_at_micros: int,
    db_role: str,
    payload: bytes,
) -> bytes:
    r"""Return the one encoding of a stored event that is hashed as its leaf.

    - `ipo-ledger/event/v1` and a line feed;
    - position, version, recorded_at (microseconds since 1970-01-01T00:00:00Z): 8 bytes each, signed, big-endian;
    - how many bytes stream, type and db_role have in UTF-8: 4 bytes each, unsigned, big-endian;
    - stream, type, db_role, in UTF-8, nothing between them;
    - the payload as it is stored, to the end.

    No two events have the same: the lengths say where each field ends. In the standard library:

        names = [name.encode() for name in (stream, type, db_role)]
        numbers = struct.pack(">qqqIII", position, version, recorded_at, *map(len, names))
        leaf = b"ipo-ledger/event/v1\n" + numbers + b"".join(names) + payload
    """
    name, kind, role = stream.encode(), type.encode(), db_role.encode()
    numbers = _NUMBERS.pack(position, version, recorded_at_micros, len(name), len(kind), len(role))
    return b"".join((EVENT_TAG, numbers, name, kind, role, payload))


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return sha256(b"\x00" + leaf).digest()


def leaf_hashes(rows: Iterable[Row]) -> list[bytes]:
    """Hash stored events, in their order: `leaf_hash` of their `leaf_bytes`, with what they share encoded once."""
    names: dict[tuple[str, str, str], bytes] = {}
    hashes = []
    pack = _PLACE.pack
    for position, stream, version, kind, recorded_at, role, payload in rows:
        shared = names.get((stream, kind, role))
        if shared is None:
            each = (stream.encode(), kind.encode(), role.encode())
            shared = names[stream, kind, role] = _LENGTHS.pack(*map(len, each)) + b"".join(each)
        hashes.append(sha256(_LEAF_TAG + pack(position, version, recorded_at) + shared + payload).digest())
    return hashes


# --- growing -----------------------------------------------------------------------------------------------


class Frontier(Struct, frozen=True):
    """All that is needed of a tree to go on: its size, and the roots of its perfect subtrees, left to right."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    @classmethod
    def at(cls, size: int, node: Ask) -> Self:
        """Return the tree of the first `size` leaves."""
        return cls(size, tuple(node(level, index) for level, index in _subtrees(0, size)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`. Raises ValueError for anything else."""
        (size,) = _SIZE.unpack_from(data) if len(data) >= _SIZE.size else (0,)
        if len(data) != _SIZE.size + HASH_SIZE * size.bit_count():
            raise ValueError(f"no frontier has {len(data)} bytes and size {size}")
        starts = range(_SIZE.size, len(data), HASH_SIZE)
        return cls(size, tuple(data[start : start + HASH_SIZE] for start in starts))

    def to_bytes(self) -> bytes:
        """Write it as bytes: the size (8 bytes, big-endian), and the roots, largest subtree first."""
        return _SIZE.pack(self.size) + b"".join(self.roots)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return _joined(self.roots)

    def grown(self, hashes: Sequence[bytes]) -> tuple[Self, list[Node]]:
        """Append leaf hashes; return the tree after them, and all nodes that became complete, leaves first."""
        lone = {level: root for (level, _), root in zip(_subtrees(0, self.size), self.roots, strict=True)}
        nodes: list[Node] = []
        level, first, row = 0, self.size, list(hashes)
        while row:
            nodes += zip(repeat(level), count(first), row)
            if first & 1:  # its left sibling waits since an earlier append
                row.insert(0, lone.pop(level))
            if len(row) & 1:
                lone[level] = row.pop()
            row = row_above(row)
            level, first = level + 1, first >> 1
        roots = tuple(lone[level] for level in sorted(lone, reverse=True))
        return type(self)(self.size + len(hashes), roots), nodes


def row_above(row: Sequence[bytes]) -> list[bytes]:
    """Hash each two neighbours. Slices of one string: half again as fast as adding two."""
    joined = b"".join(row)
    width = 2 * HASH_SIZE
    return [sha256(b"\x01" + joined[at : at + width]).digest() for at in range(0, len(joined), width)]


def node_above(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours: the node over them."""
    return sha256(b"\x01" + left + right).digest()


def _joined(roots: Sequence[bytes]) -> bytes:
    """Return the root over neighbouring perfect subtrees, largest first."""
    return reduce(lambda right, left: node_above(left, right), reversed(roots)) if roots else EMPTY_ROOT


# --- proving -----------------------------------------------------------------------------------------------


def root_at(size: int, node: Ask) -> bytes:
    """Return the root the tree had when it had `size` leaves."""
    return _over(0, size, node)


def inclusion_proof(index: int, size: int, node: Ask) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root of the first `size` leaves, lowest first.

    Raises ValueError when there is no such leaf among them.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among the first {size}")
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, node: Ask) -> list[bytes]:
    """Return the hashes that show that the tree of size `second` begins with the one of size `first`.

    Raises ValueError when `second` is smaller than `first`.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of size {second} does not begin with one of size {first}")
    start, end, proof = 0, second, []
    while first not in {0, end}:
        middle = _middle(start, end)
        if first <= middle:
            proof.append(_over(middle, end, node))
            end = middle
        else:
            proof.append(_over(start, middle, node))
            start = middle
    if start:  # the last one differs from the first tree's own root, which whoever checks has
        proof.append(_over(start, end, node))
    return proof[::-1]


def asked(prove: Callable[[Ask], object]) -> set[tuple[int, int]]:
    """Return level and index of the nodes that `prove` asks for: a store can then fetch them all at once."""
    wanted = set()

    def note(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return EMPTY_ROOT

    prove(note)
    return wanted


def _middle(start: int, end: int) -> int:
    """Return where RFC 6962 parts these leaves: after the largest power of two that leaves some over."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _over(start: int, end: int, node: Ask) -> bytes:
    return _joined([node(level, index) for level, index in _subtrees(start, end)])


def _subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give level and index of the perfect subtrees that these leaves are, largest first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


# --- checking ----------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether the proof leads from the hash of leaf `index` to the root of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if here & 1 or here == last:
            found = node_above(sibling, found)
            here, last = _to_a_right_child(here, last)
        else:
            found = node_above(found, sibling)
        here, last = here >> 1, last >> 1
    return not last and found == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows that the second tree begins with the first one (RFC 9162, 2.1.4.2).

    Of two trees of one size, and of an empty one, the proof is empty.
    """
    if not 0 <= first <= second:
        return False
    if first in {0, second}:
        return not proof and first_root == (second_root if first == second else EMPTY_ROOT)
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    if not path:
        return False
    first_found = second_found = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if here & 1 or here == last:
            first_found, second_found = node_above(sibling, first_found), node_above(sibling, second_found)
            here, last = _to_a_right_child(here, last)
        else:
            second_found = node_above(second_found, sibling)
        here, last = here >> 1, last >> 1
    return not last and first_found == first_root and second_found == second_root


def _to_a_right_child(here: int, last: int) -> tuple[int, int]:
    """Climb while the node is a left child without a sibling: there is nothing to hash."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last
