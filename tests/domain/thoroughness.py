"""How many examples the random tests try: few on an ordinary run, many when asked for."""

from __future__ import annotations

import os

VARIABLE = "IPO_LEDGER_TEST_EXAMPLES"


def examples(ordinarily: int) -> int:
    """Return how many examples to try: as many as ordinarily, times what the environment says (a whole number)."""
    return ordinarily * int(os.environ.get(VARIABLE, "1"))
