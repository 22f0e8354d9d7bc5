"""Plays docs/backup.md: every block of commands as it stands there, on ledgers that go on meanwhile.

`python -m tests.hostile.restore_drills` plays all, on each PostgreSQL of this machine. Each ends with `verify` against
a checkpoint that was kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import ipo_ledger
from ipo_ledger import Ledger
from ipo_ledger.demo_site import synthetic_site, write_export
from tests.cli.pages import ROOT
from tests.postgres_home import hand_over, session_home
from tests.postgres_installations import Installation, found_installations
from tests.postgres_server import SUPERUSER, Server
from tests.stores.tampering_tools import KEY

PAGE = ROOT / "docs" / "backup.md"
_BLOCK = re.compile(r"^```sh\n# drill: (?P<name>.*?)\n(?P<commands>.*?)^```$", re.MULTILINE | re.DOTALL)


class DrillFailed(Exception):
    """A command of the page did not do what the page says."""


def blocks() -> dict[str, str]:
    """Return the blocks of commands of the page, by their names."""
    return {found["name"]: found["commands"] for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}


class Drill:
    """A folder in which blocks of the page are run, with what stands for the names in them."""

    def __init__(self, folder: Path, programs: Path | None = None) -> None:
        """Begin in an empty folder with a key; PostgreSQL's programs are looked for in `programs` first."""
        self.folder = folder
        self.names: dict[str, str] = {}
        self.path = os.pathsep.join(str(p) for p in (programs, Path(sys.executable).parent, os.environ["PATH"]) if p)
        self.played: list[str] = []
        (folder / "ledger.key").write_text(f"{KEY.secret()}\n", encoding="utf-8")
        (folder / "ledger.key").chmod(0o600)

    def play(self, name: str, *, ends_with: int = 0, **names: str) -> str:
        """Run a block; return what it said. Raises `DrillFailed`."""
        self.names |= names
        plain = {n: v for n, v in os.environ.items() if not n.startswith(("PG", "IPO_LEDGER_"))}
        environment = {**plain, "PATH": self.path, "IPO_LEDGER_ACTOR": "ana", **self.names}
        environment.setdefault("IPO_LEDGER_URL", self.names.get("LEDGER", "sqlite:///ledger.db"))
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", blocks()[name]],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )  # fmt: skip
        self.played.append(name)
        if done.returncode != ends_with:
            raise DrillFailed(f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def url(self) -> str:
        """Return the URL of the ledger in a file here."""
        return f"sqlite:///{(self.folder / 'ledger.db').as_posix()}"


def _begun(url: str, folder: Path) -> None:
    write_export(synthetic_site(9), folder)
    with ipo_ledger.open(url, actor="ana") as ledger:
        ledger.init()
        ledger.add_system("hq", release="11.1", timezone="UTC")
        ledger.system("hq").import_exports(folder / "users-1.xml", folder / "extensions-1.xml")
    _goes_on(url, 5)


def _goes_on(url: str, swaps: int) -> str:
    """Record swaps; return the root of the ledger after them."""
    with ipo_ledger.open(url, actor="ana") as ledger:
        for n in range(swaps):
            ledger.system("hq").swap(str(201 + n % 8), str(202 + n % 8), done=True)
        return _root(ledger)


def _root(ledger: Ledger) -> str:
    found = ledger.verify()
    if not found.verified:
        raise DrillFailed(f"{ledger.url} is not sound")
    return found.root


def _came_back(said: str, root: str, what: str) -> str:
    if f"root {root}" not in said or "VERIFIED" not in said or "goes on from the checkpoint" not in said:
        raise DrillFailed(f"{what} is not what it was:\n{said}")
    return f"{what}: {next(line for line in said.splitlines() if line.startswith('VERIFIED'))}"


def file_drill(folder: Path) -> str:
    """Back a ledger in a file up, damage it, and restore it."""
    drill = Drill(folder)
    _begun(drill.url(), folder)
    drill.play("checkpoint")
    root = _goes_on(drill.url(), 3)
    drill.play("file")
    _goes_on(drill.url(), 3)
    with (folder / "ledger.db").open("r+b") as file:
        file.seek(8192)
        file.write(bytes(65536))
    said = drill.play("file restored")
    return _came_back(said, root, "a file, restored from `ipo-ledger backup`")


def dump_drill(home: Path, installation: Installation, folder: Path) -> str:
    """Dump a ledger as somebody who may only read it, and restore it on a server that never had one."""
    drill = Drill(folder, installation.bin)
    with Server(installation, home) as old, Server(installation, home) as new:
        drill.path = os.pathsep.join([str(old.installation.bin), drill.path])
        url = old.create_database("ledger")
        _begun(url, folder)
        _run(
            old, "CREATE ROLE reader LOGIN IN ROLE ipo_ledger_auditor; CREATE ROLE ana LOGIN IN ROLE ipo_ledger_writer"
        )
        drill.play("checkpoint", LEDGER=url)
        root = _goes_on(url, 3)
        drill.play("dump", LEDGER=old.url("ledger", "reader"), ADMIN=old.url("postgres"))
        _goes_on(url, 3)
        old.stop()
        said = drill.play("dump restored", LEDGER=new.url("ledger"), ADMIN=new.url("postgres"))
        _goes_on(new.url("ledger", "ana"), 1)
        return _came_back(said, root, f"{installation}, restored from a dump")


def point_in_time_drill(home: Path, installation: Installation, folder: Path) -> str:
    """Go back to the moment before a mistake, from a base backup and the archived write-ahead log."""
    drill = Drill(folder, installation.bin)
    folder.chmod(0o777)  # the server's own account writes into it
    (folder / "wal").mkdir()
    (folder / "wal").chmod(0o777)
    archive = f"test ! -f {folder}/wal/%f && cp %p {folder}/wal/%f"
    settings = {"archive_mode": "on", "archive_command": archive, "wal_level": "replica"}
    with Server(installation, home, settings=settings) as old:
        drill.path = os.pathsep.join([str(old.installation.bin), drill.path])
        url = old.create_database("ledger")
        _begun(url, folder)
        drill.play("base", ADMIN=old.url("postgres"), BACKUP=str(folder))
        drill.play("checkpoint", LEDGER=url)
        root = _goes_on(url, 3)
        moment = _run(old, "SELECT pg_catalog.clock_timestamp()::text")
        _goes_on(url, 3)
        (folder / "monday.txt").rename(folder / "before.txt")
        drill.play("checkpoint", LEDGER=url)
        (folder / "monday.txt").rename(folder / "after.txt")
        segment = _run(old, "SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal())")
        _until((folder / "wal" / segment).exists)
    with _Restored(installation, home) as new:
        shutil.rmtree(new.data)
        drill.play("base restored", RESTORED=str(new.data), MOMENT=moment)
        new.take_over()
        new.start()
        _until(lambda: _run(new, "SELECT pg_catalog.pg_is_in_recovery()::text") == "false")
        (folder / "before.txt").rename(folder / "monday.txt")
        said = drill.play("base verified", LEDGER=new.url("ledger"))
        (folder / "after.txt").rename(folder / "monday.txt")
        drill.play("base verified", ends_with=5)
        _goes_on(new.url("ledger"), 1)
        return _came_back(said, root, f"{installation}, taken back to a moment")


class _Restored(Server):
    """A server whose files come from a backup; it is not started with the block."""

    def __enter__(self) -> Self:
        return self

    def take_over(self) -> None:
        """Give the restored files to the server's account, and the settings of this place to them."""
        self.data.chmod(0o700)
        self._move_to_port(self.port)
        hand_over(self.folder, self._account)


def _run(server: Server, statement: str) -> str:
    import psycopg

    with psycopg.connect(server.url("postgres", SUPERUSER), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description is not None else None
    return str(row[0]) if row is not None else ""


def _until(so: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what another process does by itself. Raises `DrillFailed`."""
    end = time.monotonic() + seconds
    while not so():
        if time.monotonic() > end:
            raise DrillFailed("the server did not get there")
        time.sleep(0.02)


def drills(home: Path) -> Mapping[str, Callable[[Path], str]]:
    """Return every drill that can be played here, by its name."""
    found: dict[str, Callable[[Path], str]] = {"file": file_drill}
    for installation in found_installations():
        found[f"dump, {installation}"] = lambda folder, i=installation: dump_drill(home, i, folder)  # type: ignore[misc] # bound now
        found[f"point in time, {installation}"] = lambda folder, i=installation: point_in_time_drill(home, i, folder)  # type: ignore[misc] # as above
    return found


def main() -> int:
    """Play all, and say how long each took; return how many failed."""
    failed = 0
    with session_home() as home:
        for name, drill in drills(home).items():
            with tempfile.TemporaryDirectory(prefix="ipo-drill-") as folder:
                Path(folder).chmod(0o755)
                began = time.monotonic()
                try:
                    said = drill(Path(folder))
                except (DrillFailed, subprocess.TimeoutExpired) as fault:
                    failed += 1
                    said = f"FAILED: {fault}"
            print(f"{time.monotonic() - began:5.1f} s  {name}: {said}", flush=True)
    print(f"{len(blocks())} blocks of {PAGE.name}, {failed} drills failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
