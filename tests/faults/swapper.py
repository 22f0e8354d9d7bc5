"""A program of its own for faults: records swaps, and says name, position and milliseconds of each one acknowledged.

`python -m tests.faults.swapper URL NAME COUNT [SECONDS]`: COUNT 0 goes on without end; a store that cannot be used is
told and tried again for SECONDS (0: it ends with the exit code).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ipo_ledger.errors import StoreUnusable
from tests.faults.site import opened, swap

ROOT = Path(__file__).parents[2]
PAUSE = 0.05  # seconds


def command(url: str, name: str, count: int, seconds: float = 0) -> list[str]:
    """Return the command that runs this program; its working directory is `ROOT`."""
    return [sys.executable, "-m", "tests.faults.swapper", url, name, str(count), str(seconds)]


def run(words: list[str]) -> tuple[int, dict[str, int], list[str]]:
    """Run a command that runs this program; return its exit code, what was acknowledged, and the faults it told."""
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, encoding="utf-8")
    acknowledged, faults = told(done.stdout.splitlines())
    return done.returncode, acknowledged, faults + done.stderr.splitlines()


def told(lines: list[str]) -> tuple[dict[str, int], list[str]]:
    """Return what was acknowledged, and which faults were told, from the lines of this program."""
    acknowledged, faults = {}, []
    for line in lines:
        kind, _, rest = line.partition("\t")
        name, _, value = rest.partition("\t")
        if kind == "done" and value:
            acknowledged[name] = int(value.partition("\t")[0])
        elif kind == "fault":
            faults.append(rest)
    return acknowledged, faults


def main(url: str, name: str, count: int, seconds: float) -> int:
    """Swap until done, or until killed; return the exit code."""
    with opened(url) as ledger:
        number, failing_since = 0, None
        while not count or number < count:
            number += 1
            began = time.perf_counter()
            try:
                position = swap(ledger, f"{name} {number}")
            except StoreUnusable as fault:
                print(f"fault\t{fault.code}\t{name} {number}\t{fault}", flush=True)
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since >= seconds:
                    os._exit(fault.exit_code)  # as if it crashed: what the disk has is what is left
                time.sleep(PAUSE)
            else:
                failing_since = None
                took = (time.perf_counter() - began) * 1000
                print(f"done\t{name} {number}\t{position}\t{took:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
