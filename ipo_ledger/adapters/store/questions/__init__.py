"""The questions asked of the read model: SQL that both dialects understand, with named parameters.

`{schema}` is where the tables are. A store turns `:name` into its own form once, when it is opened. Each module has
the texts of what the module of its name beside this folder asks; those about systems are asked in `reading.py`.
"""

from __future__ import annotations

from ipo_ledger.adapters.store.questions import (
    batches,
    extensions_and_users,
    glances,
    kept_events,
    piles,
    systems,
    whole_systems,
)
from ipo_ledger.adapters.store.questions.piles import OF
from ipo_ledger.adapters.store.questions.standing import STANDS
from ipo_ledger.adapters.store.questions.whole_systems import LAST

__all__ = ["LAST", "OF", "QUESTIONS", "STANDS"]

QUESTIONS: dict[str, str] = {
    **systems.QUESTIONS,
    **extensions_and_users.QUESTIONS,
    **batches.QUESTIONS,
    **piles.QUESTIONS,
    **whole_systems.QUESTIONS,
    **kept_events.QUESTIONS,
    **glances.QUESTIONS,
}
