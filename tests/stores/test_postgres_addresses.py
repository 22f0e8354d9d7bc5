"""What of a `postgresql://` URL is shown, and which URLs are refused: no password ever gets out."""

from __future__ import annotations

import traceback

import pytest

from ipo_ledger.adapters.postgres.address import address
from ipo_ledger.adapters.postgres.store import PostgresStore
from ipo_ledger.adapters.store.faults import BadLedgerUrl

SECRET = "s3cr3t"  # noqa: S105 - of nobody


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana:s3cr3t@db/ledger", "postgresql://ana@db/ledger"),
        ("postgres://ana:s3cr3t@db:5433/ledger", "postgresql://ana@db:5433/ledger"),
        ("postgresql://ana@db/ledger", "postgresql://ana@db/ledger"),
        ("postgresql://db", "postgresql://db"),
        ("postgresql://", "postgresql://"),
        ("postgresql://:s3cr3t@db/ledger", "postgresql://@db/ledger"),
        ("postgresql://ana:s3cr3t%40%2F%3A@db/ledger", "postgresql://ana@db/ledger"),
        ("postgresql://ana%40x:s3cr3t@db/ledger", "postgresql://ana%40x@db/ledger"),
        ("postgresql://ana:s3cr3t:more@db/ledger", "postgresql://ana@db/ledger"),
        ("postgresql:///ledger?host=/tmp/x", "postgresql:///ledger?host=/tmp/x"),
        ("postgresql://ana:s3cr3t@%2Ftmp%2Fx/ledger", "postgresql://ana@%2Ftmp%2Fx/ledger"),
        ("postgresql://ana:s3cr3t@[::1]:5432/ledger", "postgresql://ana@[::1]:5432/ledger"),
        ("postgresql://db/ledger?user=ana&password=s3cr3t", "postgresql://db/ledger?user=ana"),
        ("postgresql://db/ledger?pass%77ord=s3cr3t&sslmode=require", "postgresql://db/ledger?sslmode=require"),
        ("postgresql://db?password=s3cr3t", "postgresql://db"),
        ("postgresql://db/ledger?sslpassword=s3cr3t", "postgresql://db/ledger"),
        (
            "postgresql://ana:s3cr3t@h1:1,h2:2/ledger?target_session_attrs=read-write",
            "postgresql://ana@h1:1,h2:2/ledger?target_session_attrs=read-write",
        ),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert address(url).shown == shown
    assert PostgresStore(url).url == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cr3t@x@db/ledger",
        "postgresql://ana:x@s3cr3t@db/ledger",
        "postgresql://ana:s3cr3t/x@db/ledger",
        "postgresql://ana:x/s3cr3t@db/ledger",
        "postgresql://ana:s3cr3t?x@db/ledger",
        "postgresql://ana:x?s3cr3t@db/ledger",
        "postgresql://ana:x#s3cr3t/y@db/ledger",
        "postgresql://ana:s3cr3t%zz@db/ledger",
        "postgresql://ana:%zzs3cr3t@db/ledger",
        "postgresql://ana:s3cr3t%00@db/ledger",
        "postgresql://ana:s3cr3t@db/ledger?no_such_setting=1",
        "postgresql://ana:s3cr3t@db/ledger?sslmode",
        "postgresql://db/ledger?password=s3cr3t%zz",
        "postgresql://db/ledger?password=s3cr3t&nonsense",
        "postgresql://db/ledger?password=x@s3cr3t",
        "postgresql://ana:s3cr3t@[::1/ledger",
        "postgresql:ana:s3cr3t@db/ledger",
        "http://ana:s3cr3t@db/ledger",
        "postgresqlx://ana:s3cr3t@db/ledger",
        "host=db password=s3cr3t",
        "postgresql://ana:s3cr3t/ledger",
        "postgresql://ana:s3cr3t",
        "postgresql://db1,ana:s3cr3t/ledger",
        "postgresql://db/ledger?pasword=s3cr3t",
        "postgresql://db/ledger?host=x&pass word=s3cr3t",
        "postgresql://db/ledger?s3cr3t",
        "postgresql://db/ledger?host=/tmp password=s3cr3t",
        "postgresql://db/ledger?sslmode=s3cr3t%00",
        "postgresql://ana:s3cr3t\udcff@db/ledger",
        "postgresql://ana:s3cr3t\0@db/ledger",
        "postgresql://db/ledger&password=s3cr3t",
        "postgresql://db&password=s3cr3t/ledger",
        "postgresql://ana:s3cr3t%b1@db/ledger",
        "postgresql://db/ledger?host=%b1&password=s3cr3t",
    ],
)
def test_a_refused_url_gives_nothing_away(url: str) -> None:
    with pytest.raises(BadLedgerUrl) as refused:
        PostgresStore(url)

    told = "".join(traceback.format_exception(refused.value, chain=True))
    assert SECRET not in refused.value.message + refused.value.hint + repr(refused.value.details)
    assert SECRET not in told.replace(url, "")


def test_a_setting_that_is_none_is_named() -> None:
    with pytest.raises(BadLedgerUrl, match="libpq has no setting pasword;"):
        address("postgresql://db/ledger?pasword=s3cr3t")


def test_what_the_url_says_comes_before_our_defaults() -> None:
    given = address("postgresql://db/x?connect_timeout=3&application_name=mine").parameters
    ours = address("postgresql://db/x").parameters

    assert (str(given["connect_timeout"]), given["application_name"]) == ("3", "mine")
    assert (ours["connect_timeout"], ours["fallback_application_name"]) == (10, "ipo-ledger")


def test_a_machine_that_is_gone_is_noticed_within_half_a_minute_unless_the_url_says_otherwise() -> None:
    given = address("postgresql://db/x?keepalives_idle=60").parameters
    ours = address("postgresql://db/x").parameters

    noticed = int(ours["keepalives_idle"]) + int(ours["keepalives_interval"]) * int(ours["keepalives_count"])
    assert noticed <= 30
    assert int(ours["tcp_user_timeout"]) <= 30_000
    assert str(given["keepalives_idle"]) == "60"
