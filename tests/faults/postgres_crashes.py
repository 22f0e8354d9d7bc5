"""Processes of PostgreSQL and of its clients killed while several programs record: they go on by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import psycopg

from tests.faults.site import a_ledger, look
from tests.faults.trial import Found, Trial, a_server
from tests.faults.writers import Writers
from tests.postgres_home import unprivileged_account
from tests.postgres_server import Server

WRITERS = 2
_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ipo-ledger' ORDER BY pid"


def crash(inject: Callable[[Server, Writers, Random], None], rounds: int, chance: Random) -> Found:
    """Let programs record, and inject a fault `rounds` times; after each, all of them have to go on."""
    found = Found()
    with a_server() as server:
        url = server.create_database("ledger")
        a_ledger(url)
        with Writers(url, WRITERS) as writers:
            writers.wait_for(1)
            for _ in range(rounds):
                chance.choice(writers.alive).wait_for(chance.randint(1, 12))
                dawdle(chance)
                inject(server, writers, chance)
                found.injected += 1
                writers.wait_for(1)
            found.seen["ms without an answer at most"] = round(writers.silence() * 1000)
            writers.stop()
        found.seen.update(writers.faults)
        found.take(look(url, writers.acknowledged, writers.denied), len(writers.acknowledged))
    return found


def dawdle(chance: Random) -> None:
    """Spend up to some milliseconds, so that a fault hits any part of a command."""
    for _ in range(chance.randint(0, 200_000)):
        pass


def kill_a_session(server: Server, writers: Writers, chance: Random) -> None:
    """Kill the server's process of one session with SIGKILL: PostgreSQL then ends all, and recovers."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        sessions = [pid for (pid,) in connection.execute(_SESSIONS).fetchall()]
    os.kill(chance.choice(sessions), signal.SIGKILL)


def end_a_session(server: Server, writers: Writers, chance: Random) -> None:
    """End one session as an administrator does."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        sessions = [pid for (pid,) in connection.execute(_SESSIONS).fetchall()]
        connection.execute("SELECT pg_terminate_backend(%s)", (chance.choice(sessions),))


def kill_the_server(server: Server, writers: Writers, chance: Random) -> None:
    """Kill all processes of the server with SIGKILL, and start it again."""
    server.kill()
    server.start()


def stop_at_once(server: Server, writers: Writers, chance: Random) -> None:
    """Stop the server without a checkpoint (`pg_ctl stop -m immediate`), and start it again."""
    words: list[str | Path] = [server.installation.program("pg_ctl"), "stop", "-D", server.data, "-m", "immediate"]
    subprocess.run(words, check=True, capture_output=True, cwd=server.folder, **unprivileged_account())
    server.stop()
    server.start()


def restart(server: Server, writers: Writers, chance: Random) -> None:
    """Restart the server in order ("fast"), as for an upgrade."""
    server.restart()


def kill_a_client(server: Server, writers: Writers, chance: Random) -> None:
    """Kill one of the programs that record, and start another."""
    writers.replace(chance.choice(writers.alive))


TRIALS = [
    Trial("client-killed", "a program that records is killed", 20, partial(crash, kill_a_client)),
    Trial("session-ended", "an administrator ends a session", 40, partial(crash, end_a_session)),
    Trial(
        "backend-killed", "the process of a session is killed: the server recovers", 20, partial(crash, kill_a_session)
    ),
    Trial("server-killed", "all processes of the server are killed", 20, partial(crash, kill_the_server)),
    Trial("server-stopped", "the server is stopped at once (immediate)", 20, partial(crash, stop_at_once)),
    Trial("server-restarted", "the server is restarted (fast)", 20, partial(crash, restart)),
]
