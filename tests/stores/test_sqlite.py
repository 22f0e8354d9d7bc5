"""The contract on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.contract import StoreContract
from tests.stores.places import Place, SqlitePlace


class TestSqliteStore(StoreContract):
    """A ledger in a file."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Place]:
        """Return a file that is not there yet."""
        place = SqlitePlace(tmp_path / "ledger.db")
        yield place
        place.close()
