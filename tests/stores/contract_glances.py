"""What one statement answers is what a look answers, to the byte; and one statement is all it takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.system_ledger import SystemLedger
from ipo_ledger.errors import LedgerError
from tests.domain.given import number_of
from tests.domain.thoroughness import examples
from tests.stores.places import Place, SqlitePlace
from tests.stores.random_history import BEGIN, EXTENSIONS, MICROSECOND, History, histories
from tests.stores.two_times import Clock

WHO = [*range(1, EXTENSIONS + 2), "1", "x"]
WHERE = [*(f"U{i}" for i in range(1, EXTENSIONS + 2)), *(number_of(i) for i in range(1, EXTENSIONS + 2)), "\0"]


class GlancesContract:
    """Questions about one extension or person at an instant."""

    def test_a_glance_is_what_a_look_is(self, place: Place) -> None:
        clock = Clock()
        store = place.ledger(clock=clock)
        embedded = isinstance(place, SqlitePlace)
        glanced = 0

        @settings(max_examples=examples(12 if embedded else 4))
        @given(steps=histories, seed=st.integers(0, 2**16))
        def check(steps: list[tuple[str, int]], seed: int) -> None:
            nonlocal glanced
            story = Clock() if not embedded else clock
            history = History(store, uuid.uuid4().hex, now=story, tick=story.tick)
            history.play(steps)
            chance = Random(seed)  # noqa: S311 - no secret

            # A server has a clock of its own, which goes on between two questions; and takes longer to ask.
            for asked in _questions(history, chance, ["now"] if embedded else [], 99 if embedded else 3):
                found, without = _answer(history.hq, *asked), _without_glances(history.hq, *asked)
                assert found == without, asked
                glanced += _glance(history.hq, *asked) is not None

        check()
        assert glanced, "some questions are answered by a glance"

    def test_a_number_that_was_taken_back_is_still_what_was_known(self, place: Place) -> None:
        clock = Clock()
        history = History(place.ledger(clock=clock), "hq", now=clock, tick=clock.tick)
        hq, on = history.hq, "2025-04-30T10:00Z"
        clock.tick(timedelta(days=1))
        renumbered = hq.user_renumber("U1", "777", at=clock.at).position
        before = [_answer(hq, "where", of, on, renumbered) for of in ("U1", "777")]
        clock.tick(timedelta(days=1))
        hq.correct(renumbered or 0, never=True)

        after = [_answer(hq, "where", of, on, renumbered) for of in ("U1", "777")]

        assert hq.where("U1", on=on, known_at=renumbered).number == "777"
        assert after == before

    def test_one_statement_answers_who_and_where(self, place: Place) -> None:
        clock = Clock()
        history = History(place.ledger(clock=clock), "hq", now=clock, tick=clock.tick)
        hq, last = history.hq, history.facts()[-1].position

        for on in ("now", clock.at, "2025-04-01T10:00Z"):
            for known_at in (None, last, str(last)):
                for ask in (hq.who, hq.where):
                    of: Any = "1" if ask == hq.who else "U1"
                    ask(of, on=on, known_at=known_at)  # from here on the time zone is known

                    with statements(history.store) as seen:
                        ask(of, on=on, known_at=known_at)

                    assert len(seen) == 1, seen


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Give the statements that a store is asked on this thread's connection, as they come."""
    seen: list[str] = []
    with store.reading() as reading:
        connection: Any = getattr(reading, "connection")  # noqa: B009 - of both stores, and not of the protocol
    if hasattr(connection, "set_trace_callback"):
        connection.set_trace_callback(seen.append)
        yield seen
        connection.set_trace_callback(None)
        return
    execute = connection.execute

    def noted(statement: Any, *values: Any, **how: Any) -> Any:
        seen.append(str(statement))
        return execute(statement, *values, **how)

    connection.execute = noted
    yield seen
    del connection.execute


def _questions(history: History, chance: Random, now: list[str], most: int) -> Iterator[tuple[str, Any, Any, Any]]:
    facts = history.facts()
    times = sorted({fact.occurred_at for fact in facts})
    instants: list[str | datetime] = [at + chance.choice([-1, 0, 1]) * MICROSECOND for at in chance.choices(times, k=2)]
    written = [f"{chance.choice(times):%Y-%m-%dT%H:%M}", chance.choice([f"{BEGIN:%Y-%m-%d}", "yesterday", "soon"])]
    positions = [chance.choice(facts).position for _ in range(2)]
    for on in [*instants, *now, *written]:
        for known_at in (None, facts[-1].position, positions[0], str(positions[1])):
            for what, of in (("who", WHO), ("where", WHERE)):
                for each in chance.sample(of, min(most, len(of))):
                    yield what, each, on, known_at


def _answer(hq: SystemLedger, what: str, of: Any, on: Any, known_at: Any) -> object:
    try:
        return msgspec.json.encode(getattr(hq, what)(of, on=on, known_at=known_at))
    except LedgerError as refused:
        return refused.told()


def _without_glances(hq: SystemLedger, *asked: Any) -> object:
    kept, hq._glances = hq._glances, _Blind()  # type: ignore[assignment] # noqa: SLF001 - there is no other way not to
    try:
        return _answer(hq, *asked)
    finally:
        hq._glances = kept  # noqa: SLF001


def _glance(hq: SystemLedger, what: str, of: Any, on: Any, known_at: Any) -> object:
    return getattr(hq._glances, what)(of, on, known_at)  # noqa: SLF001 - told apart from a look nowhere else


class _Blind:
    """Sees nothing at a glance."""

    timezone: str | None = None

    def who(self, *_: Any) -> None:
        """Return nothing."""

    def where(self, *_: Any) -> None:
        """Return nothing."""
