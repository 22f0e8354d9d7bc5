"""Keeping: rebuilding the read model, verifying everything, bytes on disk."""

# ruff: noqa: S608 - names of tables are the program's own

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

import psycopg

from benchmarks.bench import Bench
from benchmarks.goals import at_least, at_most
from benchmarks.measuring import OURS, Contender, Spread, timed
from benchmarks.peers import library
from benchmarks.places import Place, SqlitePlace
from ipo_ledger.adapters.store import tables
from ipo_ledger.application import answers as a

SET_BASED = "set-based SQL"
PROJECTED = "eventsourcing's projection"
_PROJECTED = 3000
"""Events that the library projects one by one: enough to know its rate."""

_COLUMNS = "system_id, extension_id, recorded_from, valid_from, user_name, number, cause, batch"
# What seats are made of: who came and who went, straight from the events. No ends, no pile, no state in force.
_SQLITE_SEATS = """
INSERT INTO seats
SELECT s.system_id, json_extract(e.state, '$.data.extension_id'), e.rowid,
  CAST(strftime('%s', json_extract(e.state, '$.occurred_at')) AS INTEGER) * 1000000,
  CASE e.topic WHEN 'UserLoggedIn' THEN json_extract(e.state, '$.data.user') END,
  CASE e.topic WHEN 'UserLoggedIn' THEN json_extract(e.state, '$.data.number') END,
  json_extract(e.state, '$.data.cause'), json_extract(e.state, '$.batch')
FROM ledger.stored_events e JOIN ledger.systems s ON s.name = e.originator_id
WHERE e.topic IN ('UserLoggedIn', 'UserLoggedOut') ORDER BY 1, 2, 3
"""
_POSTGRES_SEATS = """
INSERT INTO bench_seats
SELECT s.system_id, (j->'data'->>'extension_id')::bigint, position,
  (extract(epoch FROM (j->>'occurred_at')::timestamptz) * 1000000)::bigint,
  CASE topic WHEN 'UserLoggedIn' THEN j->'data'->>'user' END,
  CASE topic WHEN 'UserLoggedIn' THEN j->'data'->>'number' END,
  j->'data'->>'cause', (j->>'batch')::bigint
FROM (SELECT position, originator_id, topic, convert_from(state, 'UTF8')::jsonb AS j
  FROM ipo_ledger.stored_events WHERE topic IN ('UserLoggedIn', 'UserLoggedOut')) e
JOIN ipo_ledger.systems s ON s.name = e.originator_id
"""
_TABLE = (
    "(system_id bigint, extension_id bigint, recorded_from bigint, valid_from bigint, user_name text, number text, "
    "cause text, batch bigint, PRIMARY KEY (system_id, extension_id, recorded_from))"
)


def rebuild(bench: Bench) -> None:
    """Make the read model anew, beside one table of it made by SQL alone, and the library's way to project."""
    place = bench.walked()
    ledger = place.ledger()
    ((events,),) = place.ask(f"SELECT position FROM {place.schema}head")
    seats = f"SELECT {_COLUMNS} FROM {place.schema}seats WHERE cause NOT IN ('added', 'removed') ORDER BY 1, 2, 3"
    before = place.ask(seats)[:: max(1, events // 1000)]
    limit = _SetBased(bench, place)

    def from_nothing() -> float:
        _forget(place)
        return timed(ledger.rebuild)

    figures = bench.turns(
        f"read model of {events:,} events",
        [
            Contender(OURS, from_nothing, events),
            Contender(SET_BASED, limit.run, events),
            *bench.peers(lambda: _projected(bench, before)),
        ],
        rounds=min(3, bench.sizes.rounds),
        warm_up=0,
    )
    after = place.ask(seats)[:: max(1, events // 1000)]
    bench.agree("the read model is as it was", before, after)
    bench.agree("SQL makes the same seats", limit.sample(events), [_in_seconds(row) for row in after])
    whole = Contender(OURS, partial(timed, ledger.rebuild), events)
    bench.turns(f"the same where nothing is amiss, of {events:,} events", [whole], rounds=1, warm_up=0)
    bench.note(f"{SET_BASED} makes one of its tables, the seats, and nothing else")
    ours = figures[OURS]
    if SET_BASED in figures:
        ratio = ours.times_as_fast_as(figures[SET_BASED])
        bench.goal(at_least(0.5, "rebuild of the whole read model, against the set-based limit", ratio))
    if PROJECTED in figures:
        ratio = ours.times_as_fast_as(figures[PROJECTED])
        bench.goal(at_least(50, "rebuild, against the library's projection (one transaction an event)", ratio))


def _forget(place: Place) -> None:
    """Empty the read model behind the program's back."""
    for table in tables.READ_MODEL:
        delete = "DELETE FROM" if place.kind == "sqlite" else "TRUNCATE"
        place.ask(f"{delete} {place.schema}{table.name}")


def _in_seconds(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:3], row[3] // 1_000_000, *row[4:])


class _SetBased:
    """The limit: rows made from the events' JSON by one statement, into a table with a key."""

    def __init__(self, bench: Bench, place: Place) -> None:
        self._place = place
        self._file = bench.file("set.db") if isinstance(place, SqlitePlace) else None
        if self._file is None:
            bench.remove_later(lambda: place.ask("DROP TABLE IF EXISTS bench_seats"))

    def run(self) -> float:
        """Make the table anew; return the seconds."""
        if isinstance(self._place, SqlitePlace):
            assert self._file is not None
            self._file.unlink(missing_ok=True)
            with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("ATTACH ? AS ledger", [str(self._place.path)])
                connection.execute(f"CREATE TABLE seats {_TABLE} WITHOUT ROWID")
                return timed(lambda: connection.execute(_SQLITE_SEATS))
        with psycopg.connect(self._place.url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS bench_seats")
            connection.execute(f"CREATE TABLE bench_seats {_TABLE}".encode())
            return timed(lambda: connection.execute(_POSTGRES_SEATS))

    def sample(self, events: int) -> list[tuple[Any, ...]]:
        """Return some of the rows, times in seconds."""
        every = max(1, events // 1000)
        if self._file is None:
            rows = self._place.ask(f"SELECT {_COLUMNS} FROM bench_seats ORDER BY 1, 2, 3")
        else:
            with closing(sqlite3.connect(self._file)) as connection:
                rows = connection.execute(f"SELECT {_COLUMNS} FROM seats ORDER BY 1, 2, 3").fetchall()
        return [_in_seconds(row) for row in rows[::every]]


def _projected(bench: Bench, rows: Sequence[tuple[Any, ...]]) -> Contender:
    """Return the library, projecting some rows into one table, each in a transaction of its own."""
    count = min(_PROJECTED, 10 * bench.sizes.append)
    numbered = [(n, *rows[n % len(rows)][1:]) for n in range(1, count + 1)]
    mark = "?" if bench.kind == "sqlite" else "%s"
    insert = f"INSERT INTO seats VALUES ({', '.join([mark] * 8)})"
    library.needs_pool(bench.kind)

    def run() -> float:
        if bench.kind == "sqlite":
            path = bench.file("projected.db")
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"CREATE TABLE seats {_TABLE}")
            return library.project_sqlite(path, numbered, insert)
        url = bench.database()
        with psycopg.connect(url, autocommit=True) as postgres:
            postgres.execute(f"CREATE TABLE seats {_TABLE}".encode())
        return library.project_postgres(url, numbered, insert)

    return Contender(PROJECTED, run, count)


def verify(bench: Bench) -> None:
    """Verify the whole ledger: rows, tree, read model; with the rules of the telephone system, and without."""
    place = bench.walked()
    ledger = place.ledger()
    ((events,),) = place.ask(f"SELECT position FROM {place.schema}head")
    told: list[a.Verified] = []

    def run(*, rules: bool) -> float:
        began = time.perf_counter()
        told.append(ledger.verify(rules=rules))
        return time.perf_counter() - began

    figures = bench.turns(
        f"verify {events:,} events",
        [Contender(OURS, partial(run, rules=False), events)],
        rounds=min(3, bench.sizes.rounds),
        warm_up=0,
    )
    by_rules = Contender(OURS, partial(run, rules=True), events)
    bench.turns(f"the same with the rules, {events:,} events", [by_rules], rounds=1, warm_up=0)
    bench.agree("nothing is found", [f"{f.check} {f.position}: {f.message}" for v in told for f in v.findings], [])
    bench.agree("every event was looked at", {v.events for v in told}, {events})
    each = figures[OURS].each
    rate = Spread(1 / each.median, 1 / each.high, 1 / each.low)
    bench.goal(at_least(300_000, "verify with all its stages but the rules", rate, "events/s"))


def bytes_on_disk(bench: Bench) -> None:
    """Weigh what an event takes on disk, with its read model and its share of the tree."""
    place = bench.big()
    ((events, payload),) = place.ask(f"SELECT count(*), sum(length(state)) FROM {place.schema}stored_events")
    used = place.bytes_used()
    total = sum(used.values())
    mean = float(payload) / events
    for name, size in sorted(used.items(), key=lambda item: -item[1]):
        if size >= total / 100:
            bench.note(f"{name} with its indexes: {size / events:.0f} bytes an event")
    bench.note(f"an event's payload has {mean:.0f} bytes, it takes {total / events:.0f} on disk")
    each = Spread.of([total / events / mean])
    bench.goal(at_most(3, "bytes on disk for an event with its read model, against its payload", each))
