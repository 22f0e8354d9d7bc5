"""Appending: a large batch in one transaction, and one command a transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from eventsourcing.persistence import ApplicationRecorder

from benchmarks.bench import BIG, Bench
from benchmarks.goals import at_least
from benchmarks.history import History, rotated
from benchmarks.measuring import OURS, Contender, Figure
from benchmarks.peers import bare, library, message_db, trigger_audit
from benchmarks.places import Place, SqlitePlace
from ipo_ledger.adapters.store import payload
from ipo_ledger.domain.entry import Entry, Given

Payloads = Sequence[tuple[str, bytes]]
_EVENTS_A_MOVE = 3  # its change, and on average two log-outs and log-ins


class BatchAppender:
    """Appends one large batch after the other to a ledger: decided beforehand, written on the clock."""

    def __init__(self, place: Place, history: History, events: int, system: str = BIG) -> None:
        """Move so many people that about so many events come of it."""
        self._store, self._system = place.store(), system
        self._people = history.seated[: max(2, events // _EVENTS_A_MOVE)]
        self._at = history.ended
        self.count = 0
        self.last: Payloads = ()

    def append(self) -> float:
        """Decide on a batch with every log-out, then append it; return the seconds of the append."""
        self._at += timedelta(hours=1)
        with self._store.reading() as reading:
            system, head = reading.system(self._system), reading.head()
        assert system is not None
        given = Given(at=self._at, actor="bench", command_id=f"b{head.position}", reason="a move", ticket=None)
        entry = Entry(system, given, after=head.position)
        rotated(entry, self._people)
        self.last = [payload.encode(fact) for fact in entry.facts]
        self.count += len(entry.facts)
        began = time.perf_counter()
        with self._store.writing() as writing:
            writing.append(entry)
        return time.perf_counter() - began

    @property
    def stored(self) -> int:
        """Return how many events the ledger has."""
        with self._store.reading() as reading:
            return reading.head().position


def batch(bench: Bench) -> None:
    """Append a batch of moves with every log-out in one transaction, with read model and tree."""
    sizes = bench.sizes
    history = bench.history(max(sizes.append // _EVENTS_A_MOVE + 10, sizes.system // 3), 0)
    place = bench.ledger_of(history)
    ours = BatchAppender(place, history, sizes.append)
    before = ours.stored
    ours.append()  # so that the peers know what to write: the same bytes, or as many changed rows
    payloads = list(ours.last)
    contenders = [Contender(OURS, ours.append, len(payloads))]
    counts: list[tuple[str, Callable[[], int]]] = []
    if isinstance(place, SqlitePlace):
        contenders += bench.peers(
            lambda: _library(bench, payloads, counts), lambda: _executemany(bench, payloads, counts)
        )
    else:
        contenders += bench.peers(
            lambda: _library(bench, payloads, counts),
            lambda: _message_db(bench, payloads, counts),
            lambda: _triggers(bench, payloads, counts),
            lambda: _copy(bench, payloads, counts),
            lambda: _insert(bench, payloads, counts),
        )
    figures = bench.turns("a batch in one transaction", contenders)
    written = (sizes.rounds + 1) * len(payloads)
    bench.agree("everybody kept every event", ours.stored - before, ours.count)
    bench.agree("the peers kept as many", written, *(count() for _, count in counts))
    said = f"a batch of {len(payloads)} events with read model and tree, against"
    _goals(bench, figures, said, _BATCH_GOALS[bench.kind])


_BATCH_GOALS: dict[str, dict[str, float]] = {
    "postgres": {library.NAME: 2.5, message_db.NAME: 3.0, bare.COPY: 0.4},
    "sqlite": {library.NAME: 0.6, bare.EXECUTEMANY: 0.35},
}


def _goals(bench: Bench, figures: dict[str, Figure], said: str, goals: dict[str, float]) -> None:
    for peer, goal in goals.items():
        if OURS in figures and peer in figures:
            bench.goal(at_least(goal, f"{said} {peer}", figures[OURS].times_as_fast_as(figures[peer])))


def command(bench: Bench) -> None:
    """Record one log-out with its consequences a transaction; the library writes as many plain events."""
    sizes = bench.sizes
    history = bench.history(sizes.system, 0)
    place = bench.ledger_of(history)
    on = place.ledger().system(BIG)
    people = [history.coded[n % len(history.coded)] for n in range(sizes.commands)]
    events: list[int] = []

    def log_outs() -> float:
        events.clear()
        began = time.perf_counter()
        for name in people:
            events.append(len(on.logout(name).events))  # noqa: PERF401 - the answer is what is timed
        return time.perf_counter() - began

    log_outs()
    contenders = [Contender(OURS, log_outs, sizes.commands)]
    fact = history.facts[-1]
    payloads = [payload.encode(fact)] * events[0]

    def as_many(append: Callable[[Payloads], float]) -> Callable[[], float]:
        return lambda: sum(append(payloads) for _ in range(sizes.commands))

    def plain() -> Contender:
        recorder = _recorder(bench)
        return Contender(library.NAME, as_many(library.Appender(recorder).append), sizes.commands)

    def least() -> Contender:
        if bench.kind == "sqlite":
            table = bare.BareSqlite(bench.file("bare.db"))
            bench.remove_later(table.close)
            return Contender(bare.EXECUTEMANY, as_many(table.append), sizes.commands)
        database = bare.BarePostgres(bench.database())
        bench.remove_later(database.close)
        return Contender(bare.INSERT, as_many(database.insert), sizes.commands)

    figures = bench.turns("one command a transaction", [*contenders, *bench.peers(plain, least)])
    bench.agree("every log-out had the same consequences", set(events), {events[0]})
    bench.note(f"each command left {events[0]} events; the system has {len(history.system.extensions)} extensions")
    _goals(bench, figures, "one log-out a transaction with its consequences, against", {library.NAME: 0.8})


# --- peers -------------------------------------------------------------------------------------------------


def _recorder(bench: Bench) -> ApplicationRecorder:
    if bench.kind == "sqlite":
        recorder: ApplicationRecorder = library.sqlite_recorder(bench.file("library.db"))
    else:
        recorder = library.postgres_recorder(bench.database())
    bench.remove_later(lambda: library.close(recorder))
    return recorder


def _library(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = library.Appender(_recorder(bench))
    counts.append((library.NAME, lambda: peer.count))
    return Contender(library.NAME, lambda: peer.append(payloads), len(payloads))


def _executemany(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = bare.BareSqlite(bench.file("bare.db"))
    bench.remove_later(peer.close)
    counts.append((bare.EXECUTEMANY, lambda: peer.count))
    return Contender(bare.EXECUTEMANY, lambda: peer.append(payloads), len(payloads))


def _copy(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = bare.BarePostgres(bench.database())
    bench.remove_later(peer.close)
    counts.append((bare.COPY, lambda: peer.count))
    return Contender(bare.COPY, lambda: peer.copy(payloads), len(payloads))


def _insert(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = bare.BarePostgres(bench.database())
    bench.remove_later(peer.close)
    counts.append((bare.INSERT, lambda: peer.count))
    return Contender(bare.INSERT, lambda: peer.insert(payloads), len(payloads))


def _message_db(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = message_db.MessageDb(bench.database(), bench.message_db)
    bench.remove_later(peer.close)
    counts.append((message_db.NAME, lambda: peer.count))
    bench.note(f"message-db {peer.version}, written to by one statement for the whole batch")
    return Contender(message_db.NAME, lambda: peer.append(payloads), len(payloads))


def _triggers(bench: Bench, payloads: Payloads, counts: list[tuple[str, Callable[[], int]]]) -> Contender:
    peer = trigger_audit.TriggerAudit(bench.database(), len(payloads))
    bench.remove_later(peer.close)
    counts.append((trigger_audit.NAME, lambda: peer.count))
    return Contender(trigger_audit.NAME, lambda: peer.change(len(payloads)), len(payloads))
