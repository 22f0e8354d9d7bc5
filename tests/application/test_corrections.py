"""Correcting through the Python API, on both stores: what an answer says it changes is what changes, and only that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier

import msgspec
import pytest

import ipo_ledger
from ipo_ledger import Ledger, LedgerError, Refused, SystemLedger
from ipo_ledger.application import answers as a
from ipo_ledger.application.refusals import BadArgument, CommandIdReused
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import refusals as r
from tests.application.conftest import BASELINE

NUMBERS = [str(n) for n in range(201, 210)]
DAY = "2026-03-02"


def at(minute: int) -> str:
    """Return a minute of the day of the moves."""
    return f"{DAY}T{9 + minute // 60:02}:{minute % 60:02}"


def last_position(system: SystemLedger) -> int:
    """Return the last position recorded."""
    return system.log(limit=1).events[0].position


def first_of(done: a.Done | a.Correction) -> int:
    """Return the position of what somebody did."""
    return done.events[0].position


def seated(system: SystemLedger, **asked: str | int) -> dict[int, str | None]:
    """Return who sits where, by number."""
    return {seat.extension_id: seat.number for seat in system.seats(**asked).seats}  # type: ignore[arg-type]


# --- the effects are the differences ------------------------------------------------------------------------


def everything(system: SystemLedger, instants: list[datetime]) -> dict[tuple[str, object, datetime], str | None]:
    """Return each answer about each extension and user at each instant: who, where, base extension and number."""
    found: dict[tuple[str, object, datetime], str | None] = {}
    for instant in instants:
        seats = system.seats(on=instant)
        for seat in seats.seats:
            found["who", seat.extension_id, instant] = seat.user
            found["base extension", seat.extension_id, instant] = seat.base_extension
            if seat.user is not None:
                found["where", seat.user, instant] = str(seat.extension_id)
        for name in seats.off_the_air:
            found["where", name, instant] = None
    return found


def said(
    effects: tuple[a.Effect, ...], instants: list[datetime]
) -> dict[tuple[str, object, datetime], tuple[str | None, str | None]]:
    """Return what the effects say of each instant: what it was, and what it becomes."""
    found: dict[tuple[str, object, datetime], tuple[str | None, str | None]] = {}
    for effect in effects:
        of = effect.extension_id if effect.extension_id is not None else effect.user
        for instant in instants:
            if effect.from_ <= instant and (effect.to is None or instant < effect.to):
                found[effect.about, of, instant] = (effect.was, effect.becomes)
    return found


def random_day(system: SystemLedger, chance: Random) -> None:
    """Record what people do on one day, in order of time; what the rules refuse is left out."""
    for minute in range(0, 120, 4):
        one, other = chance.sample(NUMBERS, 2)
        open_batches = [s.batch for s in system.status().sent]
        try:
            match chance.randint(0, 6):
                case 0 | 1:
                    system.login(one, chance.randint(1, 9), at=at(minute))
                case 2 | 3:
                    system.logout(one, at=at(minute))
                case 4:
                    system.swap(one, other, at=at(minute), done=chance.random() < 0.5)
                case 5 if open_batches:
                    for pending in system.show(open_batches[0]).pending[:1]:
                        system.logout(pending.user, at=at(minute))
                case _:
                    drafts = [d.batch for d in system.status().drafts]
                    if drafts:
                        system.send(drafts[0], mode=chance.choice(["merge", "immediate", "timed"]), at=at(minute))
                    elif chance.random() < 0.3:
                        system.restart(at=at(minute))
        except Refused:
            continue


@pytest.mark.parametrize("seed", range(2))
def test_answers_differ_exactly_where_an_effect_says_so(hq: SystemLedger, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - which desks, not a secret
    for number in NUMBERS[::2]:
        hq.user_set(number, login_code=True)
    random_day(hq, chance)
    start = datetime.fromisoformat(f"{at(0)}+01:00").astimezone(UTC)
    instants = [start + timedelta(minutes=6 * i - 1) for i in range(21)]
    corrected = 0

    for event in hq.log(limit=40).events:
        before = everything(hq, instants)
        known = last_position(hq)
        try:
            if chance.random() < 0.6:
                done = hq.correct(event.position, never=True)
            else:
                done = hq.correct(event.position, at=at(chance.randint(0, 120)))
        except LedgerError:
            assert everything(hq, instants) == before
            continue
        corrected += 1
        after = everything(hq, instants)
        effects = {k: v for k, v in said(done.effects, instants).items() if k[0] != "number"}
        assert effects == {k: (before[k], after[k]) for k in before if before[k] != after[k]}
        then = hq.seats(on=instants[10], known_at=known)
        assert {s.extension_id: s.user for s in then.seats} == {
            i: before["who", i, instants[10]] for i in range(1, 10)
        }, "as known before, it stays"
    assert corrected > 0


def test_each_effect_is_told_with_its_time(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    five, six = hq.where("205").user, hq.where("206").user

    answer = hq.correct(first_of(done), never=True, reason="it was the day before")

    told = [(x.about, x.extension_id, x.user, x.was, x.becomes) for x in answer.effects]
    assert told == [
        ("who", 5, None, six, five),
        ("who", 6, None, None, six),
        ("where", None, five, None, "5"),
        ("where", None, six, "5", "6"),
    ]
    assert {x.from_.isoformat() for x in answer.effects} == {f"{at(0)}:00+01:00"}
    assert {x.to for x in answer.effects} == {None}
    assert answer.corrected == first_of(done)
    assert answer.how == "never"


def test_a_batch_that_waits_again_is_told(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    hq.send("B1", at=at(1))
    hq.logout("202", at=at(2))
    done = hq.logout("203", at=at(3))

    answer = hq.correct(first_of(done), never=True)

    assert [(b.batch, b.was, b.becomes) for b in answer.batches] == [("B1", "settled", "sent")]
    assert hq.show("B1").status == "sent"
    assert hq.show("B1", known_at=first_of(done) + 2).status == "settled"


# --- dry runs, plans, command ids ---------------------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_says_what_the_run_says(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    position = last_position(hq)

    planned = hq.correct(first_of(done), never=True, dry_run=True)
    assert last_position(hq) == position
    assert (planned.dry_run, planned.position, planned.events) == (True, None, ())
    real = hq.correct(first_of(done), never=True)

    assert (real.effects, real.took, real.batches, real.what) == (
        planned.effects,
        planned.took,
        planned.batches,
        planned.what,
    )
    assert real.position == position + 1


def test_a_dry_run_leaves_the_store_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with ipo_ledger.open(f"sqlite:///{file.as_posix()}", actor="ana") as ledger:
        ledger.init()
        ledger.add_system("hq", release="11", timezone="Europe/Madrid", at=BASELINE)
        hq = ledger.system("hq")
        hq.import_exports(*write_export(synthetic_site(9), tmp_path / "x"), at=BASELINE)
        done = hq.login("206", 5, at=at(0))
    before = {path.name: path.read_bytes() for path in tmp_path.glob("ledger.db*")}

    with ipo_ledger.open(f"sqlite:///{file.as_posix()}", actor="ana") as ledger:
        ledger.system("hq").correct(first_of(done), never=True, dry_run=True)

    assert {path.name: path.read_bytes() for path in tmp_path.glob("ledger.db*")} == before


def test_a_plan_goes_stale_when_it_would_do_something_else(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    plan = hq.correct(first_of(done), never=True, dry_run=True)
    hq.login("201", 2, at=at(5))

    hq.correct(first_of(done), never=True, as_planned=plan)

    other = hq.login("208", 7, at=at(10))
    plan = hq.correct(first_of(other), at=at(11), dry_run=True)
    hq.correct(first_of(other), never=True)
    again = hq.login("208", 7, at=at(9))
    position = last_position(hq)
    with pytest.raises(r.PlanStale) as stale:
        hq.correct(first_of(again), at=at(11), as_planned=plan)

    assert stale.value.code == "plan-stale"
    assert last_position(hq) == position


def test_the_same_command_id_twice_has_one_effect_and_the_same_answer(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))

    first = hq.correct(first_of(done), never=True, command_id="mend-1")
    position = last_position(hq)
    second = hq.correct(first_of(done), never=True, command_id="mend-1")

    assert second == first
    assert last_position(hq) == position
    with pytest.raises(CommandIdReused):
        hq.correct(first_of(done), at=at(1), command_id="mend-1")


# --- what it is refused for ---------------------------------------------------------------------------------


def test_an_event_of_another_system_is_unknown_here(ledger: Ledger, hq: SystemLedger, export: list[Path]) -> None:
    ledger.add_system("lab", release="11", timezone="Europe/Madrid", at=BASELINE)
    lab = ledger.system("lab")
    lab.import_exports(*export, at=BASELINE)
    done = lab.login("206", 5, at=at(0))

    for asked in (first_of(done), last_position(lab) + 1, 0):
        with pytest.raises(r.UnknownEvent, match=f"hq has no event {asked}"):
            hq.correct(asked, never=True)


def test_a_batch_of_another_system_is_unknown_here(ledger: Ledger, hq: SystemLedger, export: list[Path]) -> None:
    ledger.add_system("lab", release="11", timezone="Europe/Madrid", at=BASELINE)
    lab = ledger.system("lab")
    lab.import_exports(*export, at=BASELINE)
    lab.swap("202", "203", at=at(0), done=True)

    for asked in ("B1", "lab/B1"):
        with pytest.raises(r.UnknownBatch):
            hq.correct(asked, never=True)


def test_nothing_happened_in_the_future(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    position = last_position(hq)

    with pytest.raises(r.FutureTime):
        hq.correct(first_of(done), at="2100-01-01T00:00")

    assert last_position(hq) == position


@pytest.mark.parametrize(
    "how",
    [{}, {"never": True, "at": DAY + "T09:00"}, {"never": True, "extension": 7}],
    ids=["neither", "never, and a time", "never, and an extension"],
)
def test_it_is_said_either_that_it_never_was_or_what_is_right(hq: SystemLedger, how: dict[str, object]) -> None:
    done = hq.login("206", 5, at=at(0))

    with pytest.raises(BadArgument, match="--never"):
        hq.correct(first_of(done), **how)  # type: ignore[arg-type]


def test_only_a_log_in_was_at_another_extension(hq: SystemLedger) -> None:
    hq.user_set("202", login_code=True)
    done = hq.logout("202", at=at(0))

    with pytest.raises(BadArgument, match="no log-in"):
        hq.correct(first_of(done), extension=7)


def test_a_correction_has_no_other_time(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    corrected = hq.correct(first_of(done), never=True)
    assert corrected.position is not None

    with pytest.raises(BadArgument, match="taken back with --never"):
        hq.correct(corrected.position, at=at(1))


def test_a_refusal_names_what_rests_newest_first_with_its_details(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))
    later = [
        first_of(hq.login("207", 5, at=at(m))) if m == 1 else first_of(hq.login("208", 5, at=at(m))) for m in (1, 2)
    ]
    position = last_position(hq)

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(first_of(done), never=True)

    details = msgspec.to_builtins(refused.value.details)
    assert details["events"] == later[::-1]
    assert details["count"] == 2
    assert f"ipo-ledger correct {later[1]} --never" in refused.value.hint
    assert refused.value.code == "facts-rest"
    assert refused.value.message.index(f"event {later[1]},") < refused.value.message.index(f"event {later[0]},")
    assert last_position(hq) == position


def test_what_is_named_can_be_taken_back_in_that_order(hq: SystemLedger) -> None:
    before = seated(hq)
    done = hq.login("206", 5, at=at(0))
    hq.login("207", 5, at=at(1))
    hq.login("208", 5, at=at(2))

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(first_of(done), never=True)
    for position in refused.value.details["events"]:
        hq.correct(position, never=True)
    hq.correct(first_of(done), never=True)

    assert seated(hq) == before


def test_of_two_corrections_of_one_fact_at_once_one_wins_and_the_others_are_told(hq: SystemLedger, url: str) -> None:
    done = hq.login("206", 5, at=at(0))
    at_once = Barrier(3)

    def correct(actor: str) -> str:
        with ipo_ledger.open(url, actor=actor) as ledger:
            system = ledger.system("hq")
            system.correct(first_of(done), never=True, dry_run=True)
            at_once.wait(30)
            try:
                return f"corrected at {system.correct(first_of(done), never=True).position}"
            except Refused as refused:
                return f"{refused.code}: {refused.details['by']}"

    with ThreadPoolExecutor(3) as threads:
        told = sorted(threads.map(correct, ["ana", "bea", "carlos"]))

    by = last_position(hq)
    assert told == [f"corrected at {by}", f"corrected-already: {by}", f"corrected-already: {by}"]


# --- batches ------------------------------------------------------------------------------------------------


def test_a_batch_that_never_was_is_given_up(hq: SystemLedger) -> None:
    before = seated(hq)
    hq.swap("202", "203", at=at(0), done=True)

    answer = hq.correct("B1", never=True)

    assert seated(hq) == before
    assert seated(hq, on=at(5)) == before
    assert hq.show("B1").status == "abandoned"
    assert [(b.batch, b.was, b.becomes) for b in answer.batches] == [("B1", "settled", "abandoned")]
    assert not hq.show("B1").live


def test_a_finished_batch_was_earlier_than_was_said(hq: SystemLedger) -> None:
    """Nothing but itself changed its numbers since: that is taken away."""
    hq.swap("202", "203", at=at(0))
    hq.send("B1", at=at(60))
    hq.correct("B1", at=at(10))
    hq.swap("204", "205", at=at(0), done=True)

    (stay, moved) = hq.who(4, on=DAY).stays
    assert (stay.number, moved.number) == ("204", "205")
    hq.logout("202", at=at(20))
    hq.logout("203", at=at(21))

    assert hq.show("B1").status == "settled"
    in_force = hq.show("B1").in_force_at
    assert in_force is not None
    assert in_force.isoformat() == f"{at(10)}:00+01:00"


def test_a_batch_recorded_as_done_was_earlier_with_its_log_outs(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    hq.abandon("B1", at=at(1))
    hq.swap("202", "203", at=at(2), done=True)
    hq.correct("B2", at=at(30))
    hq.correct("B2", at=at(10))

    (_, moved) = hq.who(2, on=DAY).stays

    assert moved.number == "203"
    assert moved.from_.isoformat() == f"{at(10)}:00+01:00"
    assert hq.show("B2").status == "settled"


def test_a_correction_taken_back_gives_every_answer_again(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0), done=True)
    before = (hq.who(2, on=DAY), hq.where("202", on=DAY), hq.seats(on=at(30)), hq.status())
    corrected = hq.correct("B1", never=True)
    assert corrected.position is not None
    position = corrected.events[0].position

    again = hq.correct(position, never=True)

    assert again.how == "again"
    assert (hq.who(2, on=DAY), hq.where("202", on=DAY), hq.seats(on=at(30)), hq.status()) == before
    assert hq.show("B1").live


def test_a_send_does_not_stand_again_while_its_batch_is_given_up(hq: SystemLedger) -> None:
    """It names the abandonment; once that is taken back, the send stands again."""
    hq.swap("202", "203", at=at(0))
    correction = first_of(hq.correct(first_of(hq.send("B1", at=at(1))), never=True))
    given_up = first_of(hq.abandon("B1", at=at(2)))

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(correction, never=True)
    hq.correct(given_up, never=True)
    hq.correct(correction, never=True)

    assert refused.value.details["events"] == [given_up]
    assert refused.value.hint == (
        f"Correct the newest first, then this one again: `ipo-ledger correct {given_up} --never`."
    )
    assert hq.show("B1").status == "sent"


def test_a_draft_changed_since_is_to_say_again_what_was_sent(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    correction = first_of(hq.correct(first_of(hq.send("B1", at=at(1))), never=True))
    hq.change(2, "299", batch="B1", at=at(2))
    hq.change(9, "298", batch="B1", at=at(2))

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(correction, never=True)
    hq.change(2, "203", batch="B1", at=at(3))
    hq.change(9, "209", batch="B1", at=at(3))
    hq.correct(correction, never=True)

    assert f"ipo-ledger show B1 --known-at {correction}" in refused.value.hint
    assert hq.show("B1").status == "sent"
    assert {x.extension_id: x.base_extension for x in hq.seats(on=at(5)).seats}[2] == "203"


def test_a_reversal_drafted_since_is_given_up_first(hq: SystemLedger) -> None:
    hq.swap("202", "203", at=at(0))
    sent = first_of(hq.send("B1", at=at(1)))
    hq.rollback("B1", at=at(2))

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(sent, never=True)
    hq.abandon("B2", at=at(3))
    hq.correct(sent, never=True)

    assert "ipo-ledger abandon B2" in refused.value.hint
    assert hq.show("B1").status == "draft"


def test_a_correction_does_not_stand_on_what_another_one_took_away(hq: SystemLedger) -> None:
    first = first_of(hq.login("206", 5, at=at(0)))
    correction = first_of(hq.correct(first_of(hq.login("207", 5, at=at(1))), never=True))
    beneath = first_of(hq.correct(first, never=True))

    with pytest.raises(r.FactsRest) as refused:
        hq.correct(correction, never=True)
    hq.correct(beneath, never=True)
    hq.correct(correction, never=True)

    assert refused.value.details["events"] == [beneath]
    assert seated(hq)[5] == "207"


# --- times and zones ----------------------------------------------------------------------------------------


def test_times_to_the_microsecond_and_in_another_offset(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at=at(0))

    hq.correct(first_of(done), at="2026-03-02T03:30:00.000001-05:00")

    (before, after) = hq.who(5, on=DAY).stays
    assert after.from_.isoformat() == "2026-03-02T09:30:00.000001+01:00"
    assert (before.number, after.number) == ("205", "206")
    (still,) = hq.who(5, on="2026-03-02T09:30:00.000000").stays
    (then,) = hq.who(5, on="2026-03-02T09:30:00.000001").stays
    assert (still.number, then.number) == ("205", "206")


def test_of_several_facts_in_one_instant_the_last_one_is_corrected_alone(hq: SystemLedger) -> None:
    hq.login("206", 5, at=at(0))
    hq.login("207", 5, at=at(0))
    done = hq.login("208", 5, at=at(0))
    assert seated(hq, on=at(0))[5] == "208"

    answer = hq.correct(first_of(done), never=True)

    assert seated(hq, on=at(0))[5] == "207"
    (effect,) = [x for x in answer.effects if (x.about, x.extension_id) == ("who", 5)]
    assert (effect.was, effect.becomes) == (hq.where("208").user, hq.where("207").user)


@pytest.mark.parametrize(
    ("day", "hours", "written"),
    [("2026-03-29", 23, "2026-03-29T03:00"), ("2026-10-25", 25, "2026-10-25T02:30+01:00")],
)
def test_on_a_day_whose_clock_changes_a_time_is_the_one_that_was_meant(
    hq: SystemLedger, day: str, hours: int, written: str
) -> None:
    done = hq.login("206", 5, at=f"{day}T00:30")

    hq.correct(first_of(done), at=written)

    (before, after) = hq.who(5, on=day).stays
    start = datetime.fromisoformat(f"{day}T00:00{'+01:00' if hours == 23 else '+02:00'}")
    assert before.to == after.from_
    assert after.from_ - start == timedelta(hours=2 if hours == 23 else 3, minutes=0 if hours == 23 else 30)
    assert after.from_.isoformat() == (written if len(written) > 16 else f"{written}:00+02:00").replace(
        "T02:30+01:00", "T02:30:00+01:00"
    )


@pytest.mark.parametrize(
    ("written", "code"), [("2026-03-29T02:30", "time-skipped"), ("2026-10-25T02:30", "time-repeated")]
)
def test_a_time_that_is_skipped_or_repeated_is_no_time_to_correct_to(hq: SystemLedger, written: str, code: str) -> None:
    done = hq.login("206", 5, at="2026-03-28T10:00")

    with pytest.raises(LedgerError) as refused:
        hq.correct(first_of(done), at=written)

    assert refused.value.code == code
    assert len(refused.value.details["would_do"]) == 2


def test_a_zone_set_right_later_does_not_change_what_was_answered_before(hq: SystemLedger) -> None:
    done = hq.login("206", 5, at="2026-03-02T00:30")
    before = hq.who(5, on="2026-03-02", known_at=last_position(hq))
    position = last_position(hq)

    hq.set(timezone="Atlantic/Canary")

    assert hq.who(5, on="2026-03-02", known_at=position) == before
    assert before.stays[-1].from_.isoformat() == "2026-03-02T00:30:00+01:00"
    (only,) = hq.who(5, on="2026-03-02").stays
    assert only.from_.isoformat() == "2026-03-01T23:30:00+00:00", "the day before, on the islands"
    hq.correct(first_of(done), at="2026-03-02T00:30")
    assert hq.who(5, on="2026-03-02", known_at=position) == before
    assert hq.who(5, on="2026-03-02").stays[-1].from_.isoformat() == "2026-03-02T00:30:00+00:00"


# --- renumbers ----------------------------------------------------------------------------------------------


def test_a_number_is_whose_it_was_on_the_day_asked_about(hq: SystemLedger) -> None:
    two, three = hq.where("202").user, hq.where("203").user
    hq.user_renumber("203", "303", at="2026-03-02T10:00")
    hq.user_renumber("202", "203", at="2026-03-03T10:00")

    assert hq.where("203", on="2026-03-01").user == three
    assert hq.where("203", on="2026-03-04").user == two
    assert hq.where("203", on="2026-03-01").number == "203"
    assert hq.where("303", on="2026-03-04").user == three


def test_after_the_renumber_is_corrected_the_number_is_theirs_again(hq: SystemLedger) -> None:
    three = hq.where("203").user
    hq.user_renumber("203", "303", at="2026-03-02T10:00")
    position = last_position(hq)

    answer = hq.correct(position, never=True)

    assert hq.where("203", on="2026-03-04").user == three
    assert hq.where("203", on="2026-03-04").number == "203"
    assert hq.where(three, on="2026-03-04", known_at=position).number == "303"
    assert [(x.about, x.was, x.becomes) for x in answer.effects] == [("number", "303", "203")]


def test_a_renumber_was_on_another_day(hq: SystemLedger) -> None:
    three = hq.where("203").user
    hq.user_renumber("203", "303", at="2026-03-05T10:00")

    hq.correct(last_position(hq), at="2026-03-03T10:00")

    assert hq.where(three, on="2026-03-02").number == "203"
    assert hq.where(three, on="2026-03-04").number == "303"
