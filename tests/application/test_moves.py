"""The main job through the Python API, on both stores: a swap step by step, cycles, Force Login, reboots."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import refusals as r
from ipo_ledger.errors import Refused


def at(minute: int) -> str:
    """Return a minute of the morning of the moves."""
    return f"2026-03-02T10:{minute:02}"


def seated(system: SystemLedger, *, on: str = "now") -> dict[int, str | None]:
    """Return who sits where, by number."""
    return {seat.extension_id: seat.number for seat in system.seats(on=on).seats}


def test_the_two_user_swap_step_by_step(hq: SystemLedger) -> None:
    drafted = hq.swap("202", "203", at=at(0), reason="window")
    assert seated(hq)[2] == "202"

    sent = hq.send("B1", at=at(5))
    assert [(p.extension_id, p.waiting_for, p.number) for p in sent.pending] == [
        (2, "log-out", "202"),
        (3, "log-out", "203"),
    ]
    assert (seated(hq)[2], seated(hq)[3]) == ("202", "203"), "a merge moves nobody"

    first = hq.logout("202", at=at(6))
    assert (seated(hq)[2], seated(hq)[3]) == (None, "203")
    assert hq.status().off_the_air == (hq.where("202").user,)
    assert first.status == "sent"

    second = hq.logout("203", at=at(7))

    assert (seated(hq)[2], seated(hq)[3]) == ("203", "202")
    assert second.status == "settled"
    assert second.pending == ()
    assert [(e.type, e.extension_id, e.cause) for e in second.events] == [
        ("UserLoggedOut", 3, "dialled"),
        ("UserLoggedIn", 3, "automatic"),
        ("UserLoggedIn", 2, "automatic"),
    ]
    assert hq.show("B1").live
    assert drafted.changes == hq.show("B1").changes


def test_what_was_true_between_the_steps_stays_answered(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    hq.send("B1", at=at(5))
    hq.logout("202", at=at(6))
    hq.logout("203", at=at(9))

    between = seated(hq, on=at(7))
    stays = hq.who(2, on="2026-03-02").stays
    places = hq.where("202", on="2026-03-02").stays

    assert (between[2], between[3]) == (None, "203")
    assert [(s.number, s.cause) for s in stays] == [("202", "baseline"), (None, "dialled"), ("203", "automatic")]
    assert [s.batch for s in stays] == [None, "B1", "B1"]
    assert [p.extension_id for p in places] == [2, None, 3]
    assert stays[0].from_.isoformat() == "2026-03-01T10:00:00+01:00", "the true start, not midnight"
    assert stays[-1].to is None


def test_a_five_cycle_in_one_batch(hq: SystemLedger) -> None:
    moves = [{"extension_id": i, "base_extension": str(201 + i % 5)} for i in range(1, 6)]
    hq.batch(moves, at=at(0), title="row A")
    hq.send("B1", at=at(1))

    for number in ("203", "201", "205", "202", "204"):
        hq.logout(number, at=at(2))

    assert [seated(hq)[i] for i in range(1, 6)] == ["202", "203", "204", "205", "201"]
    assert hq.show("B1").status == "settled"
    assert hq.show("B1").cycles == (("201", "202", "203", "204", "205"),)


def test_a_forced_login_user_stays_off_until_they_log_in(hq: SystemLedger) -> None:
    hq.user_set("203", forced_login=True, login_code=True)
    hq.swap("202", "203", at=at(0), done=True)

    pending = hq.show("B1").pending
    assert [(p.extension_id, p.waiting_for, p.by_hand) for p in pending] == [(2, "log-in", True)]
    assert seated(hq)[2] is None

    done = hq.login("203", 2, at=at(3))

    assert done.status == "settled"
    assert seated(hq)[2] == "203"


def test_before_4_2_merge_is_refused_and_the_reboot_moves_everyone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_system("old", release="4.1(9)", timezone="Europe/Lisbon", at="2026-03-01T09:00")
    old = ledger.system("old")
    old.import_exports(*write_export(synthetic_site(9), tmp_path / "old"), at="2026-03-01T09:00")
    old.swap("202", "203", at=at(0))

    with pytest.raises(r.MergeRefused, match=r"4\.1\(9\)"):
        old.send("B1", at=at(1))
    done = old.send("B1", mode="immediate", at=at(1))

    assert done.status == "settled"
    assert (seated(old)[2], seated(old)[3]) == ("203", "202")
    assert {e.cause for e in done.events if e.type == "UserLoggedIn"} == {"restart"}


def test_a_batch_sent_when_free_takes_effect_at_the_restart(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    waiting = hq.send("B1", mode="when-free", at=at(1))
    assert waiting.status == "sent"
    assert hq.status().sent[0].waits_for_restart
    with pytest.raises(r.WaitsForRestart):
        hq.rollback("B1", at=at(2))

    hq.restart(at=at(3))

    assert hq.show("B1").status == "settled"
    assert seated(hq)[2] == "203"


def test_rolling_back_and_settling_gives_back_what_was(hq: SystemLedger) -> None:
    before = seated(hq)
    hq.swap("202", "203", at=at(0), done=True)

    undone = hq.rollback("B1", at=at(5), done=True, reason="wrong desks")

    assert seated(hq) == before
    assert undone.reverses == ("B1",)
    assert undone.status == "settled"
    assert not hq.show("B1").live
    assert hq.show("B1").reversed_by == "B2"
    with pytest.raises(r.ReversedAlready, match="B2"):
        hq.rollback("B1", at=at(6))


def test_a_later_batch_on_the_same_extension_blocks_a_rollback(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0), done=True)
    hq.swap("203", "204", at=at(1), done=True, reason="closer to the lift")
    position = hq.log(limit=1).events[0].position

    with pytest.raises(r.RollbackBlocked) as refused:
        hq.rollback("B1", at=at(2))

    blocked = refused.value.details["blocked"]
    assert [(b.extension_id, b.expected, b.found) for b in blocked] == [(2, "203", "204"), (3, None, "203")]
    assert {b.by.batch for b in blocked} == {"B2"}
    assert blocked[0].by.reason == "closer to the lift"
    ways = {w.option: (w.possible, w.batches, w.extensions) for w in refused.value.details["ways_out"]}
    assert ways["cascade"] == (True, ("B2", "B1"), 3)
    assert ways["partial"][0] is False
    assert hq.log(limit=1).events[0].position == position


def test_cascade_takes_back_what_builds_on_it_and_leaves_the_rest(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0), done=True)
    hq.swap("203", "204", at=at(1), done=True)
    hq.swap("207", "208", at=at(2), done=True)

    undone = hq.rollback("B1", strategy="cascade", at=at(3), done=True)

    assert undone.reverses == ("B2", "B1")
    assert [seated(hq)[i] for i in (2, 3, 4, 7, 8)] == ["202", "203", "204", "208", "207"]
    assert hq.show("B3").live


def test_a_dry_run_writes_nothing_and_a_plan_goes_stale(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0), done=True)
    plan = hq.rollback("B1", dry_run=True)
    last = hq.log(limit=1).events[0].position
    assert (plan.dry_run, plan.batch, plan.position) == (True, None, None)

    hq.swap("208", "209", at=at(1), done=True)
    assert hq.log(limit=1).events[0].position > last
    undone = hq.rollback("B1", at=at(2), as_planned=plan)
    assert undone.batch == "B3", "other traffic does not disturb a plan"

    hq.abandon("B3", at=at(3))
    hq.change(2, "299", at=at(4))
    hq.send("B4", at=at(4))
    with pytest.raises(Refused) as stale:
        hq.rollback("B1", at=at(5), as_planned=plan)
    assert stale.value.code == "plan-stale"
    assert "extension 2 changed to 299" in stale.value.message


def test_restore_takes_the_bases_to_what_they_were(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0), done=True)
    hq.swap("203", "204", at=at(1), done=True)

    with pytest.raises(r.NotClosed) as open_selection:
        hq.restore("2026-03-01", extensions=[2], at=at(2))
    assert open_selection.value.details["extension_ids"] == [3, 4]
    back = hq.restore("2026-03-01", at=at(3), done=True)

    assert len(back.changes) == 3
    assert [seated(hq)[i] for i in (2, 3, 4)] == ["202", "203", "204"]
