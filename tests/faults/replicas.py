"""Two PostgreSQL servers on this machine: a primary, and a standby that it streams to, synchronously or not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.postgres_home import unprivileged_account
from tests.postgres_installations import Installation
from tests.postgres_server import SUPERUSER, Server

STANDBY = "standby"
_SETTINGS = {"wal_retrieve_retry_interval": "100ms", "max_wal_senders": "4", "hot_standby": "on"}


class Pair:
    """A primary and its standby."""

    def __init__(self, primary: Server, standby: Server) -> None:
        """Take two servers; the one is running, the other is stopped and empty."""
        self.primary, self.standby = primary, standby

    def url(self, database: str, attributes: str = "read-write") -> str:
        """Return the URL of a database on whichever of them suits."""
        hosts = ",".join(urlsplit(server.dsn).netloc.rpartition("@")[2] for server in (self.primary, self.standby))
        return f"postgresql://{SUPERUSER}@{hosts}/{database}?target_session_attrs={attributes}"

    def copy(self) -> None:
        """Make the standby a copy of the primary that follows it, and start it."""
        shutil.rmtree(self.standby.data)
        source = f"host=127.0.0.1 port={self.primary.port} user={SUPERUSER} application_name={STANDBY}"
        program, into = self.primary.installation.program("pg_basebackup"), self.standby.data
        how = ("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
        words: list[str | Path] = [program, "--dbname", source, "--pgdata", into, *how]
        subprocess.run(words, check=True, capture_output=True, cwd=self.standby.folder, **unprivileged_account())
        self.standby._move_to_port(self.standby.port)  # noqa: SLF001 - the copy says the port of the primary
        self.standby.start()

    def confirm(self) -> None:
        """Let each commit wait from now on until the standby has it too."""
        with psycopg.connect(self.primary.dsn, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'".encode())
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SELECT sync_state FROM pg_stat_replication").fetchone() != ("sync",):
                pass

    def cut_off(self) -> int:
        """Let the standby receive nothing any more; return the process that did it, which is frozen."""
        with psycopg.connect(self.standby.dsn, autocommit=True) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
        assert found is not None
        os.kill(found[0], signal.SIGSTOP)
        return int(found[0])

    def wait_for_waiting(self) -> None:
        """Return once a commit waits for the standby."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        with psycopg.connect(self.primary.dsn, autocommit=True) as connection:
            while connection.execute(waiting).fetchone() == (0,):
                pass

    def promote(self) -> None:
        """Let the standby take the primary's place; return when it takes writes.

        It may just be coming back, when one of its processes was killed.
        """
        while True:
            try:
                with psycopg.connect(self.standby.dsn, autocommit=True) as connection:
                    if connection.execute("SELECT NOT pg_is_in_recovery() OR pg_promote(true)").fetchone() == (True,):
                        return
            except psycopg.OperationalError:
                assert self.standby.running

    def pause(self) -> None:
        """Let the standby receive what the primary sends, and show none of it."""
        with psycopg.connect(self.standby.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            while connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
                pass

    def resume(self) -> None:
        """Let it show what it received."""
        with psycopg.connect(self.standby.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_resume()")

    def separate(self) -> None:
        """Let the standby follow nobody."""
        with psycopg.connect(self.standby.dsn, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SELECT count(*) FROM pg_stat_wal_receiver").fetchone() != (0,):
                pass

    def caught_up(self) -> None:
        """Return once the standby shows all that the primary has."""
        with (
            psycopg.connect(self.primary.dsn, autocommit=True) as one,
            psycopg.connect(self.standby.dsn, autocommit=True) as other,
        ):
            end = one.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
            assert end is not None
            shown = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            while other.execute(shown, end).fetchone() != (True,):
                pass


@contextmanager
def a_pair(installation: Installation, home: Path) -> Iterator[Pair]:
    """Start both, the standby following the primary; nothing waits for it yet."""
    with Server(installation, home, settings=_SETTINGS) as primary:
        standby = Server(installation, home, settings=_SETTINGS)
        pair = Pair(primary, standby)
        try:
            pair.copy()
            yield pair
        finally:
            standby.__exit__(None, None, None)
