"""One system of a ledger, as commands hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.application.handle import Handle
from ipo_ledger.application.naming import batch_known
from ipo_ledger.application.recording import Deciding, Recorder
from ipo_ledger.domain.refusals import NotADraft

if TYPE_CHECKING:
    from ipo_ledger.application.ports.exports import ReadsExports
    from ipo_ledger.application.ports.store import Store


class Acting(Handle):
    """A system by its name, in a store, for somebody who acts."""

    def __init__(self, store: Store, name: str, actor: str, read_exports: ReadsExports) -> None:
        """Hold the system of this name, in the name of `actor`; nothing is read yet."""
        super().__init__(store, name, read_exports)
        self._recorder = Recorder(store, name, actor)

    def forget(self) -> None:
        """Forget what is kept of the system between commands: the store may not have it."""
        self._recorder.forget()

    def _draft_called(self, deciding: Deciding, asked: str, verb: str) -> int:
        """Return the number of a draft. Raises `UnknownBatch`, or `NotADraft` with what it is."""
        known = batch_known(deciding.reading, deciding.system, asked)
        if known.status != "draft":
            raise NotADraft(system=self.name, batch=known.name, status=known.status, verb=verb)
        return known.number
