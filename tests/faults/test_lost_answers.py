"""A connection that breaks anywhere in a command, the answer to its COMMIT included: never done twice, never denied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

from ipo_ledger.adapters.store.faults import CommitUnknown
from tests.domain.thoroughness import examples
from tests.faults.lost_answers import IMPATIENT, Then, conversation, try_one
from tests.faults.site import SYSTEM, a_ledger, opened, recorded, refuse_unsound
from tests.faults.wire import PATIENCE, Cut, Wire, wire


@pytest.fixture
def cut_wire(postgres_url: str) -> Iterator[Wire]:
    """A ledger, and a wire to it that can be cut."""
    a_ledger(postgres_url)
    with wire(postgres_url) as found:
        yield found


@pytest.mark.parametrize("then", ["answers again", "stays away", "hangs on"])
def test_a_commit_whose_answer_is_lost_is_told_as_it_is(postgres_url: str, cut_wire: Wire, then: Then) -> None:
    client, server = conversation(cut_wire).values()

    # The COMMIT is the client's last message; CommandComplete and ReadyForQuery are the server's last two.
    commit = try_one(cut_wire, postgres_url, Cut("client", client - 1, 0.5, then == "hangs on"), then, "unsent")
    answer = try_one(cut_wire, postgres_url, Cut("server", server - 2, 0.5, then == "hangs on"), then, "unanswered")

    assert answer.done
    assert commit.done == (then == "answers again")
    assert answer.what == ("commit-unknown" if then == "stays away" else "done")
    assert commit.what == ("done" if then == "answers again" else "commit-unknown")
    refuse_unsound(postgres_url, {})


def test_a_wire_that_is_cut_anywhere_loses_nothing_and_does_nothing_twice(postgres_url: str, cut_wire: Wire) -> None:
    chance = Random(7)  # noqa: S311 - no secret
    messages = conversation(cut_wire)

    for number in range(examples(12)):
        side = chance.choice(list(messages))
        cut = Cut(side, chance.randrange(messages[side]), chance.choice([0.0, 0.5]))

        assert try_one(cut_wire, postgres_url, cut, "answers again", f"{number}: {cut}").done

    refuse_unsound(postgres_url, {})


@pytest.mark.parametrize("side", ["client", "server"])
def test_lines_whose_commit_is_not_answered_are_recorded_once(postgres_url: str, cut_wire: Wire, side: str) -> None:
    lines = [json.dumps({"do": "swap", "users": ["U1", "U2"], "done": True, "reason": f"line {n}"}) for n in range(3)]
    with opened(cut_wire.url, PATIENCE) as counted:
        counted.system(SYSTEM)
        cut_wire.arm(Cut("client", 1 << 30))
        assert all(answer.ok for answer in counted.record_groups([lines]))
        seen = cut_wire.seen
    cut = Cut("client", seen["client"] - 1, 0.5) if side == "client" else Cut("server", seen["server"] - 2, 0.5)

    with opened(cut_wire.url, PATIENCE) as ledger:
        ledger.system(SYSTEM)
        cut_wire.arm(cut)
        answers = list(ledger.record_groups([[line.replace("line", "cut") for line in lines]]))

    assert cut_wire.happened.wait(PATIENCE)
    assert [answer.ok for answer in answers] == [True] * 3
    assert sorted(name for name in recorded(postgres_url) if "cut" in name) == ["cut 0", "cut 1", "cut 2"]
    refuse_unsound(postgres_url, {})


def test_a_new_system_whose_commit_is_not_answered_is_there_once(postgres_url: str, cut_wire: Wire) -> None:
    with opened(cut_wire.url, PATIENCE) as ledger:
        ledger.systems()
        cut_wire.arm(Cut("client", 1 << 30))
        ledger.add_system("one", release="11.1", timezone="UTC")
        seen = cut_wire.seen
    with opened(cut_wire.url, PATIENCE) as ledger:
        ledger.systems()
        cut_wire.arm(Cut("server", seen["server"] - 2))

        answer = ledger.add_system("two", release="11.1", timezone="UTC")

        assert cut_wire.happened.wait(PATIENCE)
        assert answer.system == "two"
        assert [s.system for s in ledger.systems().systems] == [SYSTEM, "one", "two"]


def test_an_answer_that_was_read_is_given_whatever_becomes_of_the_connection(postgres_url: str, cut_wire: Wire) -> None:
    with opened(cut_wire.url, IMPATIENT) as ledger:
        ledger.systems()
        cut_wire.arm(Cut("client", 1 << 30))
        ledger.systems()
        cut_wire.arm(Cut("server", cut_wire.seen["server"] - 2), stays_cut=True)

        assert [s.system for s in ledger.systems().systems] == [SYSTEM]
        assert cut_wire.happened.wait(PATIENCE)


def test_lines_that_nobody_knows_of_say_so(postgres_url: str, cut_wire: Wire) -> None:
    line = json.dumps({"do": "swap", "users": ["U1", "U2"], "done": True, "reason": "line"})
    client = conversation(cut_wire)["client"]
    with opened(cut_wire.url, IMPATIENT) as ledger:
        ledger.systems()
        cut_wire.arm(Cut("client", client - 1), stays_cut=True)

        (answer,) = ledger.record([line])

    assert (answer.ok, answer.exit) == (False, 6)
    assert answer.error is not None
    assert answer.error["code"] == CommitUnknown.code
    assert "log" in answer.error["hint"]
