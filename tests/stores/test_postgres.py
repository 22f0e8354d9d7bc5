"""The contract on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.contract import StoreContract
from tests.stores.contract_making import MakingContract
from tests.stores.places import Place, PostgresPlace


class TestPostgresStore(StoreContract):
    """A ledger in a database."""

    @pytest.fixture
    def place(self, request: pytest.FixtureRequest) -> Iterator[Place]:
        """Return a database: an empty one for those who make a ledger, for others one that has an empty ledger."""
        makes = hasattr(MakingContract, request.function.__name__)
        place = PostgresPlace(request.getfixturevalue("postgres_url" if makes else "postgres_ledger_url"))
        yield place
        place.close()
