"""Injects faults, one kind after the other, and says what was lost: `python -m tests.faults --only lost-answers`.

Every kind ends with the same questions: is each acknowledged command there, whole and once; is every other there
whole or not at all; have positions a gap; does `verify` find anything; does the next command work. What is not so is
printed, and the exit code is 1; what was told wrongly ends the run with a traceback.
"""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from tests.faults import catalogue, page


def main(arguments: list[str]) -> int:
    """Run the kinds that are asked for, and print a line for each."""
    trials = {trial.name: trial for trial in catalogue.trials()}
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Injects faults and looks what is lost."
    )
    parser.add_argument("--only", action="append", choices=sorted(trials), metavar="NAME", help=", ".join(trials))
    parser.add_argument("--rounds", type=int, help="how often, instead of each kind's own number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write what was found into docs/reliability.md")
    chosen = parser.parse_args(arguments)
    print(f"{'fault':<18} {'injected':>8} {'acknowledged':>12} {'lost':>4} {'seconds':>7}  seen")
    failed = False
    for name in chosen.only or trials:
        trial = trials[name]
        began = time.monotonic()
        found = trial.run(chosen.rounds or trial.rounds, Random(chosen.seed))  # noqa: S311 - no secret
        seen = ", ".join(f"{what} {count}" for what, count in sorted(found.seen.items()))
        took = time.monotonic() - began
        line = f"{name:<18} {found.injected:>8} {found.acknowledged:>12} {found.lost:>4} {took:>7.1f}  {seen}"
        print("\n  WRONG: ".join([line, *found.wrong]), flush=True)
        if chosen.write:
            page.write(trial, found)
        failed = failed or bool(found.lost or found.wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
