"""How a question is put to the read model, the same for both stores: what every part of a reading stands on.

A store brings `_ask`, which puts one of the `QUESTIONS` to its database.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ipo_ledger.domain.moments import to_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ipo_ledger.application.ports.rows import Head

FOREVER = 2**63 - 1  # `recorded_to` of what still stands
EVER = datetime.max.replace(tzinfo=UTC)
LATEST = FOREVER - 1  # the last position or time there can be
PAGE = 5000  # events read at a time, so that memory stays flat however long the ledger is

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Asking(ABC):
    """One consistent look at a ledger: what answers its questions."""

    @abstractmethod
    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        """Ask one of the `QUESTIONS`; `where` fills its condition, and is made of constants only."""

    @abstractmethod
    def _pages(self, text: str) -> Iterator[list[tuple[Any, ...]]]:
        """Stream the rows of a query made of constants; `{schema}` and `{bytewise}` (an order) are filled in."""

    @abstractmethod
    def faults(self) -> list[str]:
        """Return what the database itself finds wrong, and what it lacks of what keeps the ledger append-only."""

    @abstractmethod
    def head(self) -> Head:
        """Return the end of the ledger."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the store's clock."""

    def _rows(self, question: str, parameters: Mapping[str, Any], where: str = "") -> list[tuple[Any, ...]]:
        if any(isinstance(value, str) and UNSTORABLE.search(value) for value in parameters.values()):
            return []  # no row can have such a text, and a database would not even be asked for it
        if any(isinstance(value, int) and not -LATEST <= value <= LATEST for value in parameters.values()):
            parameters = {n: max(-LATEST, min(v, LATEST)) if isinstance(v, int) else v for n, v in parameters.items()}
        return self._ask(question, parameters, where)

    def _row(self, question: str, **parameters: Any) -> tuple[Any, ...] | None:
        rows = self._rows(question, parameters)
        return rows[0] if rows else None


def condition(where: list[str], values: dict[str, Any], says: str, **value: Any) -> None:
    """Add a condition where its value is given; the value itself always travels as a parameter."""
    ((name, given),) = value.items()
    if given is not None:
        where.append(says)
        values[name] = given


def micros(at: datetime | None) -> int | None:
    """Return an instant as the read model has it, or None where none is given."""
    return to_micros(at) if at is not None else None
