"""A server that dies and comes back while somebody records: they go on by themselves; nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.postgres_crashes import end_a_session, kill_a_session, kill_the_server
from tests.faults.site import a_ledger, refuse_unsound
from tests.faults.writers import Writers
from tests.postgres_installations import found_installations, must_fail_without_server
from tests.postgres_server import Server


@pytest.fixture
def server(postgres_home: Path) -> Iterator[Server]:
    """A server to be killed: the first there is."""
    found = found_installations()
    if not found:
        if must_fail_without_server():
            pytest.fail("no PostgreSQL found")
        pytest.skip("no PostgreSQL found")
    with Server(found[0], postgres_home) as running:
        yield running


def test_who_records_goes_on_whatever_is_killed_on_the_other_side(server: Server) -> None:
    chance = Random(5)  # noqa: S311 - no secret
    url = server.create_database("ledger")
    a_ledger(url)

    with Writers(url, 1) as writers:
        for kill in (end_a_session, kill_a_session, kill_the_server):
            writers.wait_for(chance.randint(2, 5))
            kill(server, writers, chance)
        writers.wait_for(2)

    assert not writers.faults
    assert refuse_unsound(url, writers.acknowledged) >= 8
