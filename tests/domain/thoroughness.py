"""How many examples the random tests try, few on an ordinary run, many when asked for; and what they tried."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable

VARIABLE = "IPO_LEDGER_TEST_EXAMPLES"


def examples(ordinarily: int) -> int:
    """Return how many examples to try: as many as ordinarily, times what the environment says (a whole number)."""
    return ordinarily * int(os.environ.get(VARIABLE, "1"))


def tell_what_was_tried(hold: Callable[[int], Counter[str]], histories: int, first: int) -> None:
    """Check a law on histories from a seed on, and print how often each thing was tried; name the seed that fails."""
    tried: Counter[str] = Counter()
    for seed in range(first, first + histories):
        try:
            tried += hold(seed)
        except AssertionError:
            print(f"seed {seed} fails; before it, from seed {first} on:", file=sys.stderr)
            print(*(f"  {what}: {times}" for what, times in sorted(tried.items())), sep="\n", file=sys.stderr)
            raise
    print(f"{histories} histories from seed {first}: every law held")
    print(*(f"  {what}: {times}" for what, times in sorted(tried.items())), sep="\n")
