"""What was measured on, and with which versions: a ratio without them says little."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

from tests.postgres_server import Server

_PACKAGES = ("ipo-ledger", "eventsourcing", "psycopg", "psycopg-pool", "msgspec", "click", "doltlite")


class Machine(Struct, frozen=True):
    """The machine of a run, as text by what it is about."""

    about: dict[str, str]


def this_machine(server: Server | None) -> Machine:
    """Look at this machine."""
    about = {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "system": " ".join([platform.system(), *platform.release().split(".")[:1]]),
        "disk": f"{_file_system()}, an fsync takes {_fsync() * 1000:.2f} ms",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": str(server.installation) if server is not None else "none",
    }
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            about[package] = version(package)
    return Machine(about)


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    return "unknown"


def _file_system() -> str:
    if sys.platform != "linux":
        return "unknown file system"
    stat = shutil.which("stat")
    if stat is None:
        return "unknown file system"
    command = [stat, "--file-system", "--format=%T", tempfile.gettempdir()]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    return told.stdout.strip() or "unknown file system"


def _fsync() -> float:
    """Return the median seconds of an fsync after a small write: what each durable commit costs at least."""
    took = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(51):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]
