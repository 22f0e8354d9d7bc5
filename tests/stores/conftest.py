"""What the tests of both stores share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipo_ledger.adapters import migrations
from tests.postgres_server import Server
from tests.stores.places import PostgresPlace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a release that has one more migration, which is the last one there."""
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder)
    number = migrations.migrations("sqlite")[-1].number + 1
    for dialect, schema in (("sqlite", ""), ("postgres", "ipo_ledger.")):
        sql = f"CREATE TABLE {schema}more (one integer);\nINSERT INTO {schema}more VALUES (1);\n"
        (folder / dialect / f"{number:04}_more.sql").write_text(sql, encoding="utf-8")
    monkeypatch.setattr(migrations, "_folder", lambda: folder)
    return folder


@pytest.fixture
def postgres_ledger(postgres_ledger_url: str) -> Iterator[PostgresPlace]:
    """Return a ledger."""
    place = PostgresPlace(postgres_ledger_url)
    place.ledger()
    yield place
    place.close()


@pytest.fixture
def own_postgres_ledger(own_postgres: Server) -> Iterator[PostgresPlace]:
    """Return a ledger on a server of its own."""
    place = PostgresPlace(own_postgres.create_database("ledger"))
    place.ledger()
    yield place
    place.close()
