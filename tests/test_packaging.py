"""What is installed: both packages, the migrations, the types, the version, and a command that starts."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import ipo_ledger

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from this checkout by the build back end itself."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, check=True)
    return zipfile.ZipFile(folder / done.stdout.split()[-1])


def test_the_wheel_holds_code_migrations_and_types_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    tops = {name.split("/")[0] for name in names}

    assert {"ipo_ledger", "ipo_ledger_cli"} == {top for top in tops if not top.endswith(".dist-info")}
    assert "ipo_ledger/py.typed" in names
    for dialect in ("sqlite", "postgres"):
        here = {f"ipo_ledger/migrations/{dialect}/{sql.name}" for sql in (ROOT / "migrations" / dialect).glob("*.sql")}
        assert here
        assert here <= set(names)


def test_the_version_is_one(wheel: zipfile.ZipFile) -> None:
    assert wheel.filename is not None
    assert ipo_ledger.__version__ in Path(wheel.filename).name
    assert version("ipo-ledger") == ipo_ledger.__version__


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="ipo-ledger")

    assert command.value == "ipo_ledger_cli.main:run"


def test_the_changelog_names_this_release_or_what_comes() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert "## [Unreleased]" in changelog or f"## [{ipo_ledger.__version__}]" in changelog
