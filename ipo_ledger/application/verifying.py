"""The verdict over a whole ledger: everything is checked that can be, in stages, and nothing stops at a first finding.

Events are read once, a page at a time: hashed, decoded, projected beside the ledger and followed by the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import rules
from ipo_ledger.application.checkpoint_check import CheckpointCheck, Kept, read_kept
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.application.ports.shadow import RowDiffers, Shadow, TableCompared
from ipo_ledger.application.ports.store import TILE_LEVEL, Progress, Store
from ipo_ledger.application.refusals import UnknownPosition
from ipo_ledger.application.tree_check import TreeCheck
from ipo_ledger.domain.events import Fact, SystemAdded
from ipo_ledger.domain.moments import from_micros
from ipo_ledger.errors import StoreUnusable
from ipo_ledger.evidence.notes import VerifierKey
from ipo_ledger.evidence.tree import Frontier

if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Row

STAGES = ("positions", "tree", "streams", "answers", "checkpoints", "against", "read-model", "rules", "store")
_LISTED = 50  # findings of one stage that are listed; all are counted
_FROM_HERE = "from position {first} on; what is before it was taken from the hashes that are kept"
_ALL_NEEDED = "left out: it takes every event from the first on"
_NOT_IN_THE_TREE = "the tree does not cover answers to command ids: one that was deleted is not missed"


def verify(store: Store, against: str | None, key: str | None, start: int, progress: Progress | None) -> a.Verified:
    """Check everything; write nothing. Raises `UnknownPosition`, or what an unreadable note or key raises."""
    verifier = VerifierKey.read(key) if key is not None else None
    kept = read_kept(against) if against is not None else None
    with store.reading() as reading, ExitStack() as stack:
        head = reading.head()
        if not 0 <= start <= max(head.position, 1):
            raise UnknownPosition(asked=start, last=head.position)
        after = max(start - 1, 0) >> TILE_LEVEL << TILE_LEVEL
        shadow = stack.enter_context(store.shadow()) if not after else None
        if shadow is not None:
            shadow.look_back(reading)
        return _Verifying(reading, head, shadow, progress or _silently).verdict(after, verifier, kept)


class Findings:
    """What was found so far, and how much was looked at, by stage."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.listed: list[a.FindingAnswer] = []
        self.found: Counter[str] = Counter()
        self.checked: dict[str, int] = {}
        self.notes: dict[str, str] = {}

    def tell(self, check: str, position: int | None, message: str) -> None:
        """Add one finding."""
        self.found[check] += 1
        if self.found[check] <= _LISTED:
            self.listed.append(a.FindingAnswer(check=check, position=position, message=message))

    def told(self) -> Iterator[a.FindingAnswer]:
        """Yield the findings in the order of the stages, with how many more there are of each."""
        for stage in STAGES:
            yield from (one for one in self.listed if one.check == stage)
            if self.found[stage] > _LISTED:
                more = f"And {self.found[stage] - _LISTED} more like these."
                yield a.FindingAnswer(check=stage, position=None, message=more)

    def stages(self) -> Iterator[a.StageAnswer]:
        """Yield every stage that was gone through, or left out."""
        for stage in STAGES:
            checked, note = self.checked.get(stage, 0), self.notes.get(stage)
            if stage in self.checked or note is not None:
                yield a.StageAnswer(stage=stage, checked=checked, findings=self.found[stage], note=note)


class _Verifying:
    """One verification, of one look at a ledger."""

    def __init__(self, reading: Reading, head: Head, shadow: Shadow | None, progress: Progress) -> None:
        self.reading = reading
        self.head = head
        self.shadow = shadow
        self.progress = progress
        self.findings = Findings()

    def verdict(self, after: int, verifier: VerifierKey | None, kept: Kept | None) -> a.Verified:
        """Go through the stages."""
        findings = self.findings
        tree = TreeCheck(self.reading, partial(findings.tell, "tree"), after=after)
        rest = _Rest(self.shadow, findings)
        self._events(after, tree, rest)
        root = tree.finish()
        findings.checked["tree"] = tree.checked
        self._answers()
        checkpoints = CheckpointCheck(self.reading, self.head.position, root, verifier)
        self._checkpoints(checkpoints)
        against = None
        if kept is not None:
            against = checkpoints.against(kept, partial(findings.tell, "against"))
            findings.checked["against"] = 1
        self._read_model(rest)
        self._store()
        return a.Verified(
            verified=not findings.found.total(),
            events=self.head.position,
            root=(root if root is not None else self._kept_root()).hex(),
            from_=after + 1,
            findings=tuple(findings.told()),
            stages=tuple(findings.stages()),
            in_doubt=checkpoints.doubts(tree.doubts),
            against=against,
        )

    # --- the events -----------------------------------------------------------------------------------------

    def _events(self, after: int, tree: TreeCheck, rest: _Rest) -> None:
        """Read them all, once."""
        positions = _Positions(self.findings, after, self.reading)
        streams = _Streams(self.findings, self.reading, whole=not after)
        for page in self.reading.rows(after=after):
            positions.take(page)
            tree.take(page)
            rest.take(streams.take(page))
            self.progress("events", page[-1][0], self.head.position)
        rest.end()
        positions.finish(self.head)
        for stage, checked in (("positions", positions.checked), ("streams", streams.checked)):
            self.findings.checked[stage] = checked
        if after:
            for stage in ("positions", "tree", "streams"):
                self.findings.notes[stage] = _FROM_HERE.format(first=after + 1)

    def _answers(self) -> None:
        """Check that each answer that is kept is of the command that recorded what it says."""
        checked = 0
        for page in self.reading.answers():
            said = {command_id: _position(answer) for command_id, _, answer in page}
            facts = self._facts_at({p for p in said.values() if p})
            for command_id, position in said.items():
                checked += 1
                if position is None:
                    self.findings.tell("answers", None, f"The answer to command id {command_id!r} cannot be read.")
                elif position and facts.get(position, command_id) != command_id:
                    message = f"The answer to command id {command_id!r} says event {position}, which it did not record."
                    self.findings.tell("answers", position, message)
        self.findings.checked["answers"] = checked
        self.findings.notes["answers"] = _NOT_IN_THE_TREE

    def _facts_at(self, positions: set[int]) -> dict[int, str]:
        """Return the command ids of events; of none that cannot be read, which is a finding of its own."""
        try:
            facts = self.reading.facts_at(positions)
        except StoreUnusable:
            return {}
        return {p: facts[p].command_id if p in facts else "" for p in positions}

    def _checkpoints(self, checkpoints: CheckpointCheck) -> None:
        rows = self.reading.kept_checkpoints()
        checkpoints.kept_here(rows, partial(self.findings.tell, "checkpoints"))
        self.findings.checked["checkpoints"] = len(rows)

    # --- what is made of them, and the store ----------------------------------------------------------------

    def _read_model(self, rest: _Rest) -> None:
        """Compare the read model with the one made anew."""
        findings = self.findings
        if self.shadow is None or rest.broken_off is not None:
            for stage in ("read-model", "rules"):
                findings.notes[stage] = _ALL_NEEDED if self.shadow is None else f"not after {rest.broken_off}"
            findings.checked["rules"] = rest.commands
            return
        findings.checked |= {"rules": rest.commands, "read-model": 0}
        try:
            for table in self.shadow.compare(self.reading):
                findings.checked["read-model"] += table.rows
                self._differences(table)
                self.progress("read-model", findings.checked["read-model"], 0)
        except StoreUnusable as fault:
            findings.tell("read-model", None, fault.message)

    def _differences(self, table: TableCompared) -> None:
        for row in table.examples:
            self.findings.tell("read-model", row.position, _in_words(row))
        more = table.missing + table.extra + table.different - len(table.examples)
        if more > 0:
            counts = f"{table.missing} missing, {table.extra} too many, {table.different} different"
            self.findings.tell("read-model", None, f"In {table.table} differ {more} rows more ({counts} in all).")

    def _store(self) -> None:
        faults = self.reading.faults()
        for fault in faults:
            self.findings.tell("store", None, f"{fault[:1].upper()}{fault[1:]}.")
        self.findings.checked["store"] = 1
        self.progress("store", 1, 1)

    def _kept_root(self) -> bytes:
        try:
            return Frontier.from_bytes(self.reading.frontier()).root()
        except (ValueError, StoreUnusable):
            return b""


class _Positions:
    """1, 2, 3, ... without a gap; times never decrease; the head is where the last one is."""

    def __init__(self, findings: Findings, after: int, reading: Reading) -> None:
        self.tell = partial(findings.tell, "positions")
        self.reading = reading
        self.after = self.last = after
        self.time = 0
        self.checked = 0

    def take(self, rows: Sequence[Row]) -> None:
        """Check a page."""
        self.checked += len(rows)
        for row in rows:
            position, recorded_at = row[0], row[4]
            if position != self.last + 1:
                self._gap(position)
            if recorded_at < self.time:
                when, before = from_micros(recorded_at), from_micros(self.time)
                self.tell(
                    position, f"Event {position} is recorded at {when}, before the one in front of it ({before})."
                )
            self.last, self.time = position, recorded_at

    def finish(self, head: Head) -> None:
        """Check the head, and that no event lies where nobody looks."""
        if self.last != head.position:
            self.tell(self.last, f"The head is at event {head.position}, and the last event is {self.last}.")
        elif self.checked and from_micros(self.time) != head.recorded_at:
            self.tell(self.last, f"The head says {head.recorded_at} for event {self.last}, which says otherwise.")
        counted = self.reading.counted()
        if not self.after and counted != self.checked:
            self.tell(None, f"There are {counted} events, of which {self.checked} are in order of their positions.")

    def _gap(self, position: int) -> None:
        first, last = self.last + 1, position - 1
        if position <= self.last:
            self.tell(position, f"Event {position} is there twice.")
        elif first == last:
            self.tell(first, f"Event {first} is missing.")
        else:
            self.tell(first, f"Events {first} to {last} are missing.")


class _Streams:
    """Each system's versions 1, 2, 3, ...; every event can be read."""

    def __init__(self, findings: Findings, reading: Reading, *, whole: bool) -> None:
        self.tell = partial(findings.tell, "streams")
        self.fact = reading.fact
        self.whole = whole
        self.versions: dict[str, int] = {}
        self.checked = 0

    def take(self, rows: Sequence[Row]) -> Iterator[Fact | int]:
        """Check a page; yield each fact, or the position of one that cannot be read."""
        versions = self.versions
        for row in rows:
            position, stream, version = row[0], row[1], row[2]
            expected = versions.get(stream, 0 if self.whole else version - 1) + 1
            versions[stream] = version
            self.checked += 1
            if version != expected:
                self.tell(position, f"Event {position} is version {version} of {stream}, where {expected} follows.")
            try:
                fact = self.fact(row)
            except StoreUnusable as unreadable:
                self.tell(position, unreadable.message)
                yield position
                continue
            if (expected == 1 and self.whole) != isinstance(fact.event, SystemAdded):
                self.tell(position, f"Event {position} is {fact.name}, version {version} of {stream}.")
            yield fact


class _Rest:
    """What takes every event from the first on: the read model made anew, and the rules; until one cannot go on."""

    def __init__(self, shadow: Shadow | None, findings: Findings) -> None:
        self.shadow = shadow
        self.findings = findings
        self.command: list[Fact] = []
        self.commands = 0
        self.broken_off: str | None = None

    def take(self, facts: Iterator[Fact | int]) -> None:
        """Take facts, command by command."""
        for fact in facts:
            if isinstance(fact, int):
                self.end()
                self._break_off(fact, f"event {fact}, which cannot be read")
            elif self.shadow is not None and self.broken_off is None:
                if self.command and not self.command[0].recorded_with(fact):
                    self.end()
                self.command.append(fact)

    def end(self) -> None:
        """Take the last command."""
        command, self.command = self.command, []
        if not command or self.shadow is None or self.broken_off is not None:
            return
        self.commands += 1
        try:
            broken = rules.broken(self.shadow, command)
            if broken is not None:
                self.findings.tell("rules", broken.position, broken.message)
            self.shadow.take(command)
        except StoreUnusable as fault:
            position = int(fault.details.get("position", command[0].position))
            self.findings.tell("rules", position, fault.message)
            self._break_off(position, f"event {position}, which cannot follow")

    def _break_off(self, position: int, why: str) -> None:
        if self.broken_off is None and self.shadow is not None:
            self.broken_off = why
            self.findings.tell("read-model", position, f"The read model cannot be made anew past {why}: not compared.")


def _in_words(row: RowDiffers) -> str:
    key = ", ".join(f"{name} {value}" for name, value in row.key.items())
    match row.how:
        case "missing":
            return f"In {row.table} the row of {key} is missing."
        case "extra":
            return f"In {row.table} the row of {key} is one that no event made."
        case "different":
            return f"In {row.table} the row of {key} is not what the events say: {', '.join(row.columns)}."


class _Positioned(msgspec.Struct):
    position: int | None = None


_positioned = msgspec.json.Decoder(_Positioned)


def _position(answer: bytes) -> int | None:
    """Return the position an answer says, 0 where it says none, None where it cannot be read."""
    try:
        return _positioned.decode(answer).position or 0
    except msgspec.MsgspecError:
        return None


def _silently(stage: str, done: int, of: int) -> None:
    """Tell nobody how far it is."""
