"""Looking at a ledger that may be damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ipo_ledger.application.ports.reading import Reading

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Examining(Reading, Protocol):
    """A look at a ledger that may be damaged: part by part, so that one that cannot be read does not end it."""

    def apart(self) -> AbstractContextManager[None]:
        """Do one part; what cannot be read is `StoreDamaged`, and after it the next part can be read."""
        ...
