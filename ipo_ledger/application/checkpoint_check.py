"""Checkpoints held against today's tree: those that the ledger keeps itself, and one that was kept elsewhere.

What was rewritten together with everything that depends on it agrees with itself: only a checkpoint shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

from msgspec import Struct

from ipo_ledger.application import answers as a
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.errors import LedgerError, StoreUnusable
from ipo_ledger.evidence import tree
from ipo_ledger.evidence.notes import Checkpoint, Note, NotSigned, VerifierKey

Tell: TypeAlias = Callable[[int | None, str], None]
Span: TypeAlias = tuple[int, int]


class Kept(Struct, frozen=True):
    """A checkpoint as it was signed, read."""

    note: Note
    checkpoint: Checkpoint


def read_kept(text: str) -> Kept:
    """Read a signed checkpoint. Raises `UnreadableNote`, `UnreadableCheckpoint`."""
    note = Note.read(text)
    return Kept(note, Checkpoint.read(note.text))


class CheckpointCheck:
    """What checkpoints say of a ledger of `size` events whose root is `root` (None: it cannot be hashed)."""

    def __init__(self, reading: Reading, size: int, root: bytes | None, key: VerifierKey | None) -> None:
        """Begin; `key` is of whoever signs the checkpoints."""
        self._node = cache(reading.node)
        self._size = size
        self._root = root
        self._key = key
        self._agree: set[int] = set()
        self._differ: set[int] = set()

    def kept_here(self, rows: Sequence[tuple[int, str, int]], tell: Tell) -> None:
        """Check the checkpoints that the ledger keeps: their size, and their signed text."""
        for size, text, _ in rows:
            try:
                kept = read_kept(text)
            except LedgerError as unreadable:
                tell(size, f"The checkpoint of {size} events that is kept cannot be read: {unreadable.message}")
                continue
            if kept.checkpoint.size != size:
                tell(size, f"A checkpoint of {kept.checkpoint.size} events is kept as one of {size}.")
            if self._key is not None and self._is_forged(kept):
                tell(size, f"The checkpoint of {size} events bears the name of {self._key.label}, who did not sign it.")
            self._held(kept, tell)

    def against(self, kept: Kept, tell: Tell) -> a.AgainstAnswer:
        """Check whether the ledger goes on from a checkpoint that was kept elsewhere."""
        extends = self._held(kept, tell)
        at = kept.checkpoint
        if self._key is not None and not self._is_signed(kept):
            tell(at.size, f"The checkpoint of {at.size} events is not signed by {self._key.label}.")
        if extends and self._root is not None and not self._consistent(at):
            extends = False
            tell(at.size, f"The proof that the ledger goes on from the checkpoint of {at.size} events does not hold.")
        signed_by = self._key.label if self._key is not None and self._is_signed(kept) else None
        return a.AgainstAnswer(origin=at.origin, size=at.size, root=at.root.hex(), extends=extends, signed_by=signed_by)

    def doubts(self, spans: Sequence[Span]) -> tuple[a.DoubtAnswer, ...]:
        """Return the events in doubt: as the tree narrows them, and by checkpoints that differ."""
        found = [(self._after_agreeing(first, last), last) for first, last in spans]
        if self._differ:
            end = min(*self._differ, self._size)
            begin = max((n for n in self._agree if n < end), default=0) + 1
            if not any(first <= end and begin <= last for first, last in found):  # else the tree says it closer
                found.append((begin, end))
        return tuple(
            a.DoubtAnswer(first=first, last=last, vouched_by=min((n for n in self._agree if n >= last), default=None))
            for first, last in _merged(found)
        )

    def _after_agreeing(self, first: int, last: int) -> int:
        """Return where doubt begins: of a tile, a checkpoint within it was compared with the events themselves."""
        return max((n + 1 for n in self._agree if first <= n < last), default=first)

    def _held(self, kept: Kept, tell: Tell) -> bool:
        at = kept.checkpoint
        if at.size > self._size:
            tell(
                at.size,
                f"The ledger has {self._size} events, and had {at.size} at this checkpoint: events were taken off its "
                "end, an older copy was put back, or it is another ledger.",
            )
            return False
        try:
            root = tree.root_at(at.size, self._node)
        except StoreUnusable as fault:
            tell(at.size, f"The checkpoint of {at.size} events cannot be compared: {fault.message}")
            return False
        if root != at.root:
            self._differ.add(at.size)
            tell(
                at.size,
                f"The first {at.size} events are not those of the checkpoint: their root is {root.hex()}, and was "
                f"{at.root.hex()}. History was rewritten, or it is another ledger.",
            )
            return False
        self._agree.add(at.size)
        return True

    def _consistent(self, at: Checkpoint) -> bool:
        assert self._root is not None
        proof = tree.consistency_proof(at.size, self._size, self._node)
        return tree.verify_consistency(at.size, self._size, at.root, self._root, proof)

    def _is_forged(self, kept: Kept) -> bool:
        """Tell whether a checkpoint claims this key's signature and does not have it; others may sign too."""
        assert self._key is not None
        try:
            kept.note.verify([self._key])
        except NotSigned:
            return False
        except LedgerError:
            return True
        return False

    def _is_signed(self, kept: Kept) -> bool:
        assert self._key is not None
        try:
            kept.note.verify([self._key])
        except LedgerError:
            return False
        return True


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if first > last:
            continue
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
