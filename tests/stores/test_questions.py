"""The texts of the questions: one place each."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

from ipo_ledger.adapters.postgres.questions import OWN
from ipo_ledger.adapters.store import questions


def test_no_two_questions_have_the_same_name() -> None:
    parts = [import_module(f"{questions.__name__}.{module.name}") for module in iter_modules(questions.__path__)]
    names = Counter(name for part in parts for name in getattr(part, "QUESTIONS", {}))

    assert [name for name, times in names.items() if times > 1] == []
    assert names.keys() == questions.QUESTIONS.keys()


def test_postgresql_has_words_of_its_own_only_for_what_both_are_asked() -> None:
    assert OWN.keys() <= questions.QUESTIONS.keys()
