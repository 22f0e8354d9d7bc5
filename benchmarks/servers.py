"""The PostgreSQL that is measured: started as the tests start theirs, but on a disk, and durable."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tests.postgres_home import session_home
from tests.postgres_installations import found_installations
from tests.postgres_server import Server

SETTINGS = {
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",  # no checkpoint in the middle of a round
    "checkpoint_timeout": "30min",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
}


@contextmanager
def durable_server() -> Iterator[Server | None]:
    """Start the preferred PostgreSQL of this machine, with fsync; None where there is none."""
    installations = found_installations()
    if not installations:
        yield None
        return
    folder = os.environ.get("TMPDIR", tempfile.gettempdir())
    # Named, it is not put into memory: a file system in memory makes every commit free.
    with (
        patch.dict(os.environ, {"TMPDIR": folder}),
        session_home() as home,
        Server(installations[0], home, fsync=True, settings=SETTINGS) as server,
    ):
        yield server
