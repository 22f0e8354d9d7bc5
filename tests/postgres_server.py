"""Real PostgreSQL servers for the tests: started as our own children, killed and restarted at will."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.postgres_home import Account, UnusableServer, hand_over, made_once, unprivileged_account
from tests.postgres_installations import Installation, within_reach
from tests.postgres_reachable import ReachableServer

# psycopg is imported where it is used: tests that need no server do not wait for it.

SUPERUSER = "postgres"
PATIENCE = 60.0  # seconds a server may take to come up or go down; many times what it needs


class Server(ReachableServer):
    """A server of our own, in its own folder under `home`; a context manager that starts and removes it.

    All its settings are in postgresql.conf and none on its command line, so that a test can change each of
    them with `settings` or ALTER SYSTEM. The file system is not told to sync: that loses nothing when
    processes die, only when the machine does. `synchronous_commit` stays on, because without it a commit
    that was acknowledged is lost with its process.

    Windows: meant to work and never tried; PostgreSQL refuses to start for an administrator there.
    """

    def __init__(
        self,
        installation: Installation,
        home: Path,
        *,
        fsync: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Lay out a stopped server: a copy of the home's template, its settings, a port of its own."""
        self._account: Account = unprivileged_account()
        self.installation = within_reach(installation, self._account, home)
        template = made_once(home / f"template-{self.installation.key}", self._initdb)
        self.folder = Path(tempfile.mkdtemp(prefix="s-", dir=home))
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        shutil.copytree(template, self.data)
        safety = dict.fromkeys(("fsync", "full_page_writes"), "on" if fsync else "off")
        self._settings = {**safety, "timezone": "UTC", "log_timezone": "UTC", **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._spoken = 0  # how much of the log is from earlier starts
        self._move_to_port(_free_port())
        hand_over(self.folder, self._account)

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    def socket_url(self, dbname: str, user: str = SUPERUSER) -> str:
        """Return the URL of one of its databases over its Unix socket."""
        if sys.platform == "win32":
            raise UnusableServer("no Unix sockets here")
        role, name, folder = (quote(part, safe="") for part in (user, dbname, str(self.folder)))
        return f"postgresql://{role}@/{name}?host={folder}&port={self.port}"

    def start(self) -> None:
        """Start it, if it is not running, and return when it answers."""
        if self.running:
            return
        deadline = time.monotonic() + PATIENCE
        moves_left = 0 if self.log.exists() else 5  # later its URL is known and has to stay
        while not self._launched(deadline):
            said = self._last_words()
            # After a kill the old server's children hold its shared memory until they are gone.
            if "is still in use" in said and time.monotonic() < deadline:
                time.sleep(0.02)
            elif "could not create any TCP/IP sockets" in said and moves_left:
                moves_left -= 1
                self._move_to_port(_free_port())
            else:
                raise UnusableServer(f"{self.installation} did not come up:\n{said}")

    def stop(self) -> None:
        """Shut it down in order, ending its sessions ("fast")."""
        if self._process is None:
            return
        if self.running:
            self._ask_to_stop()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise UnusableServer(f"{self.installation} did not stop:\n{self._last_words()}") from None

    def kill(self) -> None:
        """Kill it with SIGKILL, its children included: no checkpoint, no goodbye, as when a machine fails.

        Left alive, the children would go on for a moment, and could still commit and say so.
        """
        if self._process is None or not self.running:
            return
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGSTOP)
            with contextlib.suppress(ChildProcessError):  # it ended by itself, just now
                os.waitpid(self._process.pid, os.WUNTRACED)  # stopped: from here on it has no new children
            for child in _children(self._process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Stop it if it runs, and start it again at the same place."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        """Start it; a server that does not come up leaves nothing behind."""
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and remove its folder."""
        try:
            self.stop()
        finally:
            self._release_shared_memory()
            shutil.rmtree(self.folder, ignore_errors=True)  # after a kill its children may not be gone yet

    def _initdb(self, draft: Path) -> None:
        hand_over(draft, self._account)
        made = subprocess.run(
            [self.installation.program("initdb"), f"--pgdata={draft}", f"--username={SUPERUSER}",
             "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
            cwd=draft, env=_plain_environment(), check=False, capture_output=True, text=True, timeout=600,
            **self._account
        )  # fmt: skip
        if made.returncode != 0:
            raise UnusableServer(f"initdb of {self.installation} failed:\n{made.stdout}{made.stderr}")

    def _move_to_port(self, port: int) -> None:
        """Write its settings for a port; of two lines for one setting PostgreSQL takes the later."""
        self.port = port
        super().__init__(f"postgresql://{SUPERUSER}@127.0.0.1:{port}/postgres")
        place = {"port": str(port), "listen_addresses": "127.0.0.1"}
        if sys.platform != "win32":
            # Shared memory as files: what a killed server leaves is then removed with its folder.
            place |= {"unix_socket_directories": str(self.folder), "dynamic_shared_memory_type": "mmap"}
        with (self.data / "postgresql.conf").open("a", encoding="utf-8", newline="\n") as file:
            for name, value in {**place, **self._settings}.items():
                quoted = value.replace("\\", "\\\\").replace("'", "''")
                file.write(f"{name} = '{quoted}'\n")

    def _launched(self, deadline: float) -> bool:
        """Start the process; True once it answers, False if it ended first. Polls, for nothing tells us."""
        with self.log.open("ab") as log:
            self._spoken = log.tell()
            self._process = subprocess.Popen(
                [self.installation.program("postgres"), "-D", self.data],
                cwd=self.folder, env=_plain_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C on the terminal is for pytest, which then stops the server
                **self._account
            )  # fmt: skip
        while self.running:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.kill()
                raise UnusableServer(f"{self.installation} does not answer:\n{self._last_words()}")
            time.sleep(0.005)
        return False

    def _answers(self) -> bool:
        """Tell whether this server, and no stranger at its port, answers."""
        import psycopg

        try:
            with psycopg.connect(self.dsn, connect_timeout=5) as connection:
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.data

    def _ask_to_stop(self) -> None:
        assert self._process is not None
        if sys.platform == "win32":  # no SIGINT for another process there; pg_ctl knows PostgreSQL's own way
            pg_ctl = [str(self.installation.program("pg_ctl")), "stop", "-D", str(self.data), "-m", "fast"]
            subprocess.run(pg_ctl, check=True, capture_output=True, timeout=PATIENCE)
        else:
            self._process.send_signal(signal.SIGINT)

    def _release_shared_memory(self) -> None:
        """Remove the System V block that a killed server leaves: some systems have room for only 32.

        Its number is in a file that a server which stopped in order has removed.
        """
        if sys.platform != "win32":
            with contextlib.suppress(OSError, IndexError, ValueError):
                _, block = (self.data / "postmaster.pid").read_text("utf-8").splitlines()[6].split()
                ctypes.CDLL(None).shmctl(int(block), 0, None)  # 0 is IPC_RMID

    def _last_words(self) -> str:
        """Return what it has logged since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._spoken)
            return log.read().decode("utf-8", "replace")[-4000:]


def _plain_environment() -> dict[str, str]:
    """Return our environment without what would change a server, and with messages in English."""
    changing = ("PG", "LC_", "LANG", "TZ")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
    return {**kept, "LC_ALL": "C"}


def _children(parent: int) -> list[int]:
    """Return the processes whose parent is `parent`."""
    if sys.platform == "linux":  # without ps, which small images do not have
        table = []
        for process in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # ended meanwhile
                # "pid (name) state ppid ...", and a name may have anything in it
                fields = process.read_text("utf-8", "replace").rpartition(")")[2].split()
                table.append((process.parent.name, fields[1]))
    else:
        ps = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True)
        table = [(line.split()[0], line.split()[1]) for line in ps.stdout.splitlines()]
    return [int(process) for process, its_parent in table if int(its_parent) == parent]


def _free_port() -> int:
    """Return a free port below those that systems hand out for outgoing connections.

    A killed server has to get its port back; one of those could be taken by any connection meanwhile.
    """
    for _ in range(100):
        port = random.SystemRandom().randrange(10_000, 32_000)  # a test may have seeded the common generator
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise UnusableServer("no free port between 10000 and 32000")
