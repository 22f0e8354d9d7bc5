"""A ledger on each store, with the nine-user site taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ipo_ledger
from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export

BASELINE = "2026-03-01T10:00"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place for a ledger, or of an empty one, on each store in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}"
    address: str = request.getfixturevalue("postgres_ledger_url")
    return address


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger, opened by ana."""
    with ipo_ledger.open(url, actor="ana") as opened:
        opened.init()
        yield opened


@pytest.fixture
def export(tmp_path: Path) -> list[Path]:
    """The nine-user site's export: users 201 to 209 at extensions 1 to 9, several pages each."""
    return write_export(synthetic_site(9), tmp_path / "export", page_size=5)


@pytest.fixture
def hq(ledger: Ledger, export: list[Path]) -> SystemLedger:
    """System hq in Madrid, release 11.1, with its baseline."""
    ledger.add_system("hq", release="11.1.2.1.0", timezone="Europe/Madrid", at=BASELINE)
    system = ledger.system("hq")
    system.import_exports(*export, at=BASELINE)
    return system
