"""The questions as PostgreSQL is asked them: its names of parameters, and its own words where it needs others."""

from __future__ import annotations

import re
from functools import lru_cache

from ipo_ledger.adapters.store.questions import QUESTIONS

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


@lru_cache(maxsize=256)
def sql(question: str, where: str) -> bytes:
    """Return a question with its condition, in psycopg's form."""
    text = QUESTIONS[question].replace("{where}", where)
    text = text.replace("{schema}", "ipo_ledger.").replace("{position}", "position")
    return _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%")).encode()
