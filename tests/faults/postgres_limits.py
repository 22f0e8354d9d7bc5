"""A server that gives up: its disk is full, or a statement, a lock or a session took too long."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import psycopg

from ipo_ledger.adapters.store.faults import CommitUnknown
from ipo_ledger.errors import StoreUnusable
from tests.faults.site import a_ledger, look, opened, swap
from tests.faults.trial import Found, Trial, a_folder, a_server
from tests.postgres_installations import found_installations
from tests.postgres_server import Server

DISK = 160  # MiB: a new server takes about 60
CHUNK = 1 << 16
_OF_A_SESSION = 3  # milliseconds between two statements of a command, at most
_SOME = 0.3


def full_disk(rounds: int, chance: Random) -> Found:
    """Fill the disk of a server while commands are recorded, make room again, and go on."""
    found, acknowledged, denied = Found(), {}, []
    if sys.platform != "linux" or os.geteuid() != 0:
        found.seen["not run: only root can mount a small disk, on Linux"] += 1
        return found
    with a_folder() as folder, _small_disk(folder), Server(found_installations()[0], folder) as server:
        url = server.create_database("ledger")
        a_ledger(url)
        with opened(url, 10) as ledger:
            for number in range(rounds):
                _fill(server.folder / "filler", leave=chance.randrange(0, 40) * CHUNK)
                found.injected += 1
                for attempt in range(400):
                    name = f"{number} {attempt}"
                    try:
                        acknowledged[name] = swap(ledger, name)
                    except StoreUnusable as fault:
                        found.seen[fault.code] += 1
                        denied += [name] if fault.code != CommitUnknown.code else []
                        break
                (server.folder / "filler").unlink()
                if not server.running:
                    found.seen["the server ended"] += 1
                    server.start()
                acknowledged[f"{number} room"] = swap(ledger, f"{number} room")
        found.take(look(url, acknowledged, denied), len(acknowledged))
    return found


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=711", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(path: Path, *, leave: int) -> None:
    """Write a file until the disk is full, and give back so many bytes."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(CHUNK))
        except OSError:
            file.truncate(max(0, file.tell() - leave))


def time_outs(setting: str, longest: int, rounds: int, chance: Random) -> Found:
    """Record with so short a time-out, some milliseconds, that some commands do not make it."""
    found, acknowledged, denied = Found(), {}, []
    with a_server() as server:
        url = server.create_database("ledger")
        a_ledger(url)
        for number in range(rounds):
            _set(server, setting, f"{chance.randint(1, longest)}ms")
            with opened(url) as ledger, _held(url, held=longest > _OF_A_SESSION and chance.random() < _SOME):
                name = f"{number}"
                try:
                    acknowledged[name] = swap(ledger, name)
                except StoreUnusable as fault:
                    found.injected += 1
                    found.seen[fault.code] += 1
                    denied += [name] if fault.code != CommitUnknown.code else []
            _set(server, setting, "0")
        found.take(look(url, acknowledged, denied), len(acknowledged))
    return found


@contextmanager
def _held(url: str, *, held: bool) -> Iterator[None]:
    """Let somebody else hold the head of the ledger meanwhile, or nobody."""
    with psycopg.connect(url, options="-c statement_timeout=0") as other:
        if held:
            other.execute("SELECT FROM ipo_ledger.head FOR UPDATE")
        yield


def _set(server: Server, setting: str, value: str) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE postgres IN DATABASE ledger SET {setting} = '{value}'".encode())


TRIALS = [
    Trial("server-full", "the disk of the server is full", 20, full_disk),
    Trial("statement-timeout", "a statement takes too long", 60, partial(time_outs, "statement_timeout", 20)),
    Trial(
        "session-timeout",
        "a transaction idles too long",
        60,
        partial(time_outs, "idle_in_transaction_session_timeout", _OF_A_SESSION),
    ),
]
