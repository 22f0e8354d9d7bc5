"""Every kind of fault that is injected, with the number of rounds it is given by default."""

from __future__ import annotations

from tests.faults import load, lost_answers, postgres_crashes, postgres_limits, sqlite_calls, sqlite_power
from tests.faults.trial import Trial


def trials() -> list[Trial]:
    """Return all kinds, in the order they are run."""
    return [
        *sqlite_power.TRIALS,
        *sqlite_calls.TRIALS,
        *lost_answers.TRIALS,
        *postgres_crashes.TRIALS,
        *postgres_limits.TRIALS,
        *load.TRIALS,
    ]
