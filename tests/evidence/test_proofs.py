"""The evidence file: it proves what it holds, and not one bit of it can be changed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from types import ModuleType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo_ledger.errors import Malformed
from ipo_ledger.evidence import notes, proofs, tree
from ipo_ledger.evidence.notes import Note, SigningKey, VerifierKey
from ipo_ledger.evidence.proofs import Evidence
from ipo_ledger.evidence.tree import Frontier, Row

PAYLOAD = b'{"schema":1,"occurred_at":"2026-03-02T09:06:00Z","actor":"Mar\xc3\xada \\"M\\"","data":{"batch":%d}}'


def rows(size: int) -> list[Row]:
    """Return the events of a ledger."""
    return [
        (n, "hq", n, "BatchAbandoned", 1_772_445_600_000_000 + n, "writer", PAYLOAD % n) for n in range(1, size + 1)
    ]


def evidence_of(*positions: int, size: int = 11, key: SigningKey, among: list[Row] | None = None) -> Evidence:
    """Return the evidence for the events at these positions, signed."""
    stored = among or rows(size)
    frontier, nodes = Frontier().grown(tree.leaf_hashes(stored))
    kept = {(level, index): value for level, index, value in nodes}
    note = notes.sign_checkpoint(size, frontier.root(), key)
    return proofs.gather([stored[n - 1] for n in positions], note, lambda level, index: kept[level, index])


def flips(data: bytes) -> list[tuple[int, bytes]]:
    """Return the file with each of its bits flipped, and where."""
    return [
        (place, data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :])
        for place in range(len(data))
        for bit in range(8)
    ]


def is_rejected(data: bytes, key: VerifierKey | None) -> bool:
    """Say whether reading or checking finds something wrong."""
    try:
        return bool(proofs.check(proofs.read(data), key))
    except Malformed:
        return True


@pytest.fixture
def evidence(key: SigningKey) -> Evidence:
    return evidence_of(6, 11, key=key)


def test_evidence_is_read_as_it_was_written_and_proves_its_events(evidence: Evidence, key: SigningKey) -> None:
    data = proofs.written(evidence)

    assert proofs.read(data) == evidence
    assert proofs.check(evidence, key.verifier, Note.read(evidence.checkpoint)) == []


def test_every_event_of_ledgers_of_many_sizes_is_proven(key: SigningKey) -> None:
    for size in range(1, 35):
        whole = evidence_of(*range(size, 0, -1), size=size, key=key)

        assert [event.position for event in whole.events] == list(range(1, size + 1))
        assert proofs.check(whole, key.verifier) == []


def test_not_one_bit_of_the_file_can_be_changed(evidence: Evidence, key: SigningKey, verifier: ModuleType) -> None:
    """Neither for this program nor for the script of strangers."""
    data = proofs.written(evidence)
    assert verifier.examine(data, str(key.verifier))[0] == verifier.PROVEN

    for place, flipped in flips(data):
        assert is_rejected(flipped, key.verifier), f"byte {place}"
        assert verifier.examine(flipped, str(key.verifier))[0] == verifier.NOT_PROVEN, f"byte {place}"


def test_without_the_key_only_size_and_signature_can_be_changed_unseen(
    evidence: Evidence, key: SigningKey, verifier: ModuleType
) -> None:
    """And with the checkpoint that was kept, only the signature."""
    data = proofs.written(evidence)
    signature = data.rindex(b" ")
    unseen = {place for place, flipped in flips(data) if not is_rejected(flipped, None)}
    kept = {
        place
        for place, flipped in flips(data)
        if place in unseen and verifier.examine(flipped, None, evidence.checkpoint)[0] != verifier.NOT_PROVEN
    }

    size = data.index(b"\\n11\\n") + 2
    assert {place for place in unseen if place < signature} <= {size, size + 1}
    assert kept
    assert min(kept) > signature


@pytest.mark.parametrize(
    "respelled",
    [
        lambda data: data.rstrip(),
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: json.dumps(json.loads(data), indent=2).encode() + b"\n",
        lambda data: data.replace(b'"version": 6,', b'"version": 6.0,'),
        lambda data: data.replace(b'"version": 6,', b'"version": 6,\n      "version": 6,'),
        lambda data: data.replace(b'"version": 6,', b'"note": "", "version": 6,'),
        lambda data: data.replace(b'"db_role": "writer"', b'"db_role": "\\u0077riter"'),
        lambda data: data.replace(b'"db_role": "writer"', b'"db_role": "\\ud800"'),
        lambda data: data.replace(b'"db_role": "writer"', b'"db_role": "\xff"'),
        lambda data: data.replace(b'"position": 6', b'"position": -6'),
        lambda data: data.replace(b'"position": 6', b'"position": 6' + b"0" * 5000),
        lambda data: data.replace(b"evidence/1", b"evidence/2"),
        lambda data: _spelled(dict(reversed(json.loads(data).items()))),
        lambda data: b"[" * 100_000,
        lambda data: b"null\n",
        lambda data: b"",
        lambda data: proofs.written(msgspec.structs.replace(proofs.read(data), events=())),
    ],
)
def test_there_is_one_way_to_write_it(
    respelled: Callable[[bytes], bytes], evidence: Evidence, key: SigningKey, verifier: ModuleType
) -> None:
    other = respelled(proofs.written(evidence))

    with pytest.raises(proofs.UnreadableEvidence):
        proofs.read(other)
    assert verifier.examine(other, str(key.verifier))[0] == verifier.NOT_PROVEN


def _spelled(what: object) -> bytes:
    return json.dumps(what, indent=2, ensure_ascii=False).encode() + b"\n"


@pytest.mark.parametrize("field", [b'"position": 1', b'"version": 1', b'"recorded_at": 1'])
def test_true_is_not_one(field: bytes, key: SigningKey, verifier: ModuleType) -> None:
    stored: list[Row] = [(1, "hq", 1, "BatchAbandoned", 1, "", b"{}")]
    data = proofs.written(evidence_of(1, size=1, key=key, among=stored))

    other = data.replace(field, field.replace(b"1", b"true"))

    assert not is_rejected(data, key.verifier)
    assert is_rejected(other, key.verifier)
    assert verifier.examine(other, str(key.verifier))[0] == verifier.NOT_PROVEN


def changed(evidence: Evidence, place: int, **fields: object) -> Evidence:
    """Return the evidence with something else in one of its events."""
    events = list(evidence.events)
    events[place] = msgspec.structs.replace(events[place], **fields)
    return msgspec.structs.replace(evidence, events=tuple(events))


@pytest.mark.parametrize(
    ("forged", "found"),
    [
        (lambda e: changed(e, 0, payload="{}"), [("inclusion", 6)]),
        (lambda e: changed(changed(e, 0, stream="lab"), 1, recorded_at=0), [("inclusion", 6), ("inclusion", 11)]),
        (lambda e: changed(e, 0, position=5), [("inclusion", 5)]),
        (lambda e: changed(e, 1, position=12), [("inclusion", 12)]),
        (lambda e: changed(e, 0, proof=e.events[1].proof), [("inclusion", 6)]),
        (lambda e: changed(e, 0, proof=(b"", *e.events[0].proof[1:])), [("inclusion", 6)]),
        (lambda e: changed(e, 0, proof=()), [("inclusion", 6)]),
        (lambda e: changed(e, 0, proof=e.events[0].proof * 2), [("inclusion", 6)]),
        (lambda e: msgspec.structs.replace(e, events=e.events[::-1]), [("order", 6)]),
        (lambda e: msgspec.structs.replace(e, events=e.events[:1] * 2), [("order", 6)]),
    ],
)
def test_all_that_is_wrong_is_found(
    forged: Callable[[Evidence], Evidence],
    found: list[tuple[str, int | None]],
    evidence: Evidence,
    key: SigningKey,
    verifier: ModuleType,
) -> None:
    forgery = forged(evidence)

    findings = proofs.check(forgery, key.verifier)

    assert [(finding.check, finding.position) for finding in findings] == found
    assert verifier.examine(proofs.written(forgery), str(key.verifier))[0] == verifier.NOT_PROVEN


@pytest.mark.parametrize(
    ("forged", "check"),
    [
        (lambda note: "", "checkpoint"),
        (lambda note: note.replace("\n\n", "\n"), "checkpoint"),
        (lambda note: note.replace("\n11\n", "\n011\n"), "checkpoint"),
        (lambda note: note.replace("\n11\n", "\n"), "checkpoint"),
        (lambda note: note + note[note.index("—") :], "signature"),
        (lambda note: note + note[note.index("—") :].replace("example", "witness"), "signature"),
        (lambda note: note.replace("example", "other", 1), "signature"),
        (lambda note: note.replace("example", "other"), "signature"),
        (lambda note: note.replace("\n11\n", "\n12\n"), "signature"),
        (lambda note: note.replace("\n\n", "\nmore\n\n"), "signature"),
    ],
)
def test_a_forged_checkpoint_is_found(
    forged: Callable[[str], str], check: str, evidence: Evidence, key: SigningKey, verifier: ModuleType
) -> None:
    forgery = msgspec.structs.replace(evidence, checkpoint=forged(evidence.checkpoint))

    findings = proofs.check(forgery, key.verifier)

    assert check in {finding.check for finding in findings}
    assert verifier.examine(proofs.written(forgery), str(key.verifier))[0] == verifier.NOT_PROVEN


def test_a_checkpoint_of_another_ledger_signed_with_the_same_key_is_refused(
    evidence: Evidence, key: SigningKey, verifier: ModuleType
) -> None:
    text = Note.read(evidence.checkpoint).text.replace("example.com/ledger", "example.com/other")
    other = msgspec.structs.replace(evidence, checkpoint=str(notes.sign(text, key)))

    findings = proofs.check(other, key.verifier)

    assert [finding.check for finding in findings] == ["signature"]
    assert verifier.examine(proofs.written(other), str(key.verifier))[0] == verifier.NOT_PROVEN


def test_a_ledger_that_was_rewritten_does_not_stand_on_the_checkpoint_that_was_kept(
    evidence: Evidence, key: SigningKey, verifier: ModuleType
) -> None:
    """Even with the true key in the wrong hands."""
    kept = Note.read(evidence.checkpoint)
    stored = rows(11)
    stored[5] = (*stored[5][:6], b'{"actor":"nobody"}')
    rewritten = evidence_of(6, 11, key=key, among=stored)

    findings = proofs.check(rewritten, key.verifier, kept)

    assert [finding.check for finding in findings] == ["checkpoint"]
    assert proofs.check(rewritten, key.verifier) == []
    assert verifier.examine(proofs.written(rewritten), str(key.verifier), str(kept)) == (
        verifier.NOT_PROVEN,
        ["The checkpoint is not the one that you kept.", "NOT PROVEN."],
    )


@cache
def _signed_by(seed: bytes) -> SigningKey:
    return SigningKey.of("example.com/ledger", seed)


@settings(max_examples=30)
@given(
    words=st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=6)] * 4),
    numbers=st.tuples(*[st.integers(0, 2**63 - 1)] * 2),
)
def test_strangers_read_and_hash_whatever_can_be_stored_as_we_do(
    words: tuple[str, str, str, str], numbers: tuple[int, int], verifier: ModuleType
) -> None:
    key = _signed_by(bytes(32))
    stream, kind, role, payload = words
    stored: list[Row] = [(1, stream, numbers[0], kind, numbers[1], role, payload.encode())]

    data = proofs.written(evidence_of(1, size=1, key=key, among=stored))

    assert not is_rejected(data, key.verifier)
    assert verifier.examine(data, str(key.verifier))[0] == verifier.PROVEN


def test_a_payload_that_is_no_text_is_refused(key: SigningKey) -> None:
    stored: list[Row] = [(1, "hq", 1, "BatchAbandoned", 0, "", b"\xff")]

    with pytest.raises(proofs.UnreadableEvidence, match="the payload of event 1 is not text"):
        evidence_of(1, size=1, key=key, among=stored)


def test_there_is_no_evidence_of_nothing(key: SigningKey) -> None:
    with pytest.raises(ValueError, match="evidence of no event"):
        evidence_of(key=key)


def test_there_is_no_evidence_of_an_event_after_the_checkpoint(key: SigningKey) -> None:
    with pytest.raises(ValueError, match="leaf 11 is not among the first 11"):
        evidence_of(12, key=key, among=rows(12))


def test_one_event_can_be_written_for_other_tools(evidence: Evidence) -> None:
    """The form is c2sp.org/tlog-proof: header, extra, index from 0, hashes, an empty line, the checkpoint."""
    event = evidence.events[0]

    text = proofs.as_tlog_proof(evidence, event)

    head, _, checkpoint = text.partition("\n\n")
    first, extra, index, *steps = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    assert b64decode(extra.removeprefix("extra ")) == event.leaf
    assert index == "index 5"
    assert tuple(b64decode(step) for step in steps) == event.proof
    assert checkpoint == evidence.checkpoint


def test_a_proof_of_the_only_event_for_other_tools_has_no_hashes(key: SigningKey) -> None:
    evidence = evidence_of(1, size=1, key=key)

    text = proofs.as_tlog_proof(evidence, evidence.events[0])

    assert text.splitlines()[2:5] == ["index 0", "", "example.com/ledger"]
