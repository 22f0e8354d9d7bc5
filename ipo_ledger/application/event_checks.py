"""What is looked at in every event, one after the other, and the findings: positions, streams, and what follows."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ipo_ledger.application import answers as a
from ipo_ledger.application import rules
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.application.ports.shadow import Shadow
from ipo_ledger.domain.events import Fact, SystemAdded
from ipo_ledger.domain.moments import from_micros
from ipo_ledger.errors import StoreUnusable

if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Row

STAGES = ("positions", "tree", "streams", "answers", "checkpoints", "against", "read-model", "rules", "store")
_LISTED = 50  # findings of one stage that are listed; all are counted

# What comes of bytes that are not those that were written: numbers where texts should be, times beyond all years.
UNREADABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)


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


class Positions:
    """1, 2, 3, ... without a gap; times never decrease; the head is where the last one is."""

    def __init__(self, findings: Findings, after: int, reading: Reading) -> None:
        """Begin after a position."""
        self.tell = partial(findings.tell, "positions")
        self.reading = reading
        self.after = self.last = after
        self.time = 0
        self.checked = 0

    def take(self, rows: Sequence[Row]) -> None:
        """Check a page."""
        self.checked += len(rows)
        positions, times = [row[0] for row in rows], [row[4] for row in rows]
        in_order = positions == list(range(self.last + 1, self.last + 1 + len(rows)))
        if in_order and times[0] >= self.time and times == sorted(times):
            self.last, self.time = positions[-1], times[-1]
            return
        for position, recorded_at in zip(positions, times, strict=True):
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


class Streams:
    """Each system's versions 1, 2, 3, ...; every event can be read."""

    def __init__(self, findings: Findings, reading: Reading, *, whole: bool) -> None:
        """Begin; `whole`: with the first event of all."""
        self.tell = partial(findings.tell, "streams")
        self.fact = reading.fact
        self.whole = whole
        self.versions: dict[str, int] = {}
        self.checked = 0

    def check(self, rows: Sequence[Row]) -> None:
        """Check the versions of a page of events that were all read, and followed, before; it is the first page on."""
        versions = self.versions
        self.checked += len(rows)
        for row in rows:
            stream, version = row[1], row[2]
            expected = versions.get(stream, 0) + 1
            if version != expected:
                self._other_version(row, expected)
            versions[stream] = version

    def _other_version(self, row: Row, expected: int) -> None:
        position, stream, version = row[:3]
        self.tell(position, f"Event {position} is version {version} of {stream}, where {expected} follows.")

    def take(self, rows: Sequence[Row]) -> Iterator[Fact | int]:
        """Check a page; yield each fact, or the position of one that cannot be read."""
        versions = self.versions
        for row in rows:
            position, stream, version = row[0], row[1], row[2]
            expected = versions.get(stream, 0 if self.whole else version - 1) + 1
            versions[stream] = version
            self.checked += 1
            if version != expected:
                self._other_version(row, expected)
            try:
                fact = self.fact(row)
            except StoreUnusable as unreadable:
                self.tell(position, unreadable.message)
                yield position
                continue
            if (expected == 1 and self.whole) != isinstance(fact.event, SystemAdded):
                self.tell(position, f"Event {position} is {fact.name}, version {version} of {stream}.")
            yield fact


class Rest:
    """What takes every event from the first on: the read model made anew, and the rules; until one cannot go on."""

    def __init__(self, shadow: Shadow | None, findings: Findings, *, by_rules: bool) -> None:
        """Begin with nothing taken."""
        self.shadow = shadow
        self.by_rules = by_rules
        self.findings = findings
        self.command: list[Fact] = []
        self.commands = 0
        self.broken_off: str | None = None

    def take(self, facts: Iterator[Fact | int]) -> None:
        """Take facts, command by command."""
        for fact in facts:
            if isinstance(fact, int):
                self.end()
                self.break_off(fact, f"event {fact}, which cannot be read")
            elif self.shadow is not None and self.broken_off is None:
                if self.command and not fact.recorded_with(self.command[0]):
                    self.end()
                self.command.append(fact)

    def end(self) -> None:
        """Take the last command."""
        command, self.command = self.command, []
        if not command or self.shadow is None or self.broken_off is not None:
            return
        self.commands += 1
        try:
            broken = rules.broken(self.shadow, command) if self.by_rules else None
            if broken is not None:
                self.findings.tell("rules", broken.position, broken.message)
            self.shadow.take(command)
        except StoreUnusable as fault:
            position = int(fault.details.get("position", command[0].position))
            self.findings.tell("rules", position, fault.message)
            self.break_off(position, f"event {position}, which cannot follow")
        except UNREADABLE as fault:
            position = command[0].position
            self.findings.tell("rules", position, f"Event {position} cannot follow ({type(fault).__name__}: {fault}).")
            self.break_off(position, f"event {position}, which cannot follow")

    def break_off(self, position: int, why: str) -> None:
        """Take nothing from here on, and say so."""
        if self.broken_off is None and self.shadow is not None:
            self.broken_off = why
            self.findings.tell("read-model", position, f"The read model cannot be made anew past {why}: not compared.")
