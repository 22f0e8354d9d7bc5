"""One system of a ledger, as commands and questions hold it."""

from __future__ import annotations

from ipo_ledger.application.naming import batch_known
from ipo_ledger.application.ports import ReadsExports, Store
from ipo_ledger.application.recording import Deciding, Recorder
from ipo_ledger.domain.refusals import NotADraft


class Handle:
    """A system by its name, in a store, for somebody who acts."""

    def __init__(self, store: Store, name: str, actor: str, read_exports: ReadsExports) -> None:
        """Hold the system of this name; nothing is read yet."""
        self.name = name
        self._store = store
        self._recorder = Recorder(store, name, actor)
        self._read_exports = read_exports

    def _draft_called(self, deciding: Deciding, asked: str, verb: str) -> int:
        """Return the number of a draft. Raises `UnknownBatch`, or `NotADraft` with what it is."""
        known = batch_known(deciding.reading, deciding.system, asked)
        if known.status != "draft":
            raise NotADraft(system=self.name, batch=known.name, status=known.status, verb=verb)
        return known.number
