"""The verdict over a whole ledger: everything is checked that can be, in stages, and nothing stops at a first finding.

Events are read once, a page at a time: hashed, decoded, projected beside the ledger and followed by the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application.checkpoint_check import CheckpointCheck, Kept, read_kept
from ipo_ledger.application.event_checks import UNREADABLE, Findings, Positions, Rest, Streams
from ipo_ledger.application.ports.examining import Examining
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.application.ports.shadow import RowDiffers, Shadow, TableCompared
from ipo_ledger.application.ports.store import TILE_LEVEL, Progress, Store
from ipo_ledger.application.refusals import Damaged, UnknownPosition
from ipo_ledger.application.tree_check import TreeCheck
from ipo_ledger.errors import StoreDamaged, StoreUnusable
from ipo_ledger.evidence.notes import VerifierKey
from ipo_ledger.evidence.tree import Frontier

_FROM_HERE = "from position {first} on; what is before it was taken from the hashes that are kept"
_ALL_NEEDED = "left out: it takes every event from the first on"
_NOT_ASKED = "left out, as asked"
_NOT_IN_THE_TREE = "the tree does not cover answers to command ids: one that was deleted is not missed"


def verify(  # noqa: PLR0913 - what is checked, against what
    store: Store, *, against: str | None, key: str | None, start: int, rules: bool, progress: Progress | None
) -> a.Verified:
    """Check everything, or all but the `rules`; write nothing.

    Raises `UnknownPosition`, or what an unreadable note or key raises.
    """
    verifier = VerifierKey.read(key) if key is not None else None
    kept = read_kept(against) if against is not None else None
    try:
        with store.examining() as reading, ExitStack() as stack:
            head = _head(reading)
            if not 0 <= start <= max(head.position, 1):
                raise UnknownPosition(asked=start, last=head.position)
            after = max(start - 1, 0) >> TILE_LEVEL << TILE_LEVEL
            progress = progress or _silently
            found = _quickly(reading, head, progress, verifier, kept) if not after and not rules else None
            if found is not None:
                return found
            shadow = stack.enter_context(store.shadow()) if not after else None
            if shadow is not None:
                shadow.look_back(reading)
            return _Verifying(reading, head, shadow, progress, by_rules=rules).verdict(after, verifier, kept)
    except StoreDamaged as fault:  # its head, or what comes before any part of it
        return _nothing_to_look_at(fault)


def _head(reading: Examining) -> Head:
    with reading.apart():
        try:
            return reading.head()
        except UNREADABLE as fault:
            raise Damaged(why=f"its head cannot be read ({type(fault).__name__}: {fault})") from fault


def _quickly(
    reading: Examining, head: Head, progress: Progress, verifier: VerifierKey | None, kept: Kept | None
) -> a.Verified | None:
    """Check everything but the rules where the read model is right; None where it, or an event, is not."""
    made = _agreed(reading, head, progress)
    if made is None:
        return None
    verifying = _Verifying(reading, head, None, progress, by_rules=False, made=made)
    verdict = verifying.verdict(0, verifier, kept)
    return verdict if verifying.read_to_the_end else None


def _agreed(reading: Examining, head: Head, progress: Progress) -> Mapping[str, int] | None:
    """Return the rows of the read model by table, where all events make just those; None: it takes a closer look."""
    try:
        with reading.apart():
            made = reading.agreed(lambda done: progress("events", done, head.position))
            return made if made is not None and reading.counted() == head.position else None
    except (StoreDamaged, *UNREADABLE):
        return None


def _nothing_to_look_at(fault: StoreDamaged) -> a.Verified:
    """Return the verdict over a ledger of which no part can be read."""
    findings = Findings()
    findings.tell("store", None, fault.message)
    findings.checked["store"] = 1
    return a.Verified(
        verified=False,
        events=0,
        root="",
        from_=1,
        findings=tuple(findings.told()),
        stages=tuple(findings.stages()),
        in_doubt=(),
        against=None,
    )


class _Verifying:
    """One verification, of one look at a ledger; `made` are its rows by table where they are known to be right."""

    def __init__(  # noqa: PLR0913 - what is looked at, and how
        self,
        reading: Examining,
        head: Head,
        shadow: Shadow | None,
        progress: Progress,
        *,
        by_rules: bool,
        made: Mapping[str, int] | None = None,
    ) -> None:
        self.by_rules = by_rules
        self.made = made
        self.read_to_the_end = False
        self.reading = reading
        self.head = head
        self.shadow = shadow
        self.progress = progress
        self.findings = Findings()
        self.root: bytes | None = None
        self.doubts: list[tuple[int, int]] = []

    def verdict(self, after: int, verifier: VerifierKey | None, kept: Kept | None) -> a.Verified:
        """Go through the stages."""
        findings = self.findings
        rest = Rest(self.shadow, findings, by_rules=self.by_rules)
        self._events(after, rest)
        self._part("answers", self._answers)
        checkpoints = CheckpointCheck(self.reading, self.head.position, self.root, verifier)
        self._part("checkpoints", lambda: self._checkpoints(checkpoints))
        against: list[a.AgainstAnswer] = []
        if kept is not None:
            tell = partial(findings.tell, "against")
            self._part("against", lambda: against.append(checkpoints.against(kept, tell)))
            findings.checked["against"] = 1
        self._part("read-model", lambda: self._read_model(rest))
        self._part("store", self._store)
        return a.Verified(
            verified=not findings.found.total(),
            events=self.head.position,
            root=(self.root if self.root is not None else self._kept_root()).hex(),
            from_=after + 1,
            findings=tuple(findings.told()),
            stages=tuple(findings.stages()),
            in_doubt=checkpoints.doubts(self.doubts),
            against=against[0] if against else None,
        )

    def _part(self, stage: str, go: Callable[[], None]) -> bool:
        """Do a part of it; that it cannot be read to its end is a finding. Tell whether it could."""
        try:
            with self.reading.apart():
                go()
        except StoreDamaged as fault:
            why = fault.message
        except UNREADABLE as fault:
            why = f"What lies there cannot be read ({type(fault).__name__}: {fault})."
        else:
            return True
        self.findings.checked.setdefault(stage, 0)
        self.findings.tell(stage, None, f"Not checked to the end: {why[:1].lower()}{why[1:]}")
        return False

    # --- the events -----------------------------------------------------------------------------------------

    def _events(self, after: int, rest: Rest) -> None:
        """Read them all, once; as far as they can be read."""
        positions = Positions(self.findings, after, self.reading)
        streams = Streams(self.findings, self.reading, whole=not after)
        trees: list[TreeCheck] = []

        def read() -> None:
            trees.append(TreeCheck(self.reading, partial(self.findings.tell, "tree"), after=after))
            for page in self.reading.rows(after=after):
                positions.take(page)
                trees[0].take(page)
                if self.made is None:
                    rest.take(streams.take(page))
                else:
                    streams.check(page)
                self.progress("events", page[-1][0], self.head.position)
            rest.end()
            positions.finish(self.head)

        whole = self.read_to_the_end = self._part("positions", read)
        checked = {"positions": positions.checked, "tree": trees[0].checked if trees else 0, "streams": streams.checked}
        self.findings.checked |= checked
        if whole:
            self._part("tree", lambda: self._tree(trees[0]))
            self.doubts += trees[0].doubts
        else:
            self._stopped_after(positions.last, rest)
        for stage in checked if after else ():
            self.findings.notes[stage] = _FROM_HERE.format(first=after + 1)

    def _tree(self, tree: TreeCheck) -> None:
        self.root = tree.finish()

    def _stopped_after(self, position: int, rest: Rest) -> None:
        """Say what could not be looked at, where the events cannot be read past one of them."""
        if position < self.head.position:
            self.doubts.append((position + 1, self.head.position))
        self.findings.notes |= dict.fromkeys(("tree", "streams"), f"not after event {position}")
        rest.break_off(position, f"event {position}, after which nothing can be read")

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

    def _read_model(self, rest: Rest) -> None:
        """Compare the read model with the one made anew."""
        findings = self.findings
        if self.made is not None:
            findings.checked |= {"rules": 0, "read-model": sum(self.made.values())}
            findings.notes["rules"] = _NOT_ASKED
            self.progress("read-model", findings.checked["read-model"], 0)
            return
        if self.shadow is None or rest.broken_off is not None:
            for stage in ("read-model", "rules"):
                findings.notes[stage] = _ALL_NEEDED if self.shadow is None else f"not after {rest.broken_off}"
            findings.checked["rules"] = rest.commands
            return
        findings.checked |= {"rules": rest.commands if self.by_rules else 0, "read-model": 0}
        if not self.by_rules:
            findings.notes["rules"] = _NOT_ASKED
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
            with self.reading.apart():
                return Frontier.from_bytes(self.reading.frontier()).root()
        except (StoreUnusable, *UNREADABLE):
            return b""


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
