"""Tries everything that reads what others wrote, and ledgers with damaged pages, for as long as it is let.

    python -m tests.hostile [--only NAME] [--seconds N] [--seed S]

Prints the time, the cases and the findings of each; the exit code is 1 when there is a finding. The same seed tries
the same cases. On Unix memory is limited, so that what would fill it is a finding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.hostile.mutating import some_file
from tests.hostile.pages import DAMAGES, a_ledger, looked_at
from tests.hostile.targets import TARGETS, staged

MEMORY = 2 << 30  # bytes
PATIENCE = 5.0  # seconds for one case

Case = Callable[[], str | None]


@contextmanager
def _readers(name: str, random: Random, folder: Path) -> Iterator[Case]:
    with staged(folder) as stage:
        target = TARGETS[name]
        seeds = target.seeds(stage)
        yield lambda: target.run(stage, some_file(seeds, random))


@contextmanager
def _pages(random: Random, folder: Path) -> Iterator[Case]:
    file = a_ledger(folder)
    sound = file.read_bytes()
    names = sorted(DAMAGES)

    def case() -> str | None:
        for end in ("-wal", "-shm"):
            file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
        name = random.choice(names)
        wrong = looked_at(file, sound, DAMAGES[name], random)
        return f"{name}: {wrong}" if wrong else None

    yield case


def tried(name: str, seconds: float, seed: int) -> tuple[int, Counter[str]]:
    """Try one thing for so long; return how many cases that were, and the findings with how often each came."""
    random = Random(f"{seed} {name}")  # noqa: S311 - the same cases for the same seed
    found: Counter[str] = Counter()
    cases = 0
    with tempfile.TemporaryDirectory(prefix="ipo-hostile-") as folder:
        trying = _pages(random, Path(folder)) if name == "pages" else _readers(name, random, Path(folder))
        with trying as case:
            end = time.monotonic() + seconds
            while (began := time.monotonic()) < end:
                cases += 1
                try:
                    wrong = case()
                except MemoryError:
                    wrong = f"it wanted more than {MEMORY >> 20} MiB"
                if wrong is None and time.monotonic() - began > PATIENCE:
                    wrong = f"it took {time.monotonic() - began:.0f} s"
                if wrong is not None:
                    found[wrong] += 1
    return cases, found


def main() -> int:
    """Try what the command line names, or all."""
    names = [*TARGETS, "pages"]
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Try hostile input.")
    parser.add_argument("--only", choices=names, help="one of them")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all together (default 60)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chosen = [given.only] if given.only else names
    _limit_memory()
    total = 0
    for name in chosen:
        began = time.monotonic()
        cases, found = tried(name, given.seconds / len(chosen), given.seed)
        total += len(found)
        print(f"{name:<9} {time.monotonic() - began:6.1f} s {cases:>8} cases {len(found):>4} findings", flush=True)
        for wrong, times in found.most_common(20):
            print(f"  {times:>5} x {wrong}", flush=True)
    return min(total, 1)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    sys.exit(main())
