"""The verdict over a whole ledger: clean where nothing was tampered with, whatever was recorded; and what it says."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

import ipo_ledger
from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.application.refusals import UnknownPosition
from ipo_ledger.evidence.notes import SigningKey, UnreadableCheckpoint, UnreadableKey, UnreadableNote, sign
from tests.domain.thoroughness import examples
from tests.stores.random_history import BEGIN, History, histories
from tests.stores.random_steps import play, steps
from tests.stores.stored_story import a_stored_site

KEY = SigningKey.of("example.com/ledger", bytes(range(32)))
OTHER = SigningKey.of("example.com/other", bytes(32))
STAGES = ["positions", "tree", "streams", "answers", "checkpoints", "read-model", "rules", "store"]


def test_a_ledger_as_it_was_recorded_is_verified(ledger: Ledger, hq: SystemLedger) -> None:
    hq.swap("202", "203", done=True, command_id="one")
    hq.rollback("B1", done=True, command_id="two")
    hq.user_renumber("204", "299")

    found = ledger.verify()

    assert found.findings == ()
    assert found.verified
    assert found.events == hq.log().events[0].position
    assert [stage.stage for stage in found.stages] == STAGES
    assert {stage.stage: stage.checked for stage in found.stages}["answers"] == 2


def test_an_empty_ledger_is_verified(ledger: Ledger) -> None:
    found = ledger.verify()

    assert found.verified
    assert found.events == 0


def test_its_json_has_what_others_rely_on(ledger: Ledger, hq: SystemLedger) -> None:
    told = msgspec.json.decode(msgspec.json.encode(ledger.verify()))

    assert told["verified"] is True
    assert told["events"] == 28
    assert len(bytes.fromhex(told["root"])) == 32
    assert told["findings"] == []


def test_verifying_changes_nothing(ledger: Ledger, hq: SystemLedger) -> None:
    before = list(ledger.export())

    ledger.verify()

    assert list(ledger.export()) == before


def test_what_was_recorded_since_a_checkpoint_extends_it(ledger: Ledger, hq: SystemLedger) -> None:
    taken = ledger.checkpoint(KEY)
    hq.swap("202", "203", done=True)

    found = ledger.verify(against=taken.note, key=str(KEY.verifier))

    assert found.verified
    assert found.against is not None
    assert (found.against.size, found.against.extends) == (taken.size, True)
    assert found.against.signed_by == KEY.verifier.label


def test_the_checkpoint_of_another_ledger_is_no_evidence(ledger: Ledger, hq: SystemLedger, tmp_path: Path) -> None:
    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'other.db').as_posix()}", actor="eva") as other:
        other.add_system("hq", release="11", timezone="UTC")
        taken = other.checkpoint(KEY)

    found = ledger.verify(against=taken.note)

    assert not found.verified
    assert [finding.check for finding in found.findings] == ["against"]


def test_a_checkpoint_that_somebody_else_signed_is_a_finding(ledger: Ledger, hq: SystemLedger) -> None:
    taken = ledger.checkpoint(OTHER)

    found = ledger.verify(against=taken.note, key=str(KEY.verifier))

    assert [finding.check for finding in found.findings] == ["against"], "others may sign what the ledger keeps"
    assert found.against is not None
    assert found.against.extends
    assert found.against.signed_by is None


def test_what_cannot_be_read_is_said_before_anything_is_checked(ledger: Ledger, hq: SystemLedger) -> None:
    with pytest.raises(UnreadableNote):
        ledger.verify(against="no note")
    with pytest.raises(UnreadableCheckpoint):
        ledger.verify(against=str(sign("text\n", KEY)))
    with pytest.raises(UnreadableKey):
        ledger.verify(key="no key")


def test_from_a_position_on_only_the_rest_is_read(ledger: Ledger, hq: SystemLedger) -> None:
    for n in range(40):
        hq.swap("202", "203", done=True, command_id=f"swap-{n}")

    found = ledger.verify(start=300)

    assert found.verified
    assert found.from_ == 257
    told = {stage.stage: stage for stage in found.stages}
    assert told["tree"].checked == found.events - 256
    assert told["rules"].checked == 0
    assert "left out" in str(told["read-model"].note)
    assert found.root == ledger.verify().root
    with pytest.raises(UnknownPosition):
        ledger.verify(start=found.events + 1)


def test_progress_is_told_by_stage(ledger: Ledger, hq: SystemLedger) -> None:
    told: list[tuple[str, int, int]] = []

    ledger.verify(progress=lambda stage, done, of: told.append((stage, done, of)))

    assert told[0] == ("events", 28, 28)
    assert {stage for stage, _, _ in told} == {"events", "read-model", "store"}


@settings(max_examples=examples(15))
@given(histories)
def test_whatever_was_recorded_and_corrected_is_verified(history: list[tuple[str, int]]) -> None:
    now = [BEGIN]

    def tick(by: timedelta) -> None:
        now[0] += by

    def clock() -> datetime:
        return now[0]

    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder, "ledger.db"), clock)
        told = History(store, "hq", now=clock, tick=tick)
        told.play(history)

        found, rebuilt = told.ledger.verify(), told.ledger.rebuild(dry_run=True)
        with store.reading() as reading:
            agreed = reading.agreed(lambda events: None)
        store.close()

    assert found.findings == ()
    assert found.verified
    assert rebuilt.changed == 0
    assert agreed == {table.table: table.rows for table in rebuilt.tables}


@settings(max_examples=examples(15))
@given(steps)
def test_whatever_the_domain_takes_is_verified(chosen: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder, "ledger.db"), lambda: BEGIN)
        store.create()
        story = a_stored_site(store, 6)
        play(story, chosen)

        found = Ledger(store, actor="ana", read_exports=lambda paths, mapping: _no_site()).verify()
        store.close()

    assert found.findings == ()


def _no_site() -> ipo_ledger.domain.site.Site:
    raise AssertionError
