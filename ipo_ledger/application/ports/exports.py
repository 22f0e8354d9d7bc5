"""Where the exports of a site come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ipo_ledger.domain.site import Site


class ReadsExports(Protocol):
    """Reads the export files of one site."""

    def __call__(self, paths: Sequence[Path], mapping: Path | None) -> Site:
        """Return what the files say, together. Raises `ExportUnreadable` with every complaint."""
        ...
