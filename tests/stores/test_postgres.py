"""The contract on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.contract import StoreContract
from tests.stores.places import Place, PostgresPlace


class TestPostgresStore(StoreContract):
    """A ledger in a database."""

    @pytest.fixture
    def place(self, postgres_url: str) -> Iterator[Place]:
        """Return an empty database."""
        place = PostgresPlace(postgres_url)
        yield place
        place.close()
