"""A read model made anew beside the ledger, and how the ledger's own differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from ipo_ledger.application.ports.reading import Reading

if TYPE_CHECKING:
    from ipo_ledger.application.ports.writing import Writing
    from ipo_ledger.domain.events import Fact
    from ipo_ledger.domain.system import System


class RowDiffers(Struct, frozen=True, kw_only=True):
    """One row of the read model that is not as the events make it: `columns` are those that differ."""

    table: str
    key: Mapping[str, int | str]
    how: Literal["missing", "extra", "different"]
    columns: tuple[str, ...] = ()
    position: int | None = None


class TableCompared(Struct, frozen=True, kw_only=True):
    """One table of the read model: made anew it has `rows` and `digest`; how the ledger's own differs."""

    table: str
    rows: int
    digest: str
    missing: int
    extra: int
    different: int
    examples: tuple[RowDiffers, ...] = ()

    @property
    def agrees(self) -> bool:
        """Tell whether both are the same."""
        return not self.missing + self.extra + self.different


class Shadow(Reading, Protocol):
    """A read model made anew beside the ledger, from the facts it is given in order; gone when it is closed."""

    def look_back(self, reading: Reading) -> None:
        """Ask this one for events, where what is asked is about them and not about the read model."""
        ...

    def take(self, facts: Iterable[Fact]) -> None:
        """Project facts. Raises `StoreUnusable` for one that cannot follow from those before it."""
        ...

    def before(self, name: str) -> System:
        """Return a system as the facts taken so far leave it; to look at, not to change."""
        ...

    def flush(self) -> None:
        """Write what was taken, so that it can be read and compared."""
        ...

    def as_it_is(self, reading: Reading) -> Iterator[TableCompared]:
        """Return rows and digest of each of the ledger's tables, which are known to be right: `Reading.agreed`."""
        ...

    def compare(self, reading: Reading) -> Iterator[TableCompared]:
        """Compare each table with the ledger's, and note which rows differ."""
        ...

    def watch(self) -> None:
        """Note from now on also the rows that are written here."""
        ...

    def mend(self, writing: Writing) -> Iterator[TableCompared]:
        """Make the noted rows of the ledger's read model what they are here, and nothing else."""
        ...
