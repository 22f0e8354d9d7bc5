"""Bad input through the Python API, on both stores: a refusal names what is wrong, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ipo_ledger import Ledger, LedgerError, SystemLedger
from ipo_ledger.application.refusals import BadText, CommandIdReused
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.baseline import NumberTwice
from ipo_ledger.domain.moments import TimeRepeated, TimeSkipped

REFUSED: list[tuple[str, type[LedgerError], str, Callable[[SystemLedger], object]]] = [
    ("unknown user", r.UnknownUser, "'299'", lambda hq: hq.logout("299")),
    ("unknown extension", r.UnknownExtension, "no extension 77", lambda hq: hq.login("202", 77)),
    ("unknown place", r.UnknownExtension, "BD/77", lambda hq: hq.login("202", "BD/77")),
    ("unknown label", r.UnknownExtension, "@nowhere", lambda hq: hq.label("@nowhere", "x")),
    ("unknown batch", r.UnknownBatch, "B7", lambda hq: hq.send("B7")),
    ("another system's batch", r.UnknownBatch, "lab/B1", lambda hq: hq.send("lab/B1")),
    ("same user twice", r.SameUser, "themselves", lambda hq: hq.swap("202", "202")),
    ("no base of that number", r.BadBase, "'2x'", lambda hq: hq.change(2, "2x")),
    ("one digit", r.BadBase, "'2'", lambda hq: hq.change(2, "2")),
    ("nothing changes", r.NothingToChange, "202 already", lambda hq: hq.change(2, "202")),
    ("future", r.FutureTime, "has not come yet", lambda hq: hq.swap("202", "203", at="2100-01-01T00:00")),
    ("before the baseline", r.OutOfOrder, "baseline", lambda hq: hq.swap("202", "203", at="2026-01-01T00:00")),
    ("gap", TimeSkipped, "skipped", lambda hq: hq.logout("202", at="2026-03-29T02:30")),
    ("fold", TimeRepeated, "twice", lambda hq: hq.logout("202", at="2025-10-26T02:30")),
    ("already there", r.AlreadyThere, "extension 2", lambda hq: hq.login("202", 2)),
    ("escape in a reason", BadText, "U+001B", lambda hq: hq.swap("202", "203", reason="\x1b[31mred")),
    ("bad mode", LedgerError, "merge, immediate", lambda hq: hq.send("B1", mode="magic")),
    ("bad release", r.BadSetting, "release", lambda hq: hq.set(release="eleven")),
    ("merge before 4.2", r.BadSetting, "reboot", lambda hq: hq.set(release="3.2", base_extension_by="merge")),
]


@pytest.mark.parametrize(("kind", "says", "does"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_cannot_be_is_refused_and_nothing_is_written(
    hq: SystemLedger, kind: type[LedgerError], says: str, does: Callable[[SystemLedger], object]
) -> None:
    before = hq.log(limit=1).events[0].position

    with pytest.raises(kind) as refused:
        does(hq)

    assert says in refused.value.message
    assert refused.value.hint
    assert hq.log(limit=1).events[0].position == before


def test_a_near_match_is_offered(hq: SystemLedger) -> None:
    name = hq.where("202").user

    with pytest.raises(r.UnknownUser) as refused:
        hq.logout(name[:-1])

    assert refused.value.hint == f"Did you mean {name}?"


def test_h7_forbids_a_log_out_without_a_code_at_ones_own_base(hq: SystemLedger) -> None:
    hq.user_set("203", login_code=False)

    with pytest.raises(r.LogOutForbidden, match="H7"):
        hq.logout("203")


def test_sending_twice_is_refused(hq: SystemLedger) -> None:
    hq.swap("202", "203")
    hq.send("B1")

    with pytest.raises(r.NotADraft, match="B1 is sent"):
        hq.send("B1")


def test_a_stale_draft_is_refused_naming_the_event(hq: SystemLedger, tmp_path: Path) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00")
    site = synthetic_site(9)
    moved = {2: "204", 4: "202"}
    import msgspec

    changed = msgspec.structs.replace(
        site,
        extensions=tuple(
            msgspec.structs.replace(x, base_extension=moved.get(x.extension_id, x.base_extension))
            for x in site.extensions or ()
        ),
    )
    observed = hq.import_exports(*write_export(changed, tmp_path / "later"), at="2026-03-02T12:00")
    assert observed.batch == "B2"
    assert {w.code for w in observed.warnings} == {"crosses-draft"}

    with pytest.raises(r.StaleDraft, match=r"B2 put 204 there \(event \d+\)"):
        hq.send("B1", at="2026-03-02T13:00")


def test_a_draft_that_would_double_a_base_is_not_sent_unless_it_really_was(hq: SystemLedger) -> None:
    hq.change(2, "203")

    with pytest.raises(r.BaseTwice, match="203 would be the base of extension 2 and extension 3"):
        hq.send("B1")
    sent = hq.send("B1", with_conflicts=True)

    assert sent.status == "sent"
    assert hq.show("B1").sends[0].conflicts == ("203",)


def test_an_extension_in_two_drafts_is_refused_naming_the_first(hq: SystemLedger) -> None:
    hq.swap("202", "203")

    with pytest.raises(r.ExtensionHeld, match="B1"):
        hq.swap("203", "204")


def test_every_fault_of_a_list_is_named_at_once(hq: SystemLedger) -> None:
    rows: list[dict[str, object]] = [
        {"extension_id": 2, "base_extension": "203"},
        {"extension_id": 2, "base_extension": "204"},
        {"extension_id": 99, "base_extension": "205"},
        {"extension_id": 5, "base_extension": "203"},
        {"extension_id": 6, "base_extension": "x"},
        {"extension_id": 7, "user": "299"},
    ]

    with pytest.raises(r.BatchFaults) as refused:
        hq.batch(rows)

    assert [fault["where"] for fault in refused.value.details["faults"]] == [f"move {n}" for n in (2, 3, 4, 5, 6)]
    assert hq.batches().batches == ()


def test_a_number_that_would_be_two_users_is_refused(hq: SystemLedger, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("name,number\nNewcomer,202\n", encoding="utf-8")

    with pytest.raises(NumberTwice, match="202 would be the number of"):
        hq.import_exports(users)


def test_a_fact_before_what_is_recorded_of_that_extension_names_the_one_in_the_way(hq: SystemLedger) -> None:
    hq.user_set("202", login_code=True)
    hq.logout("202", at="2026-03-05T10:00")
    hq.user_set("208", login_code=True)
    hq.logout("208", at="2026-03-04T10:00")  # another extension, another person: any order

    with pytest.raises(r.OutOfOrder, match=r"event \d+") as refused:
        hq.logout("202", at="2026-03-04T10:00")

    assert "correct" in refused.value.hint


def test_a_command_id_gives_one_effect_and_its_first_answer_again(hq: SystemLedger, ledger: Ledger) -> None:
    first = hq.swap("202", "203", at="2026-03-02T10:00", command_id="monday-1")
    hq.send("B1", at="2026-03-02T10:01")
    last = hq.log(limit=1).events[0].position

    again = hq.swap("202", "203", at="2026-03-02T10:00", command_id="monday-1")

    assert again == first
    assert hq.log(limit=1).events[0].position == last
    with pytest.raises(CommandIdReused, match="monday-1"):
        hq.swap("204", "205", at="2026-03-02T10:00", command_id="monday-1")
    with pytest.raises(CommandIdReused):
        ledger.add_system("lab", release="11", timezone="UTC", command_id="monday-1")


def test_a_refused_command_does_not_use_up_its_id(hq: SystemLedger) -> None:
    with pytest.raises(r.UnknownUser):
        hq.swap("202", "299", command_id="x")

    assert hq.swap("202", "203", command_id="x").batch == "B1"


def test_systems_are_named_and_found(ledger: Ledger, hq: SystemLedger) -> None:
    ledger.add_system("lab", release="11", timezone="UTC")

    with pytest.raises(r.SystemNeeded, match="hq, lab"):
        ledger.system()
    with pytest.raises(r.UnknownSystem) as unknown:
        ledger.system("hqq")
    with pytest.raises(r.SystemExists):
        ledger.add_system("hq", release="11", timezone="UTC")
    with pytest.raises(r.NothingKnownYet):
        ledger.system("lab").swap("1", "2")

    assert unknown.value.hint == "Did you mean hq?"
    assert hq.name == "hq"


def test_who_is_not_known_yet_is_not_asked_whether_they_mean_themselves(hq: SystemLedger) -> None:
    with pytest.raises(r.UnknownUser) as refused:
        hq.where("202", on="2026-03-02T10:00", known_at=5)

    assert refused.value.hint == "ElenaDuarte became known later than event 5: give a later --known-at, or none."
