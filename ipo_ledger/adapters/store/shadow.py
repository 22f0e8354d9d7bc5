"""A read model made anew beside the ledger: what the ledger's own is held against, and mended from.

It is a private temporary SQLite database, whatever the store; facts go in through the same fold and rows as appends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from typing import Any, Literal, NoReturn, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from ipo_ledger.adapters.sqlite.checking import in_a_temporary_file
from ipo_ledger.adapters.sqlite.recorder import SqliteWriting
from ipo_ledger.adapters.store.faults import CannotFollow, StoreFailed
from ipo_ledger.adapters.store.rebuilding import Projection
from ipo_ledger.adapters.store.tables import READ_MODEL, Table
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import Head, LogFilter
from ipo_ledger.application.ports.shadow import RowDiffers, TableCompared
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.moments import EARLIEST
from ipo_ledger.domain.system import System

Row: TypeAlias = tuple[Any, ...]
Pages: TypeAlias = Iterator[list[Row]]
Differs: TypeAlias = tuple[Row, Row | None, Row | None]

_EXAMPLES = 12  # rows of a table that are named; the others are counted
_FEW = 100
_AT_ONCE = 2000  # rows mended in one go
_CACHE = 64 * 1024  # KiB of memory before the temporary file is used
_KEPT_INDEX = "log_entries_by_batch"  # a correction asks for the events of a batch
_POSITIONS = ("position", "recorded_from", "recorded_to", "last_position", "system_id")  # the first that a row has


class Shape(Struct, frozen=True):
    """A table with all its columns, those that only a correction sets included; as numbers where they are boolean."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def read(self) -> list[str]:
        """Return the columns as they are asked for, so that both stores answer alike."""
        pairs = zip(self.columns, self.kinds, strict=True)
        return [f"CAST({c} AS integer)" if kind == "boolean" else c for c, kind in pairs]

    def key_of(self, row: Row) -> Row:
        """Return the key of a row."""
        return tuple(row[self.columns.index(c)] for c in self.key)


class Mends(Protocol):
    """A transaction of the ledger that may write the read model."""

    def model_rows(self, table: str, columns: Sequence[str], key: Sequence[str]) -> Pages:
        """Return the rows of a table in order of their keys."""
        ...

    def model_rows_at(self, shape: Shape, keys: Sequence[Row]) -> list[Row]:
        """Return the rows that have these keys."""
        ...

    def replace_rows(self, shape: Shape, keys: Sequence[Row], rows: Sequence[Row]) -> None:
        """Delete the rows that have these keys, and insert others."""
        ...

    def fill(self, shape: Shape, pages: Pages) -> None:
        """Insert all rows of a table that has none; they come in order of their keys."""
        ...


@contextmanager
def opened(url: str) -> Iterator[Shadow]:
    """Make an empty read model; a full disk is said in the ledger's own words."""
    try:
        connection = in_a_temporary_file()
        try:
            yield Shadow(connection)
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise StoreFailed(url=url, why=f"its copy in a temporary file on this machine: {fault}") from fault


class Shadow(SqliteWriting):
    """The read model as the facts that were taken make it. What it says of events it asks the ledger."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Begin with nothing taken, in a database that nobody else uses."""
        super().__init__(connection, _no_clock)
        self._events: Reading = self
        self._projection = Projection(self)
        self._last_taken: Fact | None = None  # of those taken
        self._all_missing: set[str] = set()  # tables of which the ledger had no row when they were compared
        connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall():
            if name != _KEPT_INDEX:
                connection.execute(f"DROP INDEX {name}")
        self._shapes = [self._shape(table) for table in READ_MODEL]
        for shape in self._shapes:
            keys = ", ".join(shape.key)
            connection.execute(f"CREATE TABLE noted_{shape.name} ({keys}, PRIMARY KEY ({keys})) WITHOUT ROWID")
        connection.execute("BEGIN")

    def _shape(self, table: Table) -> Shape:
        found = self.connection.execute(f"SELECT name FROM pragma_table_info('{table.name}')")  # noqa: S608 - constants
        columns = tuple(name for (name,) in found)
        return Shape(table.name, table.key, columns, tuple(table.columns.get(c, "bigint") for c in columns))

    # --- taking facts ---------------------------------------------------------------------------------------

    def look_back(self, reading: Reading) -> None:
        """Ask this one for events, where what is asked is about them and not about the read model."""
        self._events = reading

    def take(self, facts: Iterable[Fact]) -> None:
        """Project facts. Raises `CannotFollow` for one that does not fit what was before it."""
        for fact in facts:
            try:
                self._projection.add(fact)
            except sqlite3.IntegrityError as fault:  # rows that nobody who keeps to the rules could have made
                raise CannotFollow(position=fact.position, type=fact.name, why=str(fault)) from fault
            self._last_taken = fact

    def before(self, name: str) -> System:
        """Return a system as the facts taken so far leave it."""
        return self._projection.system(name)

    def flush(self) -> None:
        """Write what was taken."""
        try:
            self._projection.write()
        except sqlite3.IntegrityError as fault:  # as above
            raise CannotFollow(position=self.head().position, type="or one before it", why=str(fault)) from fault

    # --- looking: its own read model, the ledger's events -----------------------------------------------------

    def head(self) -> Head:
        """Return the end of what was taken."""
        if self._last_taken is None or self._last_taken.recorded_at is None:
            return Head(0, EARLIEST)
        return Head(self._last_taken.position, self._last_taken.recorded_at)

    def facts_at(self, positions: Iterable[int]) -> dict[int, Fact]:
        """Return the events at these positions."""
        return self._events.facts_at(positions)

    def facts_before(self, position: int) -> Iterator[Fact]:
        """Return every recorded event before a position, newest first."""
        return self._events.facts_before(position)

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return the events of the ledger after a position, oldest first."""
        return self._events.facts(after=after)

    def log(self, wanted: LogFilter) -> list[Fact]:
        """Return the events of a batch, newest first, at most `limit`."""
        found = self.connection.execute(
            "SELECT position FROM log_entries WHERE system_id = ? AND batch = ? AND position < ? "
            "ORDER BY position DESC LIMIT ?",
            (wanted.system, wanted.batch, wanted.before, wanted.limit),
        )
        positions = [position for (position,) in found]
        facts = self._events.facts_at(positions)
        return [facts[position] for position in positions]

    # --- what is right already ---------------------------------------------------------------------------------

    def as_it_is(self, reading: Any) -> Iterator[TableCompared]:
        """Count the rows of a read model that is known to be right, and say their digests."""
        for shape in self._shapes:
            pages, digest = _counted(reading.model_rows(shape.name, shape.read, shape.key))
            for _ in pages:
                pass
            yield _Counts(shape).told(*digest())

    # --- comparing and mending --------------------------------------------------------------------------------

    def compare(self, reading: Reading) -> Iterator[TableCompared]:
        """Compare each table with the ledger's, and note which rows differ."""
        self.flush()
        for shape in self._shapes:
            yield self._compared(shape, reading)

    def _compared(self, shape: Shape, reading: Any) -> TableCompared:
        made, digest = _counted(self.model_rows(shape.name, shape.read, shape.key))
        found = reading.model_rows(shape.name, shape.read, shape.key)
        counts = _Counts(shape)
        first = next(found, None)
        if first is None:  # as in a read model that is gone: there is nothing to compare with, and all to be written
            self._all_missing.add(shape.name)
            for page in made:
                counts.add_missing(page)
            return counts.told(*digest())
        noted: list[Row] = []
        for key, ours, theirs in _differing(shape, made, chain([first], found)):
            counts.add(key, ours, theirs)
            noted.append(key)
            if len(noted) >= _AT_ONCE:
                self._note(shape, noted)
        self._note(shape, noted)
        return counts.told(*digest())

    def _note(self, shape: Shape, keys: list[Row]) -> None:
        places = ", ".join("?" * len(shape.key))
        self.connection.executemany(f"INSERT OR IGNORE INTO noted_{shape.name} VALUES ({places})", keys)  # noqa: S608 - constants
        keys.clear()

    def watch(self) -> None:
        """Note from now on also the rows that are written here."""
        self.flush()
        for shape in self._shapes:
            if shape.name in self._all_missing:
                continue
            values = ", ".join(f"NEW.{c}" for c in shape.key)
            there = " AND ".join(f"{c} = NEW.{c}" for c in shape.key)
            for what in ("INSERT", "UPDATE"):  # what is written OR IGNORE in a trigger is not always ignored
                self.connection.execute(
                    f"CREATE TRIGGER noting_{shape.name}_{what} AFTER {what} ON {shape.name} "  # noqa: S608 - constants
                    f"BEGIN INSERT INTO noted_{shape.name} SELECT {values} "
                    f"WHERE NOT EXISTS (SELECT 1 FROM noted_{shape.name} WHERE {there}); END"
                )

    def mend(self, writing: Any) -> Iterator[TableCompared]:
        """Make the noted rows of the ledger's read model what they are here; yield what was done, table by table."""
        self.flush()
        for shape in self._shapes:
            yield self._filled(shape, writing) if shape.name in self._all_missing else self._mended(shape, writing)

    def _filled(self, shape: Shape, writing: Mends) -> TableCompared:
        """Write all rows of a table of which the ledger has none, in the order of their keys."""
        if next(writing.model_rows(shape.name, shape.read, shape.key), None) is not None:  # somebody was here meanwhile
            keys = ", ".join(shape.key)
            self.connection.execute(f"INSERT INTO noted_{shape.name} SELECT {keys} FROM {shape.name}")  # noqa: S608 - constants
            return self._mended(shape, writing)
        counts = _Counts(shape)

        def rows() -> Pages:
            for page in self.model_rows(shape.name, shape.read, shape.key):
                counts.add_missing(page)
                yield page

        writing.fill(shape, rows())
        return counts.told(0, "")

    def _mended(self, shape: Shape, writing: Mends) -> TableCompared:
        counts = _Counts(shape)
        cursor = self.connection.execute(f"SELECT * FROM noted_{shape.name}")  # noqa: S608 - constants
        while keys := cursor.fetchmany(_AT_ONCE):
            ours = {shape.key_of(row): row for row in self.model_rows_at(shape, keys)}
            theirs = {shape.key_of(row): row for row in writing.model_rows_at(shape, keys)}
            differ = [key for key in keys if ours.get(key) != theirs.get(key)]
            for key in differ:
                counts.add(key, ours.get(key), theirs.get(key))
            if differ:
                gone = [key for key in differ if key in theirs]
                writing.replace_rows(shape, gone, [ours[key] for key in differ if key in ours])
        return counts.told(0, "")


class _Counts:
    """How the rows of one table differ."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.missing = self.extra = self.different = 0
        self.examples: list[RowDiffers] = []

    def add(self, key: Row, ours: Row | None, theirs: Row | None) -> None:
        """Count a row: as it was made anew, and as it is."""
        columns: tuple[str, ...] = ()
        if theirs is None:
            self.missing += 1
        elif ours is None:
            self.extra += 1
        else:
            self.different += 1
            pairs = zip(self.shape.columns, ours, theirs, strict=True)
            columns = tuple(column for column, one, other in pairs if one != other)
        if len(self.examples) >= _EXAMPLES:
            return
        row = dict(zip(self.shape.columns, ours or theirs or (), strict=True))
        how: Literal["missing", "extra", "different"] = (
            "missing" if theirs is None else "extra" if ours is None else "different"
        )
        self.examples.append(
            RowDiffers(
                table=self.shape.name,
                key=dict(zip(self.shape.key, key, strict=True)),
                how=how,
                columns=columns,
                position=next((row[c] for c in _POSITIONS if c in row), None),
            )
        )

    def add_missing(self, rows: Sequence[Row]) -> None:
        """Count rows that the ledger does not have."""
        named = rows[: max(0, _EXAMPLES - len(self.examples))]
        for row in named:
            self.add(self.shape.key_of(row), row, None)
        self.missing += len(rows) - len(named)

    def told(self, rows: int, digest: str) -> TableCompared:
        """Return the counts."""
        return TableCompared(
            table=self.shape.name,
            rows=rows,
            digest=digest,
            missing=self.missing,
            extra=self.extra,
            different=self.different,
            examples=tuple(self.examples),
        )


def _counted(pages: Pages) -> tuple[Pages, Callable[[], tuple[int, str]]]:
    """Return the same pages, and what tells their number of rows and digest once they are read."""
    hashed, encoder, rows = sha256(), msgspec.json.Encoder(), 0

    def counting() -> Pages:
        nonlocal rows
        for page in pages:
            hashed.update(encoder.encode_lines(page))
            rows += len(page)
            yield page

    return counting(), lambda: (rows, hashed.hexdigest())


def _differing(shape: Shape, made: Pages, found: Pages) -> Iterator[Differs]:
    """Yield each row that differs: its key, as it was made, and as it was found. Both come sorted by key."""
    while True:
        ours, theirs = next(made, []), next(found, [])
        if ours != theirs:
            yield from _merged(shape, _rows(ours, made), _rows(theirs, found))
            return
        if not ours:
            return


def _merged(shape: Shape, made: Iterator[Row], found: Iterator[Row]) -> Iterator[Differs]:
    ours, theirs = next(made, None), next(found, None)
    while ours is not None or theirs is not None:
        one = shape.key_of(ours) if ours is not None else None
        other = shape.key_of(theirs) if theirs is not None else None
        first = min(key for key in (one, other) if key is not None)
        if ours != theirs:
            yield first, ours if one == first else None, theirs if other == first else None
        ours, theirs = next(made, None) if one == first else ours, next(found, None) if other == first else theirs


def _rows(page: list[Row], pages: Pages) -> Iterator[Row]:
    yield from page
    for other in pages:
        yield from other


def _no_clock() -> NoReturn:
    msg = "nothing is recorded in a shadow"
    raise AssertionError(msg)
