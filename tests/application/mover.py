"""A program of its own for tests: swaps at random on one ledger, and says each command id once it is answered.

Run as `python -m tests.application.mover URL NAME SEED COUNT`; COUNT 0 goes on until it is killed.
"""

from __future__ import annotations

import random
import sys

import ipo_ledger
from ipo_ledger import Refused

NUMBERS = [str(n) for n in range(201, 210)]


def main(url: str, name: str, seed: int, count: int) -> None:
    """Swap until done; print `NAME-n B7` for what was recorded, `NAME-n refused CODE` for what was not."""
    chosen = random.Random(seed)  # noqa: S311 - which desks, not a secret
    with ipo_ledger.open(url, actor=name) as ledger:
        hq = ledger.system("hq")
        n = 0
        while count == 0 or n < count:
            n += 1
            command_id = f"{name}-{n}"
            one, other = chosen.sample(NUMBERS, 2)
            try:
                done = hq.swap(one, other, done=True, command_id=command_id)
            except Refused as refused:
                print(command_id, "refused", refused.code, flush=True)
            else:
                print(command_id, done.batch, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
