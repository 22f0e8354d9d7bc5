"""Faults at the system calls of a program that records on SQLite: killed at one, or told that it failed.

It takes `strace` (Linux), which can do both: the program is not changed.
"""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

from ipo_ledger.adapters.store.faults import CommitUnknown
from tests.faults import swapper
from tests.faults.file_set import Files
from tests.faults.site import a_ledger, look
from tests.faults.trial import Found, Trial, a_folder

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")  # by which SQLite changes what is on the disk
COMMANDS = 3
ERRORS = ("EIO", "ENOSPC")


def at_calls(inject: str, rounds: int, chance: Random) -> Found:
    """Inject a fault at each such call, or at `rounds` of them by chance where that is fewer."""
    found = Found()
    if shutil.which("strace") is None:
        found.seen["not run: there is no strace here"] += 1
        return found
    with a_folder() as folder:
        fresh = folder / "fresh" / "ledger.db"
        a_ledger(_url(fresh))
        files = Files.of(fresh)
        places = _places(files, folder)
        for call, number in chance.sample(places, min(rounds, len(places))):
            path = files.lay(folder / "tried")
            error = f"error={chance.choice(ERRORS)}" if inject == "error" else "signal=SIGKILL"
            code, acknowledged, faults = swapper.run(
                [*_strace(folder, f"inject={call}:{error}:when={number}"), *swapper.command(_url(path), "n", COMMANDS)]
            )
            found.injected += 1
            found.seen[_what(code, faults)] += 1
            found.take(look(_url(path), acknowledged, _denied(faults)), len(acknowledged))
    return found


def _places(files: Files, folder: Path) -> list[tuple[str, int]]:
    path = files.lay(folder / "counted")
    words = [*_strace(folder, f"trace={','.join(CALLS)}"), *swapper.command(_url(path), "n", COMMANDS)]
    code, acknowledged, faults = swapper.run(words)
    assert (code, len(acknowledged)) == (0, COMMANDS), faults
    lines = (folder / "calls").read_text("utf-8", "replace").splitlines()
    calls = Counter(line.split(maxsplit=1)[1].partition("(")[0] for line in lines)
    return [(call, number) for call in CALLS for number in range(1, calls[call] + 1)]


def _strace(folder: Path, what: str) -> list[str]:
    return ["strace", "-f", "-qq", "-o", str(folder / "calls"), "-e", what]


def _what(code: int, faults: list[str]) -> str:
    slugs = sorted({fault.split("\t")[0] for fault in faults if "\t" in fault})
    return f"exit {code}" + "".join(f" {slug}" for slug in slugs)


def _denied(faults: list[str]) -> list[str]:
    """Return the commands of which a fault says that nothing was recorded."""
    told = [fault.split("\t") for fault in faults if "\t" in fault]
    return [name for code, name, _ in told if code != CommitUnknown.code]


def _url(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


TRIALS = [
    Trial("sqlite-killed", "the program is killed at a system call that writes", 60, partial(at_calls, "kill")),
    Trial("sqlite-io-error", "a system call that writes fails: EIO, or ENOSPC", 60, partial(at_calls, "error")),
]
