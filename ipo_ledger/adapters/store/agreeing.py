"""Whether the read model is what the events make of it, told without writing any of it down.

The events are folded anew, one system after the other. The rows they leave are held against the ledger's own as they
come: both are in the order in which they were recorded, so that a comparison of two lists says whether they are the
same. What a correction closes is compared in the order of closing. Nothing is said about rows that differ: for that the
read model is made anew beside the ledger (shadow.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec

from ipo_ledger.adapters.store import tables as t
from ipo_ledger.adapters.store.asking import FOREVER
from ipo_ledger.adapters.store.payload import decode
from ipo_ledger.adapters.store.projection import added_rows, batch_row, closings, extension_row, system_row, user_row
from ipo_ledger.domain import events as e
from ipo_ledger.domain import fold
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import Trail
from ipo_ledger.errors import StoreDamaged

Row: TypeAlias = tuple[Any, ...]
Pages: TypeAlias = Callable[[str], Iterator[list[Row]]]
Rows: TypeAlias = Callable[[str, Mapping[str, Any]], list[Row]]

_AT_ONCE = 2000  # events of a system between two comparisons
_OPEN = frozenset({"draft", "sent"})

ADDED = (t.CHANGES, t.REVERSALS, *t.POINTS, t.RESTARTS, *t.FORMER, t.LOG_ENTRIES)
"""The tables to which facts only add rows, each with the position of its fact."""
CLOSED = (t.CHANGES, *t.POINTS, t.RESTARTS)
"""Those whose rows a later fact closes: it sets their `recorded_to`."""
MARKED = (t.EXTENSIONS, t.USERS)
"""Those whose rows say which correction was the last one to close something of them, as `corrected`."""


def agreed(pages: Pages, rows: Rows, told: Callable[[int], None]) -> dict[str, int] | None:
    """Return how many rows the events make by table, or None where they are not those of the ledger.

    None, too, where an event cannot be read or cannot follow. `told` is given how many events were folded so far.
    """
    with ExitStack() as stack:
        try:
            making = _Making(pages, rows, stack)
            for stream, key, count in rows("streams", {}):
                making.system(stream, key, count, told)
            return making.end()
        except (_Differs, StoreDamaged, LookupError, AssertionError, TypeError, ValueError, AttributeError):
            return None


class _Differs(Exception):
    """Something is not what the events say."""


class _Theirs:
    """The ledger's rows of one query, taken in their order."""

    def __init__(self, pages: Iterator[list[Row]]) -> None:
        self._pages = pages
        self._waiting: list[Row] = []
        self.count = 0

    def hold(self, made: list[Row]) -> None:
        """Hold rows against the next of the ledger's. Raises `_Differs`."""
        while len(self._waiting) < len(made):
            page = next(self._pages, None)
            if page is None:
                raise _Differs
            self._waiting += page
        if self._waiting[: len(made)] != made:
            raise _Differs
        del self._waiting[: len(made)]
        self.count += len(made)

    def end(self) -> None:
        """See that there are no more rows. Raises `_Differs`."""
        if self._waiting or next(self._pages, None) is not None:
            raise _Differs


class _Making:
    """The systems, folded one after the other in the order of their keys."""

    def __init__(self, pages: Pages, rows: Rows, stack: ExitStack) -> None:
        self._rows = rows
        self._kept = _Kept(stack.enter_context(closing(sqlite3.connect("", isolation_level=None))))
        self.events = 0

        def theirs(text: str) -> _Theirs:
            asked = pages(text)
            stack.callback(getattr(asked, "close"))  # noqa: B009 - generators have it, iterators need not
            return _Theirs(asked)

        self._current = {table.name: theirs(current_text(table)) for table in t.CURRENT}
        self._added = {table.name: theirs(added_text(table)) for table in ADDED}
        self._closed = {table.name: theirs(closed_text(table)) for table in CLOSED}
        self._corrections = theirs(CORRECTIONS_TEXT)

    def system(self, stream: str, key: int, count: int, told: Callable[[int], None]) -> None:
        """Fold all events of a system, and compare."""
        system = System(stream)
        marked: dict[int | str, int] = {}
        position = key - 1
        while system.version < count:
            page = self._rows("stream", {"stream": stream, "after": system.version, "limit": _AT_ONCE})
            facts = []
            for row in page:
                fact = decode(*row)
                if (
                    fact.version != system.version + 1
                    or fact.position <= position
                    or (fact.version == 1) != (type(fact.event) is e.SystemAdded)
                ):
                    raise _Differs
                position = fact.position
                if type(fact.event) is e.Corrected:
                    self._open_again(system, fact.event)
                fold.apply(system, fact)
                facts.append(fact)
            if not facts:
                raise _Differs
            self._compare(system, facts, marked)
            self.events += len(facts)
            told(self.events)
        self._compare_current(system, marked)

    def _open_again(self, system: System, event: e.Corrected) -> None:
        for stands in event.batches:
            if stands.batch not in system.open:
                system.open[stands.batch] = self._kept.batch(stands.batch)

    def _compare(self, system: System, facts: Sequence[e.Fact], marked: dict[int | str, int]) -> None:
        """Compare what facts added and closed, and forget it."""
        added = added_rows(system, facts)
        corrections = [(system.key, by, position) for position, by in added.pop(t.CORRECTIONS.name)]
        for name, made in added.items():
            if made:
                made.sort(key=_ORDER[name])
                self._added[name].hold(made)
        if corrections:
            corrections.sort()
            self._corrections.hold(corrections)
        self._compare_closed(system, {p: by for _, by, p in corrections}, marked)
        self._kept.keep(batch for batch in system.open.values() if batch.status not in _OPEN)
        system.trail = Trail()
        system.open = {n: b for n, b in system.open.items() if b.status in _OPEN}
        system.owned = set()

    def _compare_closed(self, system: System, taken: Mapping[int, int], marked: dict[int | str, int]) -> None:
        """Compare the rows that were closed, each with the position by which it was.

        Which rows stood until then the ledger is asked: those that it says were closed earlier were compared before.
        """
        closed: dict[str, set[Row]] = {}
        for question, about in closings(system.key, system):
            if question.startswith("mark_"):
                marked[about["of"]] = about["by"]
                continue
            name = question.removeprefix("close_")
            found = closed.setdefault(name, set())
            if question == "close_restarts":
                there = self._rows("restarts_between", about)
                found.update((*row, taken[row[-1]]) for row in there if row[-1] in taken)
            else:
                found.update((*row, about["by"]) for row in self._rows(f"standing_{name}", about))
        for name, rows in closed.items():
            self._closed[name].hold(sorted(rows, key=_CLOSING_ORDER[name]))

    def _compare_current(self, system: System, marked: Mapping[int | str, int]) -> None:
        """Compare what is true after the last event of a system."""
        key = system.key
        extensions = {i: extension_row(key, x, removed=False) for i, x in system.extensions.items()}
        extensions |= {i: extension_row(key, x, removed=True) for i, x in system.gone_extensions.items()}
        users = {name: user_row(key, u, removed=False) for name, u in system.users.items()}
        users |= {name: user_row(key, u, removed=True) for name, u in system.gone_users.items()}
        self._current[t.SYSTEMS.name].hold([system_row(system)])
        self._current[t.EXTENSIONS.name].hold([(*extensions[i], marked.get(i, 0)) for i in sorted(extensions)])
        self._current[t.USERS.name].hold([(*users[name], marked.get(name, 0)) for name in sorted(users)])
        self._kept.keep(system.open.values())
        for batches in self._kept.pages():
            self._current[t.BATCHES.name].hold([batch_row(key, batch) for batch in batches])
        self._kept.forget()

    def end(self) -> dict[str, int]:
        """See that the ledger has no row more; return how many there are by table. Raises `_Differs`."""
        for theirs in (*self._current.values(), *self._added.values(), *self._closed.values(), self._corrections):
            theirs.end()
        counted = {name: theirs.count for name, theirs in (self._current | self._added).items()}
        return counted | {t.CORRECTIONS.name: self._corrections.count}


class _Kept:
    """The batches of a system that wait for nothing any more: a correction may open one again.

    In a temporary file, since a system may have any number of them. Where it fails, as on a full disk, nothing is known
    of the read model: whoever makes it anew meets the same, and says so.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        with _failing():
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("BEGIN")  # which never ends: it is gone with the connection
            connection.execute("CREATE TABLE kept (batch INTEGER PRIMARY KEY, says BLOB NOT NULL)")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Batch).decode

    def keep(self, batches: Iterable[Batch]) -> None:
        """Keep batches as they are now."""
        rows = [(batch.number, self._encode(batch)) for batch in batches]
        with _failing():
            self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)

    def batch(self, number: int) -> Batch:
        """Return a batch that was kept. Raises `LookupError`."""
        with _failing():
            found = self._connection.execute("SELECT says FROM kept WHERE batch = ?", (number,)).fetchone()
        if found is None:
            raise LookupError(number)
        return self._decode(found[0])

    def pages(self) -> Iterator[list[Batch]]:
        """Yield all batches in the order of their numbers."""
        with _failing():
            cursor = self._connection.execute("SELECT says FROM kept ORDER BY batch")
            while page := cursor.fetchmany(_AT_ONCE):
                yield [self._decode(says) for (says,) in page]

    def forget(self) -> None:
        """Forget them."""
        with _failing():
            self._connection.execute("DELETE FROM kept")


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        raise _Differs from fault


# --- the ledger's rows, in the order in which the events make them ---------------------------------------------


def _since(table: t.Table) -> str:
    """Return the column that says by which fact a row was added."""
    return next(c for c in ("recorded_from", "recorded_to", "position") if c in table.columns)


def _rest_of_key(table: t.Table) -> list[str]:
    return [c for c in table.key if c not in {"system_id", _since(table)}]


def _order(table: t.Table) -> Callable[[Row], Any]:
    columns = list(table.columns)
    return itemgetter(*(columns.index(c) for c in (_since(table), *_rest_of_key(table))))


def current_text(table: t.Table) -> str:
    """Return how the rows of a table are asked for that say what is true now."""
    columns = (*table.columns, "corrected") if table in MARKED else table.columns
    return f"SELECT {', '.join(columns)} FROM {{schema}}{table.name} ORDER BY {', '.join(table.key)}"  # noqa: S608 - constants


def added_text(table: t.Table) -> str:
    """Return how the rows of a table are asked for that facts only add to."""
    order = ", ".join(("system_id", _since(table), *_rest_of_key(table)))
    return f"SELECT {', '.join(table.columns)} FROM {{schema}}{table.name} ORDER BY {order}"  # noqa: S608 - constants


def closed_text(table: t.Table) -> str:
    """Return how the keys of those rows of a table are asked for that were closed, and by which fact."""
    order = ", ".join(("system_id", "recorded_to", *table.key[1:]))
    return (
        f"SELECT {', '.join(table.key)}, recorded_to FROM {{schema}}{table.name} "  # noqa: S608 - constants
        f"WHERE recorded_to <> {FOREVER} ORDER BY {order}"
    )


# A correction says no system: its log entry does, which is compared by itself. Without one it comes before all others.
CORRECTIONS_TEXT = (
    "SELECT coalesce(l.system_id, 0) AS system_id, c.corrected_by, c.position FROM {schema}corrections c "
    "LEFT JOIN {schema}log_entries l ON l.position = c.corrected_by ORDER BY 1, 2, 3"
)
_ORDER = {table.name: _order(table) for table in ADDED}
_CLOSING_ORDER = {table.name: itemgetter(len(table.key), *range(1, len(table.key))) for table in CLOSED}
