"""What became of a commit that was not answered: looked up where it would be, once nobody can be committing it.

Whoever appends holds the head of the ledger until its transaction has ended. Whoever holds the head after it knows
that it has, and sees what it wrote, or that it never will be written. A later commit that is confirmed confirms the
earlier ones, on a standby too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import psycopg

from ipo_ledger.adapters.postgres.sessions import abandon, end
from ipo_ledger.errors import StoreUnusable

if TYPE_CHECKING:
    from ipo_ledger.adapters.postgres.sessions import Connection, Sessions
    from ipo_ledger.adapters.store.faults import CommitUnknown

_EVENT = b"SELECT state = %b FROM ipo_ledger.stored_events WHERE position = %b"
_ANSWER = b"SELECT (fingerprint, answer) = (%b, %b) FROM ipo_ledger.answers WHERE command_id = %b"
_TURNS = 3


class Trace(Protocol):
    """What one transaction alone can have written."""

    def is_there(self, connection: Connection) -> bool:
        """Tell whether it is in the ledger."""
        ...


class EventTrace:
    """The last event that was appended: its bytes hold the id of its command, which no other has."""

    def __init__(self, position: int, state: bytes) -> None:
        """Take the event as it was to be stored."""
        self._asked = (state, position)

    def is_there(self, connection: Connection) -> bool:
        """Tell whether it is in the ledger."""
        return connection.execute(_EVENT, self._asked, binary=True).fetchone() == (True,)


class AnswerTrace:
    """The answer that was kept for a command id, where nothing was appended."""

    def __init__(self, command_id: str, fingerprint: str, answer: bytes) -> None:
        """Take the answer as it was to be kept."""
        self._asked = (fingerprint, answer, command_id)

    def is_there(self, connection: Connection) -> bool:
        """Tell whether it is in the ledger."""
        return connection.execute(_ANSWER, self._asked, binary=True).fetchone() == (True,)


def was_committed(sessions: Sessions, begin: bytes, trace: Trace, unknown: CommitUnknown) -> bool:
    """Tell whether a transaction that left this trace was committed; `begin` begins one that holds the head.

    Waits for the server to come back as long as a writer waits for its turn, and for the old session to end; after
    that, raises `unknown`.
    """
    for turn in range(1, _TURNS + 1):
        try:
            connection, _ = sessions.begin(begin, patient=True)
            try:
                found = trace.is_there(connection)
            except BaseException:
                abandon(connection)
                raise
            with _at_most(sessions.busy_seconds, connection):
                end(connection, sessions.address.shown)
        except (psycopg.Error, StoreUnusable) as fault:
            if not sessions.lost or turn == _TURNS:
                raise unknown from fault
        else:
            return found
    raise unknown


@contextmanager
def _at_most(seconds: float, connection: Connection) -> Iterator[None]:
    """Cancel what still runs after a while: a commit waits for a standby however long it stays away."""
    timer = threading.Timer(seconds, connection.cancel_safe)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
