"""Checkpoints and proofs: what is signed is the ledger, and what is proven is what an answer rests on."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Unpack

import msgspec
import pytest

import ipo_ledger
from ipo_ledger import Ledger, LedgerError, Refused, SystemLedger
from ipo_ledger.application.answers import Proof
from ipo_ledger.application.refusals import (
    BadArgument,
    CheckpointDiffers,
    EmptyLedger,
    NotCovered,
    TreeDiffers,
    UnknownPosition,
)
from ipo_ledger.application.saying import Said
from ipo_ledger.domain.refusals import NothingKnown, UnknownBatch, UnknownExtension
from ipo_ledger.evidence import notes, proofs, tree
from ipo_ledger.evidence.notes import Checkpoint, Note, SigningKey

KEY = SigningKey.of("hq.example/desk-moves", bytes(range(32)))
DAY = "2026-03-02"


@pytest.fixture
def swapped(hq: SystemLedger) -> SystemLedger:
    """System hq, where 202 and 203 swapped at ten on the second of March (B1), and 205 and 206 at eleven (B2)."""
    hq.swap("202", "203", done=True, at=f"{DAY}T10:00")
    hq.swap("205", "206", done=True, at=f"{DAY}T11:00")
    return hq


def evidence(proof: Proof, key: SigningKey = KEY) -> proofs.Evidence:
    """Read the evidence, having made sure that it proves what it says."""
    read = proofs.read(proof.evidence.encode())
    assert proofs.check(read, key.verifier) == []
    assert tuple(event.position for event in read.events) == proof.events
    return read


def payload(event: proofs.Proven) -> dict[str, Any]:
    """Return what lies in an event."""
    found: dict[str, Any] = msgspec.json.decode(event.payload)
    return found


# --- checkpoints -------------------------------------------------------------------------------------------


def test_a_checkpoint_is_the_size_of_the_ledger_and_the_root_over_all_its_events(
    ledger: Ledger, swapped: SystemLedger
) -> None:
    found = ledger.checkpoint(KEY)

    every = [evidence(ledger.prove(position, key=KEY)).events[0] for position in range(1, found.size + 1)]
    frontier, _ = tree.Frontier().grown([tree.leaf_hash(event.leaf) for event in every])
    note = Note.read(found.note)
    assert note.verify([KEY.verifier]) == [KEY.verifier]
    assert Checkpoint.read(note.text) == Checkpoint("hq.example/desk-moves", found.size, frontier.root())
    assert found.size == swapped.log(limit=1).events[0].position
    assert (found.root, found.origin, found.key) == (frontier.root().hex(), KEY.verifier.name, str(KEY.verifier))


def test_the_ledger_keeps_each_checkpoint_once(ledger: Ledger, swapped: SystemLedger) -> None:
    assert ledger.store().last_checkpoint is None

    first, again = ledger.checkpoint(KEY), ledger.checkpoint(KEY)
    swapped.swap("207", "208")
    last = ledger.checkpoint(KEY)

    assert (first, first.kept, first.not_kept) == (again, True, None)
    assert last.size > first.size
    assert (ledger.store().checkpoints, ledger.store().last_checkpoint) == (2, last.size)


def test_an_empty_ledger_is_not_signed(ledger: Ledger) -> None:
    with pytest.raises(EmptyLedger):
        ledger.checkpoint(KEY)

    assert ledger.store().checkpoints == 0


def test_every_checkpoint_is_extended_by_every_later_one(ledger: Ledger, hq: SystemLedger) -> None:
    kept = []
    for one, other in (("202", "203"), ("203", "204"), ("207", "208")):
        hq.swap(one, other, done=True)
        kept.append(ledger.checkpoint(KEY))

    for checkpoint in kept:
        assert evidence(ledger.prove(1, checkpoint=checkpoint.note)).checkpoint == checkpoint.note


# --- proofs ------------------------------------------------------------------------------------------------


def test_an_event_is_proven_as_it_is_stored(ledger: Ledger, swapped: SystemLedger) -> None:
    entry = swapped.log(limit=1).events[0]

    proof = ledger.prove(entry.position, key=KEY)

    (event,) = evidence(proof).events
    assert (event.stream, event.type, payload(event)["data"]) == ("hq", entry.type, entry.data)
    assert (proof.what, proof.key) == (f"event {entry.position}", str(KEY.verifier))
    assert ledger.store().checkpoints == 1  # what was signed is kept


def test_a_batch_is_proven_by_all_its_events_and_by_no_others(ledger: Ledger, swapped: SystemLedger) -> None:
    swapped.rollback("B1", done=True, at=f"{DAY}T12:00")

    proof = ledger.prove("B1", key=KEY)

    assert proof.what == "hq/B1"
    assert set(proof.events) == {event.position for event in swapped.log(batch="B1").events}
    assert [event.type for event in evidence(proof).events][:3] == [
        "BatchOpened",
        "BaseExtensionChanged",
        "BaseExtensionChanged",
    ]


def test_what_took_a_batch_away_is_proven_with_it(ledger: Ledger, swapped: SystemLedger) -> None:
    """And what took that away again."""
    before = set(ledger.prove("hq/B2", key=KEY).events)
    corrected = swapped.correct("B2", at=f"{DAY}T11:30")
    position = next(event.position for event in corrected.events if event.type == "Corrected")
    again = swapped.correct(position, never=True)

    proof = ledger.prove("hq/B2", key=KEY)

    taken_back = next(event.position for event in again.events if event.type == "Corrected")
    assert {*before, position, taken_back} <= set(proof.events)


def test_an_answer_is_proven_by_the_stays_the_base_extension_and_what_put_it_there(
    ledger: Ledger, swapped: SystemLedger
) -> None:
    proof = ledger.prove("BD/2", on=DAY, key=KEY)

    shown = [
        (e.type, payload(e)["data"].get("user"), payload(e)["data"].get("extension_id")) for e in evidence(proof).events
    ]
    assert shown == [
        ("ExtensionAdded", None, 2),
        ("UserLoggedIn", "ElenaDuarte", 2),
        ("BatchOpened", None, None),
        ("BaseExtensionChanged", None, 2),
        ("ConfigurationSent", None, None),
        ("UserLoggedOut", "ElenaDuarte", 2),
        ("UserLoggedOut", "RosaMeyer", 3),
        ("UserLoggedIn", "RosaMeyer", 2),
    ]
    assert proof.what == f"who sat at extension 2 of hq: {DAY}, the whole day, Europe/Madrid"


def test_an_instant_is_proven_by_what_stood_then(ledger: Ledger, swapped: SystemLedger) -> None:
    """Who is at a phone, and until when: what ended it later is part of the answer, and what it followed from."""
    swapped.logout("204", at=f"{DAY}T09:00")

    proof = ledger.prove(4, on=f"{DAY}T08:00", key=KEY)

    assert [event.type for event in evidence(proof).events] == ["ExtensionAdded", "UserLoggedIn", "UserLoggedOut"]


def test_a_number_that_changed_is_proven_with_whose_it_was(ledger: Ledger, swapped: SystemLedger) -> None:
    swapped.user_renumber("201", "221", at=f"{DAY}T12:00")

    proof = ledger.prove(1, on=f"{DAY}T13:00", key=KEY)

    assert "UserRenumbered" in {event.type for event in evidence(proof).events}


def stays_of(file: proofs.Evidence, extension_id: int) -> list[tuple[str, str | None]]:
    """Fold the evidence alone: since when who was there, in order. What a correction took away is left out."""
    events = {event.position: (event.type, payload(event)) for event in file.events}
    taken = {p for name, said in events.values() if name == "Corrected" for p in said["data"]["took"]}
    found = sorted(
        (said["occurred_at"], position, said["data"]["user"] if name == "UserLoggedIn" else None)
        for position, (name, said) in events.items()
        if name in {"UserLoggedIn", "UserLoggedOut"}
        and position not in taken
        and said["data"]["extension_id"] == extension_id
    )
    return [(at, user) for at, _, user in found]


def act_at_random(hq: SystemLedger, chosen: random.Random) -> None:
    """Record a few things, some of them wrong, and correct some; what a rule refuses is not recorded."""
    at = datetime.fromisoformat(f"{DAY}T08:00+01:00")
    for _ in range(24):
        at += timedelta(minutes=chosen.randrange(1, 35))
        one, other = chosen.sample(range(201, 210), 2)
        said: Said = {"at": at.isoformat()}
        try:
            match chosen.randrange(4):
                case 0:
                    hq.swap(str(one), str(other), done=True, **said)
                case 1:
                    hq.login(str(one), other - 200, **said)
                case 2:
                    hq.logout(str(one), **said)
                case _:
                    event = chosen.choice(hq.log(limit=5).events)
                    correct(hq, event.position, chosen, at=event.occurred_at + timedelta(seconds=30))
        except Refused:
            continue


def correct(hq: SystemLedger, position: int, chosen: random.Random, **said: Unpack[Said]) -> None:
    """Say that it never happened, or a little later."""
    if chosen.randrange(2):
        hq.correct(position, never=True)
    else:
        hq.correct(position, **said)


def take_back_the_newest(hq: SystemLedger) -> None:
    """Say of the newest event that can be corrected that it never happened."""
    for event in hq.log(limit=20).events:
        try:
            hq.correct(event.position, never=True)
        except Refused:
            continue
        return


@pytest.mark.parametrize("seed", range(6))
def test_the_evidence_alone_gives_the_answer_again(seed: int, ledger: Ledger, hq: SystemLedger) -> None:
    """With corrections, corrections of corrections, displaced people, people who came back to their phone."""
    chosen = random.Random(seed)  # noqa: S311 - which moves, not a secret
    hq.swap("202", "203", done=True, at=f"{DAY}T07:00")
    act_at_random(hq, chosen)
    take_back_the_newest(hq)
    for extension_id in range(1, 10):
        file = evidence(ledger.prove(extension_id, on=DAY, key=KEY))
        for stay in hq.who(extension_id, on=DAY).stays:
            begun = [user for at, user in stays_of(file, extension_id) if datetime.fromisoformat(at) == stay.from_]
            assert begun[-1:] == [stay.user], (extension_id, stay)


# --- a checkpoint that was kept ----------------------------------------------------------------------------


def test_what_is_proven_under_a_checkpoint_that_was_kept_signs_nothing(ledger: Ledger, swapped: SystemLedger) -> None:
    kept = ledger.checkpoint(KEY)
    swapped.swap("207", "208")

    proof = ledger.prove("B1", checkpoint=kept.note)

    assert evidence(proof).checkpoint == kept.note
    assert (proof.size, proof.key, ledger.store().checkpoints) == (kept.size, None, 1)


def test_the_signatures_of_witnesses_are_left_out(ledger: Ledger, swapped: SystemLedger) -> None:
    kept = ledger.checkpoint(KEY).note
    witness = notes.sign(Note.read(kept).text, SigningKey.of("witness.example", bytes(32)))

    proof = ledger.prove("B1", checkpoint=f"{kept}{witness.signatures[0]}")

    assert evidence(proof).checkpoint == kept


def test_what_came_after_the_checkpoint_is_not_covered(ledger: Ledger, swapped: SystemLedger) -> None:
    kept = ledger.checkpoint(KEY)
    later = swapped.swap("207", "208")

    with pytest.raises(NotCovered) as refused:
        ledger.prove(later.batch or "", checkpoint=kept.note)

    assert refused.value.details == {"event": kept.size + 1, "size": kept.size}


@pytest.mark.parametrize(("size", "why"), [(5, "another then"), (1000, "events only")])
def test_the_checkpoint_of_another_ledger_is_refused(
    size: int, why: str, ledger: Ledger, swapped: SystemLedger
) -> None:
    other = str(notes.sign_checkpoint(size, bytes(32), KEY))

    with pytest.raises(CheckpointDiffers, match=why):
        ledger.prove(1, checkpoint=other)


def test_a_checkpoint_that_its_ledger_did_not_sign_is_refused(ledger: Ledger, swapped: SystemLedger) -> None:
    witness = SigningKey.of("witness.example", bytes(32))
    signed = str(notes.sign(Note.read(ledger.checkpoint(KEY).note).text, witness))

    with pytest.raises(notes.UnreadableCheckpoint, match=r"not signed by hq\.example"):
        ledger.prove(1, checkpoint=signed)


# --- what is no question -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "on", "refusal"),
    [
        ("0", None, UnknownPosition),
        ("1000", None, UnknownPosition),
        ("99999999999999999999", None, UnknownPosition),
        ("B7", None, UnknownBatch),
        ("lab/B1", None, UnknownBatch),
        ("Elena", None, UnknownBatch),
        ("BD/2", None, BadArgument),
        ("@Reception", None, BadArgument),
        ("77", DAY, UnknownExtension),
        ("B1", DAY, UnknownExtension),
        ("2", "2026-02-01", NothingKnown),
    ],
)
def test_what_is_not_there_is_not_proven(
    what: str, on: str | None, refusal: type[LedgerError], ledger: Ledger, swapped: SystemLedger
) -> None:
    with pytest.raises(refusal):
        ledger.prove(what, on=on, key=KEY)

    assert ledger.store().checkpoints == 0


def test_one_of_key_and_checkpoint_is_needed(ledger: Ledger, swapped: SystemLedger) -> None:
    for both in ({}, {"key": KEY, "checkpoint": ledger.checkpoint(KEY).note}):
        with pytest.raises(BadArgument):
            ledger.prove(1, **both)  # type: ignore[arg-type]  # what somebody may write


# --- a ledger that was tampered with -----------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, export: list[Path]) -> Path:
    """A ledger in a file, with a checkpoint of its 28 events and a swap after it."""
    path = tmp_path / "tampered.db"
    with ipo_ledger.open(f"sqlite:///{path.as_posix()}", actor="ana") as opened:
        opened.add_system("hq", release="11", timezone="UTC")
        opened.system().import_exports(*export)
        opened.checkpoint(KEY)
        opened.system().swap("202", "203", done=True)
    return path


def tamper(path: Path, *statements: str) -> None:
    """Change a file as its owner can."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for statement in (*(f"DROP TRIGGER {name}" for (name,) in triggers), *statements):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = CAST(replace(state, 'ana', 'eve') AS BLOB) WHERE rowid = 30",
        "UPDATE stored_events SET recorded_at = recorded_at + 1 WHERE rowid = 1",
        "DELETE FROM stored_events WHERE rowid = 12",
        "UPDATE head SET position = position - 1",
        "UPDATE head SET frontier = x'00'",
        "UPDATE head SET frontier = x'0000000000000000'",
    ],
)
def test_a_ledger_that_does_not_fit_its_tree_is_not_signed(statement: str, file: Path) -> None:
    tamper(file, statement)

    with ipo_ledger.open(f"sqlite:///{file.as_posix()}") as opened:
        for give_out in (lambda: opened.checkpoint(KEY), lambda: opened.prove(1, key=KEY)):
            with pytest.raises((TreeDiffers, ipo_ledger.StoreUnusable)):
                give_out()

    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)


def test_a_ledger_that_was_made_anew_is_not_signed_with_the_same_key(file: Path) -> None:
    """Whoever can write the file can make the whole tree anew: the signed checkpoint still says what it was."""
    tamper(file, "DELETE FROM checkpoints")
    other = str(notes.sign_checkpoint(28, bytes(32), KEY))
    tamper(file, f"INSERT INTO checkpoints VALUES (28, '{other}', 0)")

    with ipo_ledger.open(f"sqlite:///{file.as_posix()}") as opened, pytest.raises(CheckpointDiffers):
        opened.checkpoint(KEY)


@pytest.mark.parametrize("rubbish", ["", "x", str(notes.sign_checkpoint(9, bytes(32), SigningKey.of("x", bytes(32))))])
def test_what_others_put_among_the_checkpoints_stops_nobody(rubbish: str, file: Path) -> None:
    """A writer may insert there what they like."""
    tamper(file, f"INSERT INTO checkpoints VALUES (1000, '{rubbish}', 0)")

    with ipo_ledger.open(f"sqlite:///{file.as_posix()}") as opened:
        assert opened.checkpoint(KEY).kept
