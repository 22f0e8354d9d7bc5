"""Two servers: nothing acknowledged is lost when the primary dies, and a standby says what it is when it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ipo_ledger.adapters.store.faults import StandbyBehind, StoreReadOnly
from ipo_ledger_cli.main import run
from tests.faults.failover import AFTER, BEFORE, in_a_pair
from tests.faults.replicas import Pair, a_pair
from tests.faults.site import SYSTEM, a_ledger, opened, recorded, swap
from tests.postgres_installations import Installation, found_installations, must_fail_without_server


@pytest.fixture(scope="module")
def installation() -> Installation:
    """The first PostgreSQL there is: what two servers do together takes time."""
    found = [each for each in found_installations() if each.program("pg_basebackup").exists()]
    if not found:
        reason = "no PostgreSQL with pg_basebackup found"
        if must_fail_without_server():
            pytest.fail(reason)
        pytest.skip(reason)
    return found[0]


@pytest.fixture(scope="module")
def servers(installation: Installation, postgres_home: Path) -> Iterator[Pair]:
    """A primary, and a standby that follows it."""
    with a_pair(installation, postgres_home) as found:
        yield found


@pytest.fixture
def pair(servers: Pair) -> Pair:
    """A new ledger on both."""
    servers.primary.drop_database("ledger")
    a_ledger(servers.primary.create_database("ledger"))
    servers.caught_up()
    return servers


def test_when_the_primary_dies_the_writer_goes_on_and_nothing_acknowledged_is_lost(
    installation: Installation, postgres_home: Path
) -> None:
    took = in_a_pair(installation, postgres_home, synchronous=True, writers=1)

    assert not took.looked.lost
    assert not took.looked.wrong
    assert took.extends
    assert took.before >= BEFORE
    assert took.after >= AFTER
    assert not took.faults


def test_a_standby_that_is_behind_gives_no_answer_that_could_change(pair: Pair) -> None:
    primary, standby = pair.primary.url("ledger"), pair.standby.url("ledger")
    with opened(primary) as ledger:
        shown = swap(ledger, "shown")
        pair.caught_up()
        pair.pause()
        swap(ledger, "not shown")
    late = recorded(primary)["not shown"][0].recorded_at
    early = recorded(primary)["shown"][0].recorded_at
    assert late is not None
    assert early is not None

    with opened(standby) as behind, opened(primary) as ledger:
        with pytest.raises(StandbyBehind, match=f"up to {shown}, recorded") as refused:
            behind.system(SYSTEM).who(1, known_at=late)
        assert f"--known-at {shown}" in refused.value.hint
        for known_at in (shown, early):
            answers = [each.system(SYSTEM).who(1, on=late, known_at=known_at) for each in (behind, ledger)]
            assert answers[0] == answers[1]
        pair.resume()
        pair.caught_up()
        assert behind.system(SYSTEM).who(1, on=late, known_at=late).stays[0].batch == "B2"


def test_a_standby_answers_and_says_how_far_it_is(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    primary, standby = pair.primary.url("ledger"), pair.standby.url("ledger")
    with opened(primary) as ledger:
        position = swap(ledger, "shown")
        pair.caught_up()
        pair.pause()
        swap(ledger, "not shown")
    told = f"Note: this server is a standby; the ledger it shows ends with event {position}, recorded "

    for words in (["who", "1"], ["log", "--json"], ["verify"], ["status", "--store"]):
        assert run([*words, "--ledger", standby], environment={}) == 0
        assert told in capsys.readouterr().err
    assert "that it does not show yet" in _note(standby)
    pair.resume()
    pair.caught_up()
    assert _note(standby).count(".") == 1
    pair.separate()  # for good: this test is the last on these servers
    assert _note(standby).endswith("It does not follow its primary now: what is newer is missing here.")
    assert run(["who", "1", "--ledger", primary], environment={}) == 0
    assert "standby" not in capsys.readouterr().err
    assert run(["swap", "201", "202", "--ledger", standby, "--json"], environment={}) == StoreReadOnly.exit_code
    assert capsys.readouterr().err.startswith('{"error":{"code":"store-read-only"')


def _note(url: str) -> str:
    with opened(url) as ledger:
        ledger.systems()
        note = ledger.note()
    assert note is not None
    return note
