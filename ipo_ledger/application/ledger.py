"""A ledger: its systems, and the way to each of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self, Unpack

from ipo_ledger.application import answers as a
from ipo_ledger.application.naming import system_called
from ipo_ledger.application.outcome import redone
from ipo_ledger.application.questions import Questions
from ipo_ledger.application.refusals import BadArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from ipo_ledger.application.backing_up import BackedUp
    from ipo_ledger.application.ports.exports import ReadsExports
    from ipo_ledger.application.ports.rows import SystemRow
    from ipo_ledger.application.ports.store import Progress, Store
    from ipo_ledger.application.saying import Said
    from ipo_ledger.application.system_ledger import SystemLedger
    from ipo_ledger.evidence.notes import SigningKey


class Ledger:
    """A store of facts about telephone systems. Use as a context manager, or `close` it."""

    def __init__(self, store: Store, *, actor: str | Callable[[], str], read_exports: ReadsExports) -> None:
        """Use a store, in the name of `actor`, or of whom it says when something is done; nothing is read yet."""
        self._store = store
        self._acting = actor
        self._read_exports = read_exports
        self._systems: dict[str, SystemLedger] = {}

    @property
    def _actor(self) -> str:
        return self._acting if isinstance(self._acting, str) else self._acting()

    @property
    def url(self) -> str:
        """Return the ledger's URL, without a password."""
        return self._store.url

    def note(self) -> str | None:
        """Return what whoever read has to know of the store: that it is a standby, and how far that is; else None."""
        return self._store.note()

    def init(self) -> bool:
        """Make the store, or bring it to this release; tell whether anything had to be done."""
        return self._store.create()

    def systems(self) -> a.SystemList:
        """Return every system, by name."""
        from ipo_ledger.application import telling
        from ipo_ledger.domain.moments import zone_of

        with self._store.reading() as reading:
            rows = reading.systems()
        return a.SystemList(systems=tuple(telling.system_answer(row, zone_of(row.settings.timezone)) for row in rows))

    def system(self, name: str | None = None) -> SystemLedger:
        """Return one system's ledger; the name is not needed while there is one system.

        Raises `UnknownSystem`, `NoSystem`, `SystemNeeded`.
        """
        from ipo_ledger.application.system_ledger import SystemLedger

        if name is None or name not in self._systems:
            name = redone(partial(self._row_of, name), self.forget).name
            self._systems.setdefault(name, SystemLedger(self._store, name, self._actor, self._read_exports))
        return self._systems[name]

    def questions(self, name: str | None = None) -> Questions:
        """Return what can be asked of one system, and nothing that writes: a process that only asks begins sooner.

        Raises as `system` does.
        """
        row = redone(partial(self._row_of, name), self.forget)
        return Questions(self._store, row.name, self._read_exports, row.settings.timezone)

    def _row_of(self, asked: str | None) -> SystemRow:
        with self._store.reading() as reading:
            return system_called(reading, asked)

    def add_system(
        self,
        name: str,
        *,
        release: str,
        timezone: str,
        base_extension_by: str | None = None,
        logout_code: str | None = None,
        **said: Unpack[Said],
    ) -> a.SystemAnswer:
        """Keep a system in this ledger from now on; an embedded store is made where there is none yet.

        Raises `SystemExists`, `BadSetting`, `UnknownZone`.
        """
        from ipo_ledger.application import adding

        wanted = adding.wanted(name, release, timezone, base_extension_by, logout_code)
        self.make_if_embedded()
        return redone(partial(adding.add, self._store, self._actor, wanted, said), self.forget)

    def record(
        self, lines: Iterable[bytes | str], *, system: str | None = None, keep_going: bool = False
    ) -> Iterator[a.LineAnswer]:
        """Carry out many commands, one JSON object a line, and answer line by line, in order.

        Stops after the first line that fails, unless `keep_going`; nothing is recorded twice when run again with the
        same command ids. Each line is a transaction; `record_groups` is quicker.
        """
        groups = ([line] for line in lines)
        return self.record_groups(groups, system=system, keep_going=keep_going)

    def record_groups(
        self, groups: Iterable[Sequence[bytes | str]], *, system: str | None = None, keep_going: bool = False
    ) -> Iterator[a.LineAnswer]:
        """Carry out lines as `record` does, each group of them in one transaction.

        A group's lines are answered when it is committed. Each still takes effect whole or not at all, by itself.
        """
        from ipo_ledger.application.record import carry_out

        return carry_out(self, groups, self._store.together, system=system, keep_going=keep_going)

    def make_if_embedded(self) -> None:
        """Make an embedded store where there is none yet; others are made by an administrator (`init`)."""
        if self._store.makes_itself:
            self._store.create()

    def forget(self) -> None:
        """Forget what is kept of the systems between commands: the store may not have it."""
        for system in self._systems.values():  # somebody may hold them
            system.forget()
        self._systems.clear()

    def checkpoint(self, key: SigningKey) -> a.CheckpointAnswer:
        """Sign what the ledger is now, for somebody else to keep; it is kept here too where this may write.

        Raises `EmptyLedger`; `TreeDiffers` or `CheckpointDiffers` for a ledger that was tampered with.
        """
        from ipo_ledger.application import proving

        return proving.checkpoint(self._store, key)

    def prove(
        self,
        what: int | str,
        *,
        on: str | datetime | None = None,
        system: str | None = None,
        key: SigningKey | None = None,
        checkpoint: str | None = None,
    ) -> a.Proof:
        """Return evidence that a stranger can check, under a new checkpoint by `key`, or one that was kept.

        `what` is the position of an event, a batch, or, with `on`, an extension: then it is of what `who` answers.
        Raises `NotCovered`, `UnknownPosition`, what an unknown batch or extension raises, and as `checkpoint` does.
        """
        from ipo_ledger.application import grounds, proving

        if (key is None) == (checkpoint is None):
            raise BadArgument(what="prove", why="give a key to sign a checkpoint with, or a checkpoint that was kept")
        text = str(what)
        named = None if grounds.is_position(text, on) else self.system(system).name
        return proving.prove(self._store, named, text, on=on, key=key, kept=checkpoint)

    def verify(
        self,
        *,
        against: str | None = None,
        key: str | None = None,
        start: int = 0,
        rules: bool = True,
        progress: Progress | None = None,
    ) -> a.Verified:
        """Check everything there is, and say every thing that is wrong; writes nothing.

        `against` is a signed checkpoint that was kept elsewhere, `key` the verifier key of whoever signs them. `start`
        checks positions, tree and streams from there only. Without `rules` it is not followed whether each event is
        what the telephone system does by itself, which takes half of the time. `progress` is told the stage, how much
        is done, and of how much (0: not known). Raises `UnreadableNote`, `UnreadableCheckpoint`, `UnreadableKey`,
        `UnknownPosition`.
        """
        from ipo_ledger.application.verifying import verify

        return verify(self._store, against=against, key=key, start=start, rules=rules, progress=progress)

    def rebuild(self, *, dry_run: bool = False, progress: Progress | None = None) -> a.Rebuilt:
        """Make the read model anew from the events, and write what differs; with `dry_run` only say it.

        Others go on recording meanwhile. Raises `StoreUnusable` for events that cannot be read or projected.
        """
        from ipo_ledger.application.rebuilding import rebuild

        self._systems.clear()
        return rebuild(self._store, progress, dry_run=dry_run)

    def export(self) -> Generator[bytes, None, None]:
        """Yield the whole ledger as it is at one moment, as JSON lines; until the end this thread reads nothing else.

        Raises `Damaged` where events are not those of the tree.
        """
        from ipo_ledger.application.carrying import export

        return export(self._store)

    def load(self, lines: Iterable[bytes], *, progress: Progress | None = None) -> a.Loaded:
        """Fill an empty ledger with an export: the same positions, times, roles and root.

        An embedded store is made where there is none yet. Raises `BadExport` naming the line, `NotEmpty`, or
        `NoRights` where the database lets only its owner do so; then nothing was loaded.
        """
        from ipo_ledger.application.carrying import load

        return load(self._store, lines, progress)

    def backup(self, to: str | Path, *, progress: Progress | None = None) -> BackedUp:
        """Copy the ledger as it is at one moment into a new file, while others go on recording.

        The file is whole or not there, and nobody but its owner may read it. `progress` is told the stage, how much is
        done, and of how much. Raises `BackupThere`, `BackupNotWritten`, `StoreDamaged`, and `BackupElsewhere` for a
        ledger in PostgreSQL, which makes its own.
        """
        from pathlib import Path

        from ipo_ledger.application.backing_up import back_up

        return back_up(self._store, Path(to), progress)

    def store(self) -> a.StoreAnswer:
        """Return what kind of store this is, how much it holds, and what it lets this connection do."""
        report = self._store.report()
        with self._store.reading() as reading:
            position, kept = reading.head().position, reading.kept_checkpoints()
        return a.StoreAnswer(
            ledger=self.url,
            kind=report.kind,
            position=position,
            size=report.size,
            role=report.role,
            rights=report.rights,
            mode=report.mode,
            checkpoints=len(kept),
            last_checkpoint=kept[-1][0] if kept else None,
            warnings=tuple(a.WarningAnswer(code="rights", message=excess) for excess in report.excess),
        )

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def __enter__(self) -> Self:
        """Use the ledger within a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the store at the end of the block."""
        self.close()
