"""The two times, compared with every past state worked out the plain way.

`python -m tests.stores.two_times N SEED` tells N random histories into SQLite files and compares them all.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ipo_ledger.adapters.store.rebuilding import Projection
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.system_ledger import SystemLedger
from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, SeatPoint
from ipo_ledger.errors import LedgerError, NotFound
from tests.stores.every_state import Known, Sheet, State, every_known
from tests.stores.places import AnyStore, Place, SqlitePlace
from tests.stores.random_history import BEGIN, MICROSECOND, STEPS, History
from tests.stores.stored_story import note

FAR = datetime(2200, 1, 1, tzinfo=BEGIN.tzinfo)


class Looks(msgspec.Struct, frozen=True):
    """How many positions, instants, and instants asked about by name are looked at in a longer history."""

    positions: int
    instants: int
    asked: int


A_FEW, MANY = Looks(5, 6, 1), Looks(12, 12, 3)


class Clock:
    """The time of a story."""

    def __init__(self) -> None:
        """Begin when histories begin."""
        self.at = BEGIN

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def tick(self, time: timedelta) -> None:
        """Let time pass."""
        self.at += time


def compare(history: History, steps: Sequence[tuple[str, int]], chance: Random, looks: Looks = MANY) -> None:
    """Play the steps, and compare every answer with what it has to be, and with what it was when first given."""
    given: dict[tuple[Any, ...], bytes] = {}

    def ask() -> None:
        known = history.facts()[-1].position
        for question in _questions(history, chance, known):
            given[question] = _answer(history.hq, question)

    history.play(steps, ask)

    facts = history.facts()
    states = list(every_known(facts))
    note(history.store, f"{history.name}-later")  # so that the last position is an earlier one too
    instants = _instants(facts)
    for known in _some(chance, states, looks.positions):
        with history.store.reading() as reading:
            _compare_points(reading, known)
            _compare_system(reading, known)
            for instant in _some(chance, instants, looks.instants):
                _compare_instant(reading, known, instant)
        _compare_answers(history, known, _some(chance, instants[:-1], looks.asked))
    with history.store.reading() as reading:
        _now_is_the_last_known(reading, history.name, facts[-1].position)
        _desks_are_the_seats(reading, states[-1], _some(chance, instants, looks.instants))
    for question, answer in given.items():
        assert _answer(history.hq, question) == answer, question


def rebuilt(place: Place, store: AnyStore) -> None:
    """Make the read model anew, and compare it row for row with what stood."""
    before = place.read_model()
    with store.writing() as writing:
        writing.forget()
        Projection(writing).take(writing.facts())
    after = place.read_model()
    for table, rows in before.items():
        assert after[table] == rows, table


def _some(chance: Random, found: Sequence[Any], most: int) -> Sequence[Any]:
    if len(found) <= most:
        return found
    return [*chance.sample(found[:-1], most - 1), found[-1]]


def _instants(facts: Sequence[e.Fact]) -> list[datetime]:
    times = {fact.occurred_at for fact in facts}
    times |= {fact.recorded_at for fact in facts if fact.recorded_at is not None}
    return sorted({at + part for at in times for part in (-MICROSECOND, timedelta(), MICROSECOND)} | {FAR})


# --- what the read model says -------------------------------------------------------------------------------


def _compare_points(reading: Reading, known: Known) -> None:
    key, now = known.all[0].position, known.now
    lies_on: list[tuple[str, Sequence[Any]]] = []
    for i in {*now.seats, 99}:
        seats: Sequence[SeatPoint] = reading.seat_points(key, i, BEGIN - MICROSECOND, FAR, known.position)
        assert [(p.at, p.position, p.user, p.number, p.cause, p.batch, p.gone) for p in seats] == now.seats.get(
            i, []
        ), f"seats of {i} known at {known.position}"
        bases: Sequence[BasePoint] = reading.base_points(key, i, known.position)
        assert [(p.at, p.position, p.base, p.batch) for p in bases] == now.bases.get(i, []), f"bases of {i}"
        lies_on += [(f"seats of {i}", seats), (f"bases of {i}", bases)]
        first = now.seats[i][0][0] if i in now.seats else None
        assert reading.first_seat(key, i, known.position) == first
    for name in {*now.places, "U99"}:
        places: Sequence[PlacePoint] = reading.place_points(key, name, BEGIN - MICROSECOND, FAR, known.position)
        assert [(p.at, p.position, p.extension_id, p.cause, p.batch, p.gone) for p in places] == now.places.get(
            name, []
        ), f"places of {name} known at {known.position}"
        numbers: Sequence[NumberPoint] = reading.number_points(key, name, known.position)
        assert [(p.at, p.position, p.number) for p in numbers] == now.numbers.get(name, []), f"numbers of {name}"
        lies_on += [(f"places of {name}", places), (f"numbers of {name}", numbers)]
        first = now.places[name][0][0] if name in now.places else None
        assert reading.first_place(key, name, known.position) == first
    for what, points in lies_on:
        assert [p.below for p in points] == [None, *(p.position for p in points)][: len(points)], (
            f"{what} known at {known.position} lie on each other"
        )


def _compare_instant(reading: Reading, known: Known, at: datetime) -> None:
    key, then = known.all[0].position, known.at(at)
    about = f"at {at.isoformat()} known at {known.position}"
    assert [
        (s.extension_id, s.module, s.port, s.kind, s.label, s.base, s.base_batch, s.base_position,
         s.user, s.since, s.position, s.number)
        for s in reading.seats(key, at, known.position)
    ] == [
        (i, *known.names[i], d.base, d.base_batch, d.base_position, d.user, d.since, d.position,
         _number_at(then, d.user))
        for i, d in sorted(then.desks.items())
    ], about  # fmt: skip
    off = sorted(name for name, person in then.people.items() if person.extension_id is None)
    assert list(reading.off_the_air(key, at, known.position)) == off, about
    for name in known.now.places:
        assert reading.number_at(key, name, at, known.position) == _last_number(then, name), about
    for number in {p.number for p in then.people.values() if p.number is not None}:
        had = sorted(n for n in known.now.numbers if _last_number(then, n) == number)
        assert list(reading.numbered(key, number, at, known.position)) == had, about


def _number_at(state: State, user: str | None) -> str | None:
    return state.people[user].number if user is not None else None


def _last_number(state: State, user: str) -> str | None:
    """Return the number somebody has or, where they were removed, had last."""
    said = state.numbers.get(user)
    return said[-1][2] if said else None


def _compare_system(reading: Reading, known: Known) -> None:
    name, now = known.all[0].system, known.now
    system = reading.system(name, known.position)
    assert system is not None
    about = f"known at {known.position}"
    assert system.settings is not None
    assert msgspec.structs.astuple(system.settings) == known.settings, about
    assert _extensions(system) == {
        i: (*known.names[i], d.base, d.base_batch, d.base_position, d.user, d.since, d.position)
        for i, d in now.desks.items()
    }, about
    assert _users(system) == {
        n: (p.number, *known.flags[n], p.extension_id, p.since, p.position, p.number_position)
        for n, p in now.people.items()
    }, about
    assert sorted(system.open) == [n for n, b in known.batches.items() if b.status in {"draft", "sent"}], about
    pending = [b for b in known.batches.values() if b.status == "draft" or b.waits_for_restart]
    held = [i for b in pending if not b.observed for i in b.changes]
    if not _goes_on(reading, known.position):  # between the facts of a correction a batch is no draft yet, and not gone
        assert len(held) == len(set(held)), f"an extension is in one batch at most that is not in force, {about}"
    for number, sheet in known.batches.items():
        batch = reading.batch(system.key, number, known.position)
        assert batch is not None
        _compare_batch(batch, sheet, known, about)
        if number in system.open:
            assert _told(system.open[number]) == _told(batch), about
    assert reading.batch(system.key, len(known.batches) + 1, known.position) is None, about


def _compare_batch(batch: Batch, sheet: Sheet, known: Known, about: str) -> None:
    about = f"{batch.name} {about}"
    assert batch.status == sheet.status, about
    assert [(i, c.old, c.new) for i, c in batch.changes.items()] == [
        (i, old, new) for i, (old, new) in sheet.changes.items()
    ], about
    assert (batch.in_force_at, batch.in_force_position) == _when(sheet.in_force), about
    assert (batch.settled_at, batch.settled_position) == (sheet.settled_at, sheet.settled_position), about
    assert [(s.at, s.position) for s in batch.sends] == ([_when(sheet.sent)] if sheet.sent is not None else []), about
    opened = sheet.opened.event
    assert isinstance(opened, e.BatchOpened)
    assert (batch.title, batch.reverses) == (opened.title, opened.reverses), about
    assert list(batch.reversed_by) == known.reversed_by(batch.number), about


def _when(fact: e.Fact | None) -> tuple[datetime | None, int | None]:
    return (fact.occurred_at, fact.position) if fact is not None else (None, None)


def _told(batch: Batch) -> Batch:
    """Return a batch without what is not kept of earlier states: its last fact."""
    return msgspec.structs.replace(batch, last=_NOTHING)


def _goes_on(reading: Reading, position: int) -> bool:
    """Tell whether the command that recorded an event recorded another one after it."""
    facts = reading.facts_at([position, position + 1])
    return len(facts) > 1 and len({(f.system, f.command_id) for f in facts.values()}) == 1


def _extensions(system: System) -> dict[int, tuple[Any, ...]]:
    return {
        i: (x.module, x.port, x.kind, x.label, x.base, x.base_batch, x.base_position, x.user, x.since, x.seat_position)
        for i, x in system.extensions.items()
    }


def _users(system: System) -> dict[str, tuple[Any, ...]]:
    return {
        n: (u.number, u.full_name, u.has_login_code, u.forced_login, u.extension_id, u.since, u.place_position,
            u.number_position)
        for n, u in system.users.items()
    }  # fmt: skip


def _now_is_the_last_known(reading: Reading, name: str, last: int) -> None:
    now, known = reading.system(name), reading.system(name, last)
    assert now is not None
    assert known is not None
    assert reading.head().position > last
    assert _extensions(now) == _extensions(known)
    assert _users(now) == _users(known)
    assert now.settings == known.settings
    assert {n: _told(b) for n, b in now.open.items()} == {n: _told(b) for n, b in known.open.items()}
    assert now.restless == known.restless
    assert now.by_number == known.by_number


def _desks_are_the_seats(reading: Reading, known: Known, instants: Sequence[datetime]) -> None:
    """Compare what an answer shows of all seats, as is and as known, with all that is known of them."""
    key = known.all[0].position
    for at in [*instants, reading.head().recorded_at]:
        seats = [
            (s.extension_id, s.module, s.port, s.label, s.base, s.user, s.number, s.since)
            for s in reading.seats(key, at, known.position)
        ]
        assert reading.desks(key, at, known.position) == seats, at
        assert reading.desks(key, at, reading.head().position) == seats, at


# --- what is answered ---------------------------------------------------------------------------------------


def _questions(history: History, chance: Random, known: int) -> Iterator[tuple[Any, ...]]:
    """Yield some questions as one asks them, all as known at a position."""
    span = history.now() - BEGIN
    days = [f"{BEGIN + timedelta(days=day):%Y-%m-%d}" for day in range(span.days - 1)]  # over in every zone
    on = chance.choice([BEGIN + span * chance.random(), history.now(), *days])
    for _ in range(2):
        what = chance.choice(["who", "where", "seats", "status", "show", "history"])
        subject = {
            "who": chance.randint(1, 6),
            "where": f"U{chance.randint(1, 6)}",
            "show": f"B{chance.randint(1, 4)}",
            "history": chance.choice([f"U{chance.randint(1, 5)}", chance.randint(1, 5)]),
        }.get(what)
        yield what, subject, on, known


def _answer(hq: SystemLedger, question: tuple[Any, ...]) -> bytes:
    """Return an answer, or a refusal, as JSON."""
    what, subject, on, known = question
    try:
        match what:
            case "who":
                answer: Any = hq.who(subject, on=on, known_at=known)
            case "where":
                answer = hq.where(subject, on=on, known_at=known)
            case "seats":
                answer = hq.seats(on=on, known_at=known)
            case "status":
                answer = hq.status(known_at=known)
            case "show":
                answer = hq.show(subject, known_at=known)
            case "history":
                of: Any = {"user": subject} if isinstance(subject, str) else {"extension": subject}
                answer = hq.history(**of, known_at=known)
            case _:
                raise AssertionError(what)
    except LedgerError as refused:
        # Its words may say what is known by now; what nobody ever heard of may only not have been known then.
        return b"not known" if isinstance(refused, NotFound) else refused.code.encode()
    return msgspec.json.encode(answer)


def _compare_answers(history: History, known: Known, instants: Sequence[datetime]) -> None:
    hq, now = history.hq, known.now
    status = hq.status(known_at=known.position)
    assert [d.batch for d in status.drafts] == [b for b, s in _statuses(known) if s == "draft"]
    assert [s.batch for s in status.sent] == [b for b, s in _statuses(known) if s == "sent"]
    assert list(status.off_the_air) == sorted(n for n, p in now.people.items() if p.extension_id is None)
    assert list(status.vacant) == sorted(i for i, d in now.desks.items() if d.user is None)
    for answer in status.sent:
        sheet = known.batches[int(answer.batch[1:])]
        assert answer.waits_for_restart == (sheet.in_force is None)
        assert [msgspec.structs.astuple(p) for p in answer.pending] == list(_pending(known, sheet)), answer.batch
    for draft in status.drafts:
        sheet = known.batches[int(draft.batch[1:])]
        assert {c.base_extension: c.extensions for c in draft.conflicts} == _conflicts(known, sheet), draft.batch
    for number, sheet in known.batches.items():
        shown = hq.show(f"B{number}", known_at=known.position)
        assert shown.status == sheet.status
        assert shown.live == known.live(number), f"B{number} known at {known.position}"
        live = [f"B{n}" for n in known.reversed_by(number) if known.live(n)]
        assert shown.reversed_by == (live[-1] if live else None)
        assert [(c.extension_id, c.old, c.new) for c in shown.changes] == [(i, *c) for i, c in sheet.changes.items()]
        waits = sheet.status == "sent" and sheet.in_force is not None
        assert [msgspec.structs.astuple(p) for p in shown.pending] == (list(_pending(known, sheet)) if waits else [])
    for instant in instants:
        for i in sorted(now.seats):
            _compare_who(hq, known, i, instant)
        for name in sorted(now.places):
            _compare_where(hq, known, name, instant)


def _statuses(known: Known) -> list[tuple[str, str]]:
    return [(f"B{n}", sheet.status) for n, sheet in sorted(known.batches.items())]


def _pending(known: Known, sheet: Sheet) -> Iterator[tuple[Any, ...]]:
    """Yield what a batch waits for: extension, what, who, their number, whether by hand, where they are."""
    now = known.now
    for i in sorted(sheet.changes) if sheet.in_force is not None else ():
        if now.at_rest(i):
            continue
        there = now.desks[i].user
        if there is not None:
            yield i, "log-out", there, now.people[there].number, False, i
            continue
        comes = now.whose(now.desks[i].base)
        assert comes is not None
        person = now.people[comes]
        homes = [x for x, d in now.desks.items() if d.base == person.number]
        yield i, "log-in", comes, person.number, known.flags[comes][2] or len(homes) > 1, person.extension_id


def _conflicts(known: Known, sheet: Sheet) -> dict[str, tuple[int, ...]]:
    """Return the numbers that would be the base of several extensions, were a draft sent then."""
    bases = {i: d.base for i, d in known.now.desks.items()}
    waiting = [b for _, b in sorted(known.batches.items()) if b.sent is not None and b.in_force is None]
    for batch in (*(b for b in waiting if b.number != sheet.number), sheet):
        bases |= {i: new for i, (_, new) in batch.changes.items() if i in bases}
    counts = Counter(base for base in bases.values() if base is not None)
    return {n: tuple(sorted(i for i, b in bases.items() if b == n)) for n, times in counts.items() if times > 1}


def _compare_who(hq: SystemLedger, known: Known, extension_id: int, at: datetime) -> None:
    expected = _stay(known.now.seats[extension_id], at)
    try:
        answer = hq.who(extension_id, on=at, known_at=known.position)
    except LedgerError as refused:
        assert expected == refused.code, (extension_id, at, known.position)
        return
    assert answer.label == known.names[extension_id][3]
    assert expected == [(s.from_, s.user, s.cause, s.batch, s.to, s.ended) for s in answer.stays], (
        extension_id, at, known.position,
    )  # fmt: skip
    then = known.at(at)
    assert [s.number for s in answer.stays] == [_number_at(then, s.user) for s in answer.stays]


def _compare_where(hq: SystemLedger, known: Known, name: str, at: datetime) -> None:
    expected = _stay(known.now.places[name], at)
    try:
        answer = hq.where(name, on=at, known_at=known.position)
    except LedgerError as refused:
        assert expected == refused.code, (name, at, known.position)
        return
    assert answer.full_name == known.flags[name][0]
    assert answer.number == _last_number(known.at(at), name)
    assert expected == [(s.from_, s.extension_id, s.cause, s.batch, s.to, s.ended) for s in answer.stays], (
        name, at, known.position,
    )  # fmt: skip


def _stay(points: Sequence[tuple[Any, ...]], at: datetime) -> list[tuple[Any, ...]] | str:
    """Return the one stay at an instant, or why there is none: from, who or where, why, batch, to, why it ended."""
    begun = [p for p in points if p[0] <= at]
    if not begun:
        return "nothing-known"
    last = begun[-1]
    if last[-1]:
        return "removed"
    after = points[len(begun)] if len(begun) < len(points) else None
    cause, batch = last[-3], last[-2]
    return [
        (
            last[0],
            last[2],
            cause,
            f"B{batch}" if batch is not None else None,
            after[0] if after is not None else None,
            after[-3] if after is not None else None,
        )
    ]


_NOTHING: Any = None


# --- a developer's long run ---------------------------------------------------------------------------------


def main(times: int, seed: int) -> None:
    """Tell that many histories, each into a file of its own, and say how the next can be told alone."""
    refusals: Counter[str] = Counter()
    facts = corrections = 0
    for number in range(seed, seed + times):
        chance = Random(number)  # noqa: S311 - no secret
        steps = [(chance.choice(STEPS), chance.randrange(2**20)) for _ in range(chance.choice([8, 15, 30, 50, 80]))]
        with tempfile.TemporaryDirectory() as folder:
            place, clock = SqlitePlace(Path(folder, "ledger.db")), Clock()
            store = place.ledger(clock=clock)
            try:
                history = History(store, "hq", now=clock, tick=clock.tick)
                compare(history, steps, chance)
                rebuilt(place, store)
            except BaseException:
                print(f"history {number}: python -m tests.stores.two_times 1 {number}", file=sys.stderr)
                raise
            refusals.update(type(refused).__name__ for refused in history.refused)
            told = history.facts()
            facts += len(told)
            corrections += sum(isinstance(fact.event, e.Corrected) for fact in told)
            place.close()
    print(f"{times} histories, {facts} facts, {corrections} corrections; refused: {dict(refusals.most_common())}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
