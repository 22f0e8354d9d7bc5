"""The types of the answers: each is found in the package, whichever module it is in."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from ipo_ledger.application import answers

MODULES = [module.name for module in iter_modules(answers.__path__)]


@pytest.mark.parametrize("module", MODULES)
def test_every_type_of_a_module_is_found_in_the_package(module: str) -> None:
    home = import_module(f"{answers.__name__}.{module}")
    types = [t for t in vars(home).values() if isinstance(t, type) and t.__module__ == home.__name__]

    assert types
    assert [getattr(answers, t.__name__) for t in types] == types


def test_a_type_checker_is_told_of_every_module() -> None:
    (folder,) = answers.__path__
    stub = Path(folder, "__init__.pyi").read_text(encoding="utf-8")
    told = [line.removesuffix(" import *").rpartition(".")[2] for line in stub.splitlines() if line[0] != "#"]

    assert told == MODULES


def test_what_is_no_answer_is_not_found() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = answers.Nothing  # type: ignore[attr-defined]  # that is the point
