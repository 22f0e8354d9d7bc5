"""Whole processes: how long one takes from its start to its exit, and the most memory it ever held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

_ROOT = Path(__file__).parents[1]


class Ended(Struct, frozen=True):
    """A process that ended: its wall-clock seconds, and what it said."""

    seconds: float
    exit_code: int
    out: bytes
    err: bytes


class ProcessFailed(Exception):
    """A process ended with another exit code than it should."""


def run(arguments: Sequence[str], *, home: Path, expect: int = 0, profile: Path | None = None) -> Ended:
    """Run Python with these arguments, as a user's shell would; wait for it, and return how it went.

    Raises `ProcessFailed` when it exits with something else than `expect`.
    """
    command = [sys.executable, *(["-m", "cProfile", "-o", str(profile)] if profile is not None else []), *arguments]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        exit_code = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=_environment(home), cwd=_ROOT
        ).returncode
        seconds = time.perf_counter() - began
        out.seek(0)
        err.seek(0)
        ended = Ended(seconds, exit_code, out.read(), err.read())
    if ended.exit_code != expect:
        said = ended.err.decode("utf-8", "replace")[-2000:]
        raise ProcessFailed(f"{' '.join(command)} ended with {ended.exit_code}, not {expect}:\n{said}")
    return ended


def megabytes(arguments: Sequence[str], *, home: Path, expect: int = 0) -> tuple[float, float]:
    """Run a module with these arguments; return the most memory it held, in MB, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder, "peak")
        ended = run(["-m", "benchmarks.peak", str(peak), *arguments], home=home, expect=expect)
        return int(peak.read_text(encoding="utf-8")) / 2**20, ended.seconds


def _environment(home: Path) -> dict[str, str]:
    """Return our environment without what would change the program, and with an empty home."""
    # An installed program has its modules compiled; one in a checkout would be compiled at every start.
    ours = ("IPO_LEDGER_", "PG", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100"}
