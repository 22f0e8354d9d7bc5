"""The evidence file: events exactly as they are stored, and the proof that a signed checkpoint covers each.

It says nothing that cannot be checked, and there is one way to write it: whatever differs by a bit is refused.
It shows that these events are in the ledger; that there are no others it cannot show.
`docs/verify_evidence.py` checks it without this program.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from ipo_ledger.errors import LedgerError, Malformed
from ipo_ledger.evidence import tree
from ipo_ledger.evidence.notes import Checkpoint, Note, VerifierKey
from ipo_ledger.evidence.tree import Ask, Row

_Format: TypeAlias = Literal["ipo-ledger-evidence/1"]
_FORMAT: _Format = "ipo-ledger-evidence/1"
_FromZero: TypeAlias = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_FromOne: TypeAlias = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_TLOG_PROOF = "c2sp.org/tlog-proof@v1"


class UnreadableEvidence(Malformed):
    """The file is no evidence, or a character of it was changed."""

    code = "unreadable-evidence"
    says = "This is no evidence as this program writes it: {why}."
    way_out = "Have it written again with `ipo-ledger prove`."


class Proven(Struct, frozen=True, forbid_unknown_fields=True):
    """An event as its row is, and the hashes that lead from it to the root, lowest first (base64 in the file)."""

    position: _FromOne
    stream: str
    version: _FromZero
    type: str
    recorded_at: _FromZero
    """Microseconds since 1970-01-01T00:00:00Z."""
    db_role: str
    payload: str
    proof: tuple[bytes, ...]

    @property
    def leaf(self) -> bytes:
        """What is hashed."""
        return tree.leaf_bytes(
            self.position, self.stream, self.version, self.type, self.recorded_at, self.db_role, self.payload.encode()
        )


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds: one event at least, in order of their positions, and a checkpoint, as signed."""

    format: _Format
    events: Annotated[tuple[Proven, ...], Meta(min_length=1)]
    checkpoint: str


class Finding(Struct, frozen=True):
    """One thing wrong with the evidence: which check found it, and of which event, if of one."""

    check: Literal["checkpoint", "signature", "order", "inclusion"]
    position: int | None
    message: str


_decoder = msgspec.json.Decoder(Evidence)


# --- making ------------------------------------------------------------------------------------------------


def gather(rows: Iterable[Row], checkpoint: Note, node: Ask) -> Evidence:
    """Return the evidence for stored events, in order of their positions, in the tree of that checkpoint.

    Raises `UnreadableCheckpoint`; `UnreadableEvidence` for a payload that is no text; ValueError for an event that
    is not in that tree.
    """
    size = Checkpoint.read(checkpoint.text).size
    events = []
    for position, stream, version, kind, recorded_at, db_role, payload in sorted(rows):
        try:
            text = payload.decode()
        except UnicodeDecodeError as fault:
            raise UnreadableEvidence(why=f"the payload of event {position} is not text") from fault
        proof = tuple(tree.inclusion_proof(position - 1, size, node))
        events.append(Proven(position, stream, version, kind, recorded_at, db_role, text, proof))
    if not events:
        raise ValueError("evidence of no event")
    return Evidence(_FORMAT, tuple(events), str(checkpoint))


def written(evidence: Evidence) -> bytes:
    r"""Return the file: JSON in UTF-8, two spaces a level, nothing escaped that need not be, a line end at the end.

    In the standard library: `json.dumps(evidence, indent=2, ensure_ascii=False) + "\n"`.
    """
    return msgspec.json.format(msgspec.json.encode(evidence), indent=2) + b"\n"


def as_tlog_proof(evidence: Evidence, event: Proven) -> str:
    """Return the proof of one event as c2sp.org/tlog-proof, for other tools. `extra` holds the leaf itself."""
    head = [_TLOG_PROOF, f"extra {b64encode(event.leaf).decode()}", f"index {event.position - 1}"]
    proof = [b64encode(sibling).decode() for sibling in event.proof]
    return "\n".join([*head, *proof, "", evidence.checkpoint])


# --- reading and checking ----------------------------------------------------------------------------------


def read(data: bytes) -> Evidence:
    """Read an evidence file. Raises `UnreadableEvidence` unless `written` gives these bytes again."""
    try:
        evidence = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise UnreadableEvidence(why=f"{fault!s:.200}") from fault
    if written(evidence) != data:
        raise UnreadableEvidence(why="spaces, escapes, or the order or number of fields are not as they should be")
    return evidence


def check(evidence: Evidence, key: VerifierKey | None = None, kept: Note | None = None) -> list[Finding]:
    """Return everything that is wrong with evidence that was read: nothing, if it proves what it says.

    `kept` is the checkpoint as it was kept elsewhere. Without it and without `key` nothing is known of who made the
    checkpoint: all that is shown is that the evidence agrees with itself.
    """
    try:
        note = Note.read(evidence.checkpoint)
        checkpoint = Checkpoint.read(note.text)
    except LedgerError as unreadable:
        return [*_disorder(evidence), Finding("checkpoint", None, unreadable.message)]
    found = [*_signer(note, checkpoint, key), *_disorder(evidence)]
    if kept is not None and kept.text != note.text:
        found.append(Finding("checkpoint", None, "The checkpoint is not the one that was kept."))
    for event in evidence.events:
        leaf = tree.leaf_hash(event.leaf)
        if not tree.verify_inclusion(leaf, event.position - 1, checkpoint.size, event.proof, checkpoint.root):
            message = f"Event {event.position} does not lead to the root of the checkpoint."
            found.append(Finding("inclusion", event.position, message))
    return found


def _signer(note: Note, checkpoint: Checkpoint, key: VerifierKey | None) -> list[Finding]:
    """Look for one signature, by the ledger itself: what others sign could be changed unseen."""
    if [signature.name for signature in note.signatures] != [checkpoint.origin]:
        return [Finding("signature", None, f"The checkpoint is not signed by {checkpoint.origin}, and nobody else.")]
    if key is None:
        return []
    try:
        note.verify([key])
    except LedgerError as wrong:
        return [Finding("signature", None, wrong.message)]
    return []


def _disorder(evidence: Evidence) -> list[Finding]:
    return [
        Finding("order", after.position, f"Event {after.position} stands after {before.position}.")
        for before, after in pairwise(evidence.events)
        if after.position <= before.position
    ]
