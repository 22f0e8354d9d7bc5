"""Evidence to give out: checkpoints of the whole ledger, signed, and proofs that events are in it."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from ipo_ledger.application import answers as a
from ipo_ledger.application.grounds import looked_up
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.refusals import CheckpointDiffers, EmptyLedger, NotCovered, TreeDiffers
from ipo_ledger.errors import LedgerError, StoreUnusable
from ipo_ledger.evidence import proofs, tree
from ipo_ledger.evidence.notes import Checkpoint, Note, SigningKey, UnreadableCheckpoint, sign_checkpoint


def checkpoint(store: Store, key: SigningKey) -> a.CheckpointAnswer:
    """Sign the size and root of the ledger as it is, and keep that where this connection may write.

    Raises `EmptyLedger`; `TreeDiffers` or `CheckpointDiffers` for a ledger that was tampered with: it is not signed.
    """
    with store.reading() as reading:
        signed, note = _signed(reading, key)
    not_kept = _keep(store, signed, note)
    return a.CheckpointAnswer(
        size=signed.size,
        root=signed.root.hex(),
        origin=signed.origin,
        key=str(key.verifier),
        note=str(note),
        kept=not_kept is None,
        not_kept=not_kept,
    )


def prove(  # noqa: PLR0913 - what, when, where, and under which checkpoint
    store: Store,
    system: str | None,
    what: str,
    *,
    on: str | datetime | None,
    key: SigningKey | None,
    kept: str | None,
) -> a.Proof:
    """Return the evidence for an event, or for those that a batch or an answer rests on.

    Raises `NotCovered` for events that came after the checkpoint, and as `checkpoint` does.
    """
    with looked_up(store, system, what, on) as (reading, grounds):
        if kept is not None:
            signed, note = _read(reading, kept)
        else:
            assert key is not None
            signed, note = _signed(reading, key)
        positions = tuple(sorted(grounds.positions))
        if positions[-1] > signed.size:
            late = next(position for position in positions if position > signed.size)
            raise NotCovered(event=late, size=signed.size)
        evidence = proofs.gather(reading.rows_at(positions), note, cache(reading.node))
    if len(evidence.events) != len(positions) or proofs.check(evidence):
        raise TreeDiffers(why="a proof does not lead to its root")
    if key is not None and kept is None:
        _keep(store, signed, note)
    (signature,) = note.signatures
    return a.Proof(
        what=grounds.what,
        events=positions,
        size=signed.size,
        root=signed.root.hex(),
        origin=signed.origin,
        signed_by=signature.label,
        key=str(key.verifier) if key is not None and kept is None else None,
        evidence=proofs.written(evidence).decode(),
    )


def _signed(reading: Reading, key: SigningKey) -> tuple[Checkpoint, Note]:
    """Sign the ledger as it is, if its tree is that of its events and goes on from the last checkpoint of the key."""
    size = reading.head().position
    if not size:
        raise EmptyLedger
    root = _root_at(reading, size)
    try:
        frontier = tree.Frontier.from_bytes(reading.frontier())
    except ValueError as fault:
        raise TreeDiffers(why=str(fault)) from fault
    if (frontier.size, frontier.root()) != (size, root):
        raise TreeDiffers(why="what the head keeps of it is not what the events give")
    last = _last_signed(reading, key)
    if last is not None:
        _refuse_another(reading, last)
    return Checkpoint(key.verifier.name, size, root), sign_checkpoint(size, root, key)


def _last_signed(reading: Reading, key: SigningKey) -> Checkpoint | None:
    """Return the last checkpoint that the ledger keeps of a key; whatever else was put among them is passed over."""
    for _, text, _ in reversed(reading.kept_checkpoints()):
        try:
            note = Note.read(text)
            note.verify([key.verifier])
            return Checkpoint.read(note.text)
        except LedgerError:
            continue
    return None


def _read(reading: Reading, kept: str) -> tuple[Checkpoint, Note]:
    """Read a checkpoint that was kept elsewhere, and hold the ledger against it; witnesses' signatures are left out."""
    note = Note.read(kept)
    signed = Checkpoint.read(note.text)
    own = [signature for signature in note.signatures if signature.name == signed.origin]
    if not own:
        raise UnreadableCheckpoint(why=f"it is not signed by {signed.origin}, whose it is")
    _refuse_another(reading, signed)
    return signed, Note(note.text, (own[0],))


def _refuse_another(reading: Reading, signed: Checkpoint) -> None:
    last = reading.head().position
    if signed.size > last:
        raise CheckpointDiffers(size=signed.size, why=f"the ledger has {last} events only")
    if _root_at(reading, signed.size) != signed.root:
        raise CheckpointDiffers(size=signed.size, why="its root was another then")


def _root_at(reading: Reading, size: int) -> bytes:
    return tree.root_at(size, reading.node)


def _keep(store: Store, signed: Checkpoint, note: Note) -> str | None:
    """Keep a checkpoint in the ledger; return why that cannot be, where this connection may only read."""
    try:
        with store.writing() as writing:
            writing.keep_checkpoint(signed.size, str(note))
    except StoreUnusable as fault:
        return fault.message
    return None
