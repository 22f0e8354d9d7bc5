r"""Carrying a whole ledger elsewhere: written as JSON lines, and loaded into an empty store of either kind.

What is written, one JSON object a line, nothing escaped that need not be, in UTF-8:

- the header: format, how many events, answers and checkpoints, and the root of the tree;
- each event as it is stored, and the hash of its leaf; after every 256 the root of the tree so far;
- each answer that is kept for a command id, and its hash; each checkpoint as it was signed;
- the end: the root again, how many lines came before it, and SHA-256 over all of them.

A changed line is found by its own hash, a wrong hash by the next root, a missing line by its neighbours.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from hashlib import sha256
from typing import Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.application import answers as a
from ipo_ledger.application.event_checks import UNREADABLE
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.store import Progress, Store
from ipo_ledger.application.ports.writing import Loading
from ipo_ledger.application.refusals import BadExport, Damaged, NotEmpty
from ipo_ledger.domain.events import Fact, SystemAdded
from ipo_ledger.errors import LedgerError, StoreUnusable
from ipo_ledger.evidence.notes import Checkpoint, Note
from ipo_ledger.evidence.tree import Frontier, Row, leaf_bytes, leaf_hash

FORMAT: Literal["ipo-ledger-export/1"] = "ipo-ledger-export/1"
_TILE = 256  # events between two roots
_AT_ONCE = 1000  # answers


class Line(Struct, frozen=True, forbid_unknown_fields=True, tag_field="line", kw_only=True):
    """What every line is: an object that says what it is of."""


class Header(Line, frozen=True, tag="header"):
    """What there is to come."""

    format: Literal["ipo-ledger-export/1"]
    events: int
    answers: int
    checkpoints: int
    root: str


class EventLine(Line, frozen=True, tag="event"):
    """A stored event. `recorded_at` in microseconds since 1970-01-01T00:00:00Z; `leaf`: RFC 6962, over all of it."""

    position: int
    stream: str
    version: int
    type: str
    recorded_at: int
    db_role: str
    payload: str
    leaf: str

    @property
    def row(self) -> Row:
        """Return the event as it lies in a table."""
        state = self.payload.encode()
        return (self.position, self.stream, self.version, self.type, self.recorded_at, self.db_role, state)


class RootLine(Line, frozen=True, tag="root"):
    """The root of the tree over the first `size` events."""

    size: int
    root: str


class AnswerLine(Line, frozen=True, tag="answer"):
    """The first answer to a command id; `hash` is SHA-256 over id, fingerprint and answer, a line feed after each."""

    command_id: str
    fingerprint: str
    answer: str
    hash: str


class CheckpointLine(Line, frozen=True, tag="checkpoint"):
    """A checkpoint that was given out; `made_at` in microseconds."""

    size: int
    made_at: int
    note: str


class End(Line, frozen=True, tag="end"):
    """What must have come; `sha256` is over the bytes of all lines before this one."""

    lines: int
    events: int
    root: str
    sha256: str


AnyLine: TypeAlias = Header | EventLine | RootLine | AnswerLine | CheckpointLine | End

_L = TypeVar("_L", bound=Line)

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(AnyLine)


# --- writing ------------------------------------------------------------------------------------------------


def export(store: Store) -> Generator[bytes, None, None]:
    """Yield the lines of the whole ledger as it is at one moment. Raises `Damaged` where its tree says otherwise."""
    with store.examining() as reading:  # of a damaged ledger it writes what can be read, up to the damage
        hashed = sha256()
        for lines, line in enumerate(_lines(reading)):
            if isinstance(line, End):
                line = replace(line, lines=lines, sha256=hashed.hexdigest())  # noqa: PLW2901 - known only now
            written = _encode(line) + b"\n"
            hashed.update(written)
            yield written


def _lines(reading: Reading) -> Iterator[AnyLine]:
    size, root = reading.head().position, _root(reading)
    checkpoints = reading.kept_checkpoints()
    count = sum(len(page) for page in reading.answers())
    yield Header(format=FORMAT, events=size, answers=count, checkpoints=len(checkpoints), root=root.hex())
    frontier = Frontier()
    for page in reading.rows():
        leaves = []
        for row in page:
            line = _event_line(row)
            yield line
            leaves.append(bytes.fromhex(line.leaf))
            if row[0] % _TILE == 0:
                frontier, _ = frontier.grown(leaves)
                leaves.clear()
                yield RootLine(size=frontier.size, root=frontier.root().hex())
        frontier, _ = frontier.grown(leaves)
    if (frontier.size, frontier.root()) != (size, root):
        raise Damaged(why="its events are not those of its tree, and were not written to the end")
    for answers in reading.answers():
        for command_id, fingerprint, answer in answers:
            yield _answer_line(command_id, fingerprint, answer.decode())
    for at, note, made_at in checkpoints:
        yield CheckpointLine(size=at, made_at=made_at, note=note)
    yield End(lines=0, events=size, root=root.hex(), sha256="")


def _root(reading: Reading) -> bytes:
    try:
        return Frontier.from_bytes(reading.frontier()).root()
    except ValueError as fault:
        raise Damaged(why=str(fault)) from fault


def _event_line(row: Row) -> EventLine:
    position, stream, version, kind, recorded_at, db_role, state = row
    try:
        payload = state.decode()
        leaf = leaf_hash(leaf_bytes(*row)).hex()
    except UnicodeDecodeError as fault:
        raise Damaged(why=f"the payload of event {position} is not text") from fault
    except UNREADABLE as fault:
        raise Damaged(why=f"event {position} is not what any event is ({fault})") from fault
    return EventLine(
        position=position,
        stream=stream,
        version=version,
        type=kind,
        recorded_at=recorded_at,
        db_role=db_role,
        payload=payload,
        leaf=leaf,
    )


def _answer_line(command_id: str, fingerprint: str, answer: str) -> AnswerLine:
    hashed = sha256("".join(f"{text}\n" for text in (command_id, fingerprint, answer)).encode()).hexdigest()
    return AnswerLine(command_id=command_id, fingerprint=fingerprint, answer=answer, hash=hashed)


# --- reading ------------------------------------------------------------------------------------------------


def load(store: Store, lines: Iterable[bytes], progress: Progress | None) -> a.Loaded:
    """Fill an empty store with an export. Raises `BadExport` naming the line, `NotEmpty`; then nothing was loaded."""
    reader = _Reader(lines)
    header = reader.header()
    with store.loading() as loading:
        if not loading.empty():
            raise NotEmpty(url=store.url, events=loading.head().position)
        return _Loader(loading, reader, header, progress).load()


class _Reader:
    """The lines of an export, one by one, with their numbers; each is written as it would be written again."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._hashed = sha256()
        self.number = 0

    def header(self) -> Header:
        """Return the first line."""
        line = self.next()
        if not isinstance(line, Header):
            raise self.broken("it is not the beginning of an export")
        return line

    def next(self) -> AnyLine:
        """Return the next line. Raises `BadExport` where there is none, or it was changed."""
        self.number += 1
        written = next(self._lines, None)
        if written is None:
            raise self.broken("the export ends before it")
        try:
            line: AnyLine = _decoder.decode(written)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
            raise self.broken(f"{fault!s:.200}") from fault
        if _encode(line) + b"\n" != written:
            raise self.broken("spaces, escapes, the order of its fields or its end were changed")
        if isinstance(line, End) and (line.lines, line.sha256) != (self.number - 1, self._hashed.hexdigest()):
            raise self.broken("the lines before it are not those that were written")
        self._hashed.update(written)
        return line

    def end(self) -> None:
        """Refuse anything after the last line."""
        self.number += 1
        if next(self._lines, None) is not None:
            raise self.broken("it stands after the end")

    def broken(self, why: str) -> BadExport:
        """Return what refuses the line just read."""
        return BadExport(line=self.number, why=why)


class _Loader:
    """One export on its way into one store."""

    def __init__(self, loading: Loading, reader: _Reader, header: Header, progress: Progress | None) -> None:
        self.loading = loading
        self.reader = reader
        self.header = header
        self.progress = progress
        self.frontier = Frontier()
        self.versions: dict[str, int] = {}
        self.recorded_at = 0

    def load(self) -> a.Loaded:
        """Take every line."""
        for start in range(0, self.header.events, _TILE):
            self._tile(min(_TILE, self.header.events - start))
        self.loading.move_head(self.frontier.size, self.recorded_at, self.frontier.to_bytes())
        self._expect(self.frontier.root().hex() == self.header.root, "the events are not those of the root in line 1")
        self._answers()
        self._checkpoints()
        end = self._line(End)
        self._expect((end.events, end.root) == (self.header.events, self.header.root), "it is not the end of line 1")
        self.reader.end()
        return a.Loaded(
            events=self.header.events,
            root=self.header.root,
            systems=tuple(sorted(self.versions)),
            answers=self.header.answers,
            checkpoints=self.header.checkpoints,
        )

    def _tile(self, count: int) -> None:
        rows: list[Row] = []
        facts: list[Fact] = []
        leaves: list[bytes] = []
        for _ in range(count):
            line = self._line(EventLine)
            rows.append(line.row)
            facts.append(self._checked(line, rows[-1], self.frontier.size + len(rows)))
            leaves.append(bytes.fromhex(line.leaf))
        frontier, nodes = self.frontier.grown(leaves)
        if count == _TILE:
            said = self._line(RootLine)
            self._expect(
                (said.size, said.root) == (frontier.size, frontier.root().hex()),
                f"the root over events 1 to {frontier.size} is another: one of the {count} lines before it was changed "
                "together with its hash",
            )
        try:
            self.loading.take(rows, facts, nodes)
        except StoreUnusable as fault:
            if "position" in fault.details:
                raise self.reader.broken(fault.message) from fault
            raise
        self.frontier = frontier
        if self.progress is not None:
            self.progress("events", frontier.size, self.header.events)

    def _checked(self, line: EventLine, row: Row, position: int) -> Fact:
        expected = self.versions.get(line.stream, 0) + 1
        self._expect(line.position == position, f"it is event {line.position}, where event {position} follows")
        self._expect(leaf_hash(leaf_bytes(*row)).hex() == line.leaf, f"event {position} is not what its hash says")
        self._expect(
            line.version == expected, f"it is version {line.version} of {line.stream}, where {expected} follows"
        )
        self._expect(line.recorded_at >= self.recorded_at, "it is recorded before the event in front of it")
        try:
            fact = self.loading.fact(row)
        except StoreUnusable as fault:
            raise self.reader.broken(fault.message) from fault
        self._expect((expected == 1) == isinstance(fact.event, SystemAdded), f"{line.stream} does not begin so")
        self.versions[line.stream], self.recorded_at = line.version, line.recorded_at
        return fact

    def _answers(self) -> None:
        waiting: list[tuple[str, str, bytes]] = []
        before = ""
        for n in range(self.header.answers):
            line = self._line(AnswerLine)
            self._expect(line == _answer_line(line.command_id, line.fingerprint, line.answer), "its hash is another's")
            self._expect(not n or before < line.command_id, "it is not in order of the command ids")
            before = line.command_id
            waiting.append((line.command_id, line.fingerprint, line.answer.encode()))
            if len(waiting) >= _AT_ONCE:
                self.loading.keep_answers(waiting)
                waiting.clear()
        self.loading.keep_answers(waiting)

    def _checkpoints(self) -> None:
        for _ in range(self.header.checkpoints):
            line = self._line(CheckpointLine)
            try:
                size = Checkpoint.read(Note.read(line.note).text).size
            except LedgerError as unreadable:
                raise self.reader.broken(unreadable.message) from unreadable
            self._expect(size == line.size, f"it is the checkpoint of {size} events")
            self.loading.keep_checkpoints([(line.size, line.note, line.made_at)])

    def _line(self, kind: type[_L]) -> _L:
        line = self.reader.next()
        if not isinstance(line, kind):
            what = type(line).__struct_config__.tag
            raise self.reader.broken(f"it is of another kind ({what}) than the one that follows")
        return line

    def _expect(self, so: bool, why: str) -> None:
        if not so:
            raise self.reader.broken(why)
