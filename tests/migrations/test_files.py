"""The SQL files: found wherever the program lies, with checksums that do not depend on the checkout."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ipo_ledger.adapters import migrations
from ipo_ledger.adapters.migrations import Dialect, Migration, pending, refuse_unless_current
from ipo_ledger.adapters.sqlite.file import statements
from ipo_ledger.adapters.store.faults import MigrationChanged, StoreAhead, StoreBehind

DIALECTS: tuple[Dialect, ...] = ("sqlite", "postgres")
ROOT = Path(__file__).parents[2]
SAY = (
    "import sys; sys.path.insert(0, sys.argv[1]); import ipo_ledger; from ipo_ledger.adapters import migrations as m; "
    "print(ipo_ledger.__file__); "
    "[print(d, f.name, f.checksum) for d in ('sqlite', 'postgres') for f in m.migrations(d)]; print(m.roles())"
)


def _said(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", SAY, str(folder)], cwd=folder, check=True, capture_output=True, text=True
    )
    where, *said = done.stdout.splitlines()
    assert Path(where).is_relative_to(folder)
    return said


def test_they_are_found_beside_the_package_in_a_checkout_and_inside_it_when_installed(tmp_path: Path) -> None:
    for layout, place in (("checkout", "migrations"), ("installed", "ipo_ledger/migrations")):
        shutil.copytree(ROOT / "ipo_ledger", tmp_path / layout / "ipo_ledger")
        shutil.copytree(ROOT / "migrations", tmp_path / layout / place)

    checkout, installed = _said(tmp_path / "checkout"), _said(tmp_path / "installed")

    assert checkout == installed
    assert any(line.startswith("sqlite 0001_ledger.sql ") for line in checkout)
    assert any("CREATE ROLE" in line for line in checkout)


def test_line_ends_of_a_checkout_change_no_checksum() -> None:
    unix, windows = (
        Migration(1, "0001_x.sql", text) for text in ("SELECT 1;\nSELECT 2;\n", "SELECT 1;\r\nSELECT 2;\r\n")
    )

    assert unix.checksum == windows.checksum


def test_the_checksums_that_are_kept_are_those_of_the_files() -> None:
    files = {(dialect, m.name): m.checksum for dialect in DIALECTS for m in migrations.migrations(dialect)}

    assert files == migrations.RELEASED


def test_a_file_that_is_not_released_yet_is_checksummed_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    (tmp_path / "migrations" / "sqlite" / "0099_more.sql").write_text("SELECT 1;", encoding="utf-8")
    monkeypatch.setattr(migrations, "_folder", lambda: tmp_path / "migrations")
    applied = {m.number: m.checksum for m in migrations.migrations("sqlite")}

    refuse_unless_current("sqlite", applied, "url")
    with pytest.raises(MigrationChanged, match="0099_more"):
        refuse_unless_current("sqlite", applied | {99: "x"}, "url")
    with pytest.raises(StoreBehind, match="needs 99"):
        refuse_unless_current("sqlite", {n: checksum for n, checksum in applied.items() if n != 99}, "url")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_files_of_other_names_are_no_migrations(
    dialect: Dialect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    for name in ("0002_Later.sql", "0002_later.sql~", "2_later.sql", "README.md", "0002-later.sql"):
        (tmp_path / "migrations" / dialect / name).write_text("nonsense", encoding="utf-8")
    monkeypatch.setattr(migrations, "_folder", lambda: tmp_path / "migrations")

    assert {m.name for m in migrations.migrations(dialect)} == {
        m.name for m in migrations.migrations("sqlite" if dialect == "postgres" else "postgres")
    }


ONE, TWO = Migration(1, "0001_one.sql", "1"), Migration(2, "0002_two.sql", "2")


def test_pending_is_what_a_store_lacks() -> None:
    assert pending([ONE, TWO], {}, "url") == [ONE, TWO]
    assert pending([ONE, TWO], {1: ONE.checksum}, "url") == [TWO]
    assert pending([ONE, TWO], {1: ONE.checksum, 2: TWO.checksum}, "url") == []


def test_a_store_of_another_release_is_told_from_a_changed_one() -> None:
    with pytest.raises(StoreAhead, match=r"at migration 3.* up to 2"):
        pending([ONE, TWO], {1: ONE.checksum, 2: TWO.checksum, 3: "x"}, "url")
    with pytest.raises(MigrationChanged, match="0001_one"):
        pending([ONE, TWO], {1: "x"}, "url")


def test_a_store_has_to_be_at_this_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_listed", lambda _: [ONE, TWO])
    monkeypatch.setattr(migrations, "_files", lambda _: [(1, Path("0001_one.sql")), (2, Path("0002_two.sql"))])

    refuse_unless_current("sqlite", {1: ONE.checksum, 2: TWO.checksum}, "url")
    with pytest.raises(StoreBehind, match=r"at migration 1 .* needs 2"):
        refuse_unless_current("sqlite", {1: ONE.checksum}, "url")


def test_a_script_is_taken_apart_at_its_statements() -> None:
    script = (
        "-- a comment; with a semicolon\nCREATE TABLE t (a TEXT DEFAULT ';');\n"
        "CREATE TRIGGER r BEFORE DELETE ON t\nBEGIN\n  SELECT 1;\n  SELECT RAISE(ABORT, 'no;');\nEND;\n"
        "INSERT INTO t VALUES ('a\nb;\n');\nINSERT INTO t VALUES ('last, and not ended')"
    )

    parts = list(statements(script))

    assert "".join(parts) == script
    assert len(parts) == 4
    with closing(sqlite3.connect(":memory:")) as connection:
        for part in parts:
            connection.execute(part)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)
