"""Big ledgers, fast: a made-up history is copied as many systems, each event and row with positions of its own.

The systems of one part take turns in the ledger, append by append, as they would in a real one. Events are written
one by one with their true leaf hashes; rows of the read model are multiplied by the database itself, since all that
differs from copy to copy is positions. `check` holds a copy against what the program's own projection makes of its
events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.history import History
from ipo_ledger.adapters.store import payload, tables
from ipo_ledger.adapters.store.projection import Rows
from ipo_ledger.adapters.store.rebuilding import Projection
from ipo_ledger.adapters.store.tables import KEPT_FROM, Table
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.moments import to_micros
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System
from ipo_ledger.evidence.tree import Frontier, Node, Row, leaf_hashes

AT_ONCE = 20_000
_POSITIONS = {"system_id", "position", "below", "recorded_from", "recorded_to", "corrected_by"}


class Part(Struct, frozen=True):
    """A history, and the names of the systems that it is copied as."""

    history: History
    names: Sequence[str]

    @property
    def events(self) -> int:
        """Return how many events the part has."""
        return len(self.history.facts) * len(self.names)

    def place(self, own: int) -> tuple[int, int]:
        """Return where the event at position `own` of the history lies: in the first copy, and how far on in each next.

        The same append of every copy comes before the next append of any; the events of one append stay together.
        """
        first, count = self.history.appends[own - 1]
        return (first - 1) * len(self.names) + own - first + 1, count

    def rows(self, table: Table) -> list[list[Any]]:
        """Return the rows of a table in the first copy; beside each position, how far it is on in each next."""
        placed = [is_position(column) for column in table.columns]
        return [
            [
                v
                for value, position in zip(row, placed, strict=True)
                for v in (self._both(value) if position else (value,))
            ]
            for row in self.history.rows[table.name]
        ]

    def _both(self, own: int | None) -> tuple[int | None, int | None]:
        return self.place(own) if own is not None else (None, None)


class Growing:
    """The tree of a ledger that is being made: what to go on from, and the nodes not yet written."""

    def __init__(self) -> None:
        """Begin with no leaves."""
        self.frontier = Frontier()
        self.nodes: list[Node] = []

    def take(self, rows: Sequence[Row]) -> None:
        """Take in events as they will lie there."""
        self.frontier, nodes = self.frontier.grown(leaf_hashes(rows))
        self.nodes += [node for node in nodes if node[0] >= KEPT_FROM]


def pages(part: Part, after: int, db_role: str) -> Iterator[list[Row]]:
    """Yield the events of a part as they will lie in the ledger, in order, a page at a time."""
    page: list[Row] = []
    done = 0
    while done < len(part.history.facts):
        _, count = part.history.appends[done]
        told = [_Told(part, fact) for fact in part.history.facts[done : done + count]]
        done += count
        for copy, name in enumerate(part.names):
            page += [one.row(name, copy, after, db_role) for one in told]
        if len(page) >= AT_ONCE:
            yield page
            page = []
    if page:
        yield page


class _Told:
    """A fact as it is told in every copy, but for positions."""

    def __init__(self, part: Part, fact: Fact) -> None:
        self.topic, self.state = payload.encode(replace(fact, caused_by=None))
        self.version, self.known = fact.version, to_micros(fact.occurred_at) + 1_000_000
        self.place, self.on = part.place(fact.position)
        self.cause = part.place(fact.caused_by) if fact.caused_by is not None else None

    def row(self, name: str, copy: int, after: int, db_role: str) -> Row:
        """Return the row of one copy."""
        state = self.state
        if self.cause is not None:  # the last field of a payload: verifying would see it otherwise
            state = b'%b,"caused_by":%d}' % (state[:-1], after + self.cause[0] + copy * self.cause[1])
        return (after + self.place + copy * self.on, name, self.version, self.topic, self.known, db_role, state)


def is_position(column: str) -> bool:
    """Tell whether a column of the read model holds positions, as systems' keys are."""
    return column in _POSITIONS or column.endswith("_position")


def own_columns(table: Table) -> dict[str, str]:
    """Return the columns, with their types, of a table that holds the rows to be copied."""
    found = {}
    for column, kind in table.columns.items():
        found[column] = kind
        if is_position(column):
            found[f"{column}_on"] = "bigint"
    return found


def copied(table: Table, after: int) -> str:
    """Return the columns of a table's rows in a copy, from `t` (the rows to be copied) and `n` (the copy)."""
    return ", ".join(_column(column, table, after) for column in table.columns)


def _column(column: str, table: Table, after: int) -> str:
    if table is tables.SYSTEMS and column == "name":
        return "n.name"
    return f"{after} + t.{column} + n.copy * t.{column}_on" if is_position(column) else f"t.{column}"


class WrongCopy(Exception):
    """A copied system is not what its events make of it."""


class _Collected:
    """Where a projection writes to when its rows are only to be compared."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {t.name: {} for t in tables.READ_MODEL}

    def system(self, name: str, known: int | None = None) -> System | None:
        """Return nothing: every system is new here."""

    def batch(self, key: int, number: int, known: int | None = None) -> Batch | None:
        """Return nothing: copied histories have no corrections."""

    def project(self, key: int, rows: Rows) -> None:  # noqa: ARG002 - every row says it
        """Keep the rows, the later ones over the earlier."""
        for table in tables.READ_MODEL:
            for row in (*rows.put.get(table.name, ()), *rows.add.get(table.name, ())):
                self.rows[table.name][row[: len(table.key)]] = row


def check(facts: Sequence[Fact], there: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """Hold the rows of one system against what the projection makes of its facts. Raises `WrongCopy`."""
    collected = _Collected()
    Projection(collected).take(facts)
    for name, found in collected.rows.items():
        made, copies = sorted(map(_alike, found.values())), sorted(map(_alike, there[name]))
        if made != copies:
            odd = [pair for pair in zip(made, copies, strict=False) if pair[0] != pair[1]]
            raise WrongCopy(f"{name}: {len(made)} rows made, {len(copies)} copied, first difference {odd[:1]}")


def _alike(row: tuple[Any, ...]) -> str:
    return repr(tuple(int(value) if isinstance(value, bool) else value for value in row))
