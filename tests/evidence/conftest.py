"""A key that is the same in every run, and the script that strangers check evidence with."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from ipo_ledger.evidence.notes import SigningKey


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.of("example.com/ledger", bytes(range(32)))


@pytest.fixture(scope="session")
def verifier_path() -> Path:
    return Path(__file__).parents[2] / "docs" / "verify_evidence.py"


@pytest.fixture(scope="session")
def verifier(verifier_path: Path) -> ModuleType:
    """The script as a module, by its path: it belongs to no package."""
    spec = spec_from_file_location("verify_evidence", verifier_path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
