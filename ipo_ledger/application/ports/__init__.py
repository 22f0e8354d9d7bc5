"""What the application needs from outside: a store that keeps the facts, and answers about them."""

from __future__ import annotations

from ipo_ledger.application.ports.exports import ReadsExports
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import BatchFilter, Head, KnownAnswer, LogFilter, SeatRow, SystemRow
from ipo_ledger.application.ports.shadow import RowDiffers, Shadow, TableCompared
from ipo_ledger.application.ports.store import TILE_LEVEL, Progress, Store, StoreReport
from ipo_ledger.application.ports.writing import Loading, Writing

__all__ = [
    "TILE_LEVEL",
    "BatchFilter",
    "Head",
    "KnownAnswer",
    "Loading",
    "LogFilter",
    "Progress",
    "Reading",
    "ReadsExports",
    "RowDiffers",
    "SeatRow",
    "Shadow",
    "Store",
    "StoreReport",
    "SystemRow",
    "TableCompared",
    "Writing",
]
