"""Lines that are committed together, on both stores: answered when they are there, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

import ipo_ledger
from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.domain.refusals import ExtensionHeld
from ipo_ledger.errors import StoreUnusable

Failing = Callable[[type[BaseException]], None]


class _DiskFull(StoreUnusable):
    """What a store says that takes nothing any more."""

    code = "disk-full"
    says = "The disk is full."
    way_out = "Make room."


class _NotNow(_DiskFull):
    """The same, of a store that may take it when it is said again."""

    again = True


@pytest.fixture
def failing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Let the next commit of this ledger fail, as often as it is called."""
    store = ledger._store  # noqa: SLF001 - its commits are what fails
    commit, faults = store._commit, list[type[BaseException]]()  # type: ignore[attr-defined]  # noqa: SLF001 - as above

    def or_fail(*arguments: Any) -> None:
        if faults:
            getattr(arguments[0], "connection", arguments[0]).rollback()
            raise faults.pop()
        commit(*arguments)

    monkeypatch.setattr(store, "_commit", or_fail)
    return faults.append


def swap(*users: str) -> str:
    """Return the line of a swap."""
    return json.dumps({"do": "swap", "users": users})


def batches(system: SystemLedger) -> list[str]:
    """Return the batches there are, oldest first."""
    return [b.batch for b in system.batches().batches][::-1]


def test_a_group_is_one_append_and_the_next_one_another(ledger: Ledger, hq: SystemLedger) -> None:
    before = hq.log(limit=1).events[0].position
    found: Iterator[object] = ledger.record_groups([[swap("202", "203"), swap("204", "205")], [swap("206", "207")]])

    next(found)

    with_one_answer = hq.log(limit=1).events[0].position
    assert with_one_answer == before + 6
    assert len(list(found)) == 2
    assert batches(hq) == ["B1", "B2", "B3"]


def test_a_line_that_fails_leaves_the_others_of_its_group_whole(ledger: Ledger, hq: SystemLedger) -> None:
    group = [swap("202", "203"), swap("202", "299"), "{nonsense", swap("203", "204"), swap("204", "205")]

    answers = list(ledger.record_groups([group, [swap("206", "207")]], keep_going=True))

    assert [(answer.line, answer.ok) for answer in answers] == [
        (1, True), (2, False), (3, False), (4, False), (5, True), (6, True),
    ]  # fmt: skip
    assert batches(hq) == ["B1", "B2", "B3"]
    assert ledger.verify().verified


def test_the_lines_before_the_one_it_stops_at_are_recorded_and_none_after_it(ledger: Ledger, hq: SystemLedger) -> None:
    groups = [[swap("202", "203"), swap("202", "299"), swap("204", "205")], [swap("206", "207")]]

    answers = list(ledger.record_groups(groups))

    assert [(answer.line, answer.ok) for answer in answers] == [(1, True), (2, False)]
    assert batches(hq) == ["B1"]


def test_a_group_that_the_store_gives_up_acknowledges_nothing(
    ledger: Ledger, hq: SystemLedger, failing: Failing
) -> None:
    first, last = [swap("202", "203")], [swap("208", "209")]
    answers = ledger.record_groups([first, [swap("204", "205"), swap("206", "207")], last], keep_going=True)
    next(answers)
    failing(_DiskFull)

    (given_up,) = answers

    assert (given_up.line, given_up.ok, given_up.exit) == (2, False, 6)
    assert given_up.error is not None
    assert given_up.error["code"] == "disk-full"
    assert batches(hq) == ["B1"]


def test_a_group_that_the_store_lost_is_recorded_when_it_is_back(
    ledger: Ledger, hq: SystemLedger, failing: Failing
) -> None:
    failing(_NotNow)

    answers = list(ledger.record_groups([[swap("204", "205"), swap("206", "207")]]))

    assert [(answer.line, answer.ok) for answer in answers] == [(1, True), (2, True)]
    assert batches(hq) == ["B1", "B2"]


@pytest.mark.parametrize("fault", [_DiskFull, KeyboardInterrupt])
def test_what_was_given_up_is_forgotten(
    ledger: Ledger, hq: SystemLedger, failing: Failing, url: str, fault: type[BaseException]
) -> None:
    """Somebody else then records as many events: the state that never was would be taken for theirs."""
    failing(fault)
    try:
        list(ledger.record_groups([[swap("202", "203")]]))
    except KeyboardInterrupt:
        assert fault is KeyboardInterrupt
    with ipo_ledger.open(url, actor="ben") as other:
        other.system("hq").swap("204", "205")

    with pytest.raises(ExtensionHeld):
        hq.swap("204", "206")
    hq.swap("202", "203")

    assert batches(hq) == ["B1", "B2"]
    assert ledger.verify().verified


def test_a_group_is_committed_once(ledger: Ledger, hq: SystemLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    store, commits = ledger._store, list[object]()  # noqa: SLF001 - its commits are counted
    commit = store._commit  # type: ignore[attr-defined]  # noqa: SLF001 - as above

    def counted(of: object) -> None:
        commits.append(of)
        commit(of)

    monkeypatch.setattr(store, "_commit", counted)

    list(ledger.record_groups([[swap("202", "203"), swap("204", "205")], [swap("206", "207")]]))

    assert len(commits) == 2
    assert batches(hq) == ["B1", "B2", "B3"]


def test_a_store_that_fails_at_a_line_gives_up_its_group(
    ledger: Ledger, hq: SystemLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, calls = ledger._store, list[None]()  # noqa: SLF001 - what fails
    writing = store.writing

    def or_fail() -> AbstractContextManager[object]:
        calls.append(None)
        if len(calls) == 3:  # of the group, of its first line, of its second one
            raise _DiskFull
        return writing()

    monkeypatch.setattr(store, "writing", or_fail)

    (given_up,) = ledger.record_groups([[swap("202", "203"), swap("204", "205"), swap("206", "207")]], keep_going=True)

    assert (given_up.line, given_up.ok, given_up.exit) == (1, False, 6)
    assert batches(hq) == []
