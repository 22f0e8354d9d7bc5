"""The questions about one system, by the names they have on the command line. Nothing here writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipo_ledger.application import telling
from ipo_ledger.application.asking import KnownAt, look
from ipo_ledger.application.handle import Handle
from ipo_ledger.application.naming import batch_known
from ipo_ledger.application.refusals import BadArgument

if TYPE_CHECKING:
    from datetime import datetime

    from ipo_ledger.application import answers as a


class Questions(Handle):
    """What can be asked of one system. Times are read in its time zone, and answered in it.

    What answers a question is imported when it is asked: a process that asks one does not wait for the others.
    """

    def info(self) -> a.SystemAnswer:
        """Return the system's settings and counts."""
        with look(self._store, self.name, None, needs_baseline=False) as at:
            return telling.system_answer(at.row, at.zone)

    def who(self, extension: int | str, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Who:
        """Return every stay at an extension on a day or at an instant, vacant times included.

        Raises `NothingKnown` for a time before the first thing known of it, `Removed` for one after its removal.
        """
        found = self._glances.who(extension, on, known_at)
        if found is not None:
            return found
        from ipo_ledger.application import seating

        with look(self._store, self.name, known_at) as at:
            self._glances.timezone = at.row.settings.timezone
            return seating.who(at, extension, on)

    def where(self, user: str, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Where:
        """Return every stay of a person on a day or at an instant, off-the-air times included.

        A number is whose it was at that time. Raises as `who` does.
        """
        found = self._glances.where(user, on, known_at)
        if found is not None:
            return found
        from ipo_ledger.application import seating

        with look(self._store, self.name, known_at) as at:
            self._glances.timezone = at.row.settings.timezone
            return seating.where(at, user, on)

    def seats(self, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Seats:
        """Return the whole system at an instant; a whole day is taken as it ended (or is now, while it lasts)."""
        from ipo_ledger.application import seating

        with look(self._store, self.name, known_at) as at:
            return seating.seats(at, on)

    def diff(
        self,
        one: str | datetime,
        other: str | datetime | None = None,
        *,
        known_at: KnownAt = None,
        other_known_at: KnownAt = None,
    ) -> a.Diff:
        """Return the seats and base extensions that differ between two instants, or between two known-ats.

        Without `other` it is the same instant, as known at `known_at` and at `other_known_at`; without
        `other_known_at` both instants are as known at `known_at`. A whole day is taken as it ended.
        """
        if other is None and other_known_at is None:
            raise BadArgument(what="diff", why="give two times, or one time and two --known-at")
        from ipo_ledger.application import differences

        before = self.seats(on=one, known_at=known_at)
        after = self.seats(
            on=one if other is None else other, known_at=known_at if other_known_at is None else other_known_at
        )
        return differences.between(before, after)

    def status(self, *, known_at: KnownAt = None) -> a.StatusAnswer:
        """Return what is going on, now or as known then: drafts, sent batches and what they wait for, who is off."""
        from ipo_ledger.application import going_on

        with look(self._store, self.name, known_at, needs_baseline=False) as at:
            return going_on.status(at)

    def show(self, batch: str, *, known_at: KnownAt = None) -> a.Shown:
        """Return everything about one batch, now or as known then. Raises `UnknownBatch`."""
        from ipo_ledger.application import shown

        with look(self._store, self.name, known_at, needs_baseline=False) as at:
            return shown.show(at, batch)

    def sheet(self, batch: str) -> a.Sheet:
        """Return the work order of a batch: what to type in Manager, who dials what where, what E911 has to learn.

        A draft's is what will have to be done; a sent batch's is what still has to be, as people sit now.
        """
        from ipo_ledger.application import sheets

        with look(self._store, self.name, None) as at:
            found = batch_known(at.reading, at.row, batch)
            system = at.reading.system(at.row.name)
            assert system is not None
            return sheets.sheet(system, found)

    def rollback_graph(self, batch: str) -> a.Graph:
        """Return a batch and the later ones that build on it, as fields, DOT and Mermaid text."""
        from ipo_ledger.application import graphs
        from ipo_ledger.application.past import StoredPast

        with look(self._store, self.name, None) as at:
            found = batch_known(at.reading, at.row, batch)
            return graphs.graph(at.row.name, StoredPast(at.reading, at.key), found)

    def batches(self, **wanted: Any) -> a.BatchList:
        """Return batches, newest first: by `status`, `user`, `extension`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a batch id goes on where a page ended.
        """
        from ipo_ledger.application import listing

        with look(self._store, self.name, None, needs_baseline=False) as at:
            return listing.batches(at, wanted)

    def log(self, **wanted: Any) -> a.Log:
        """Return recorded events, newest first: by `user`, `extension`, `batch`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a position goes on where a page ended.
        """
        from ipo_ledger.application import listing

        with look(self._store, self.name, None, needs_baseline=False) as at:
            return listing.log(at, wanted)

    def history(
        self,
        *,
        user: str | None = None,
        extension: int | str | None = None,
        known_at: KnownAt = None,
        **wanted: Any,
    ) -> a.History:
        """Return what happened to one user or one extension, newest first, with why each stay began and ended.

        What a correction took away is left out (`log` has it). Paging as in `log`.
        """
        if (user is None) == (extension is None):
            raise BadArgument(what="history", why="name one user or one extension")
        from ipo_ledger.application import listing

        with look(self._store, self.name, known_at) as at:
            return listing.history(at, user=user, extension=extension, wanted=wanted)

    def check(self, *paths: str | Path, mapping: str | Path | None = None) -> a.Checked:
        """Return what differs between fresh export files and the base extensions in force."""
        files = [Path(path) for path in paths]
        if not files:
            raise BadArgument(what="check", why="it needs at least one export file")
        from ipo_ledger.application import checked

        site = self._read_exports(files, Path(mapping) if mapping is not None else None)
        with look(self._store, self.name, None) as at:
            return checked.check(at, site)
