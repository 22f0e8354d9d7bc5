"""What holds the ledger or a key is its owner's alone from the first byte on; what can be listened to is warned of.

And a password, wherever it comes from, is in no message, no traceback and no event.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ipo_ledger.adapters.postgres.address import address
from ipo_ledger.adapters.postgres.encryption import in_the_clear, is_here
from ipo_ledger_cli import files
from ipo_ledger_cli.main import run
from tests.cli.transcript import heard
from tests.stores.places import PostgresPlace

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")
SECRET = "sw0rdf1sh"  # noqa: S105 - of nobody

Line = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """New files are for everybody, unless somebody says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- files ----------------------------------------------------------------------------------------------------


@UNIX
@pytest.mark.usefixtures("open_to_all")
def test_what_holds_the_ledger_is_its_owners_alone(line: Line, folder: Path) -> None:
    import ipo_ledger

    line("--ledger", "sqlite:///new/ledger.db", "system", "add", "hq", "--release", "11.1", "--timezone", "UTC")
    with ipo_ledger.open("sqlite:///new/ledger.db") as ledger:
        ledger.system("hq").set(release="11.1.2")
        beside = {path.name: _mode(path) for path in (folder / "new").iterdir()}
    for command in (["export", "-o", "out.jsonl"], ["backup", "copy.db"], ["key", "new", "hq", "--out", "out.key"]):
        assert line("--ledger", "sqlite:///new/ledger.db", *command)[0] == 0
    assert line("load", "out.jsonl", "--ledger", "sqlite:///loaded.db")[0] == 0

    assert beside == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}
    assert {name: _mode(folder / name) for name in ("out.jsonl", "copy.db", "out.key", "loaded.db")} == {
        "out.jsonl": 0o600,
        "copy.db": 0o600,
        "out.key": 0o600,
        "loaded.db": 0o600,
    }
    assert _mode(folder / "new") == 0o700


@UNIX
@pytest.mark.usefixtures("open_to_all")
def test_an_export_is_its_owners_alone_while_it_is_written(tmp_path: Path) -> None:
    seen: set[int] = set()

    def parts() -> Iterator[bytes]:
        yield b"a"
        seen.update(_mode(path) for path in tmp_path.iterdir())
        yield b"b"

    (tmp_path / "out").write_bytes(b"before")
    (tmp_path / "out").chmod(0o600)
    files.write(str(tmp_path / "out"), parts(), private=True)

    assert seen == {0o600}
    assert (tmp_path / "out").read_bytes() == b"ab"


@UNIX
def test_what_stands_where_the_part_of_a_file_goes_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / f".out.{os.getpid()}.part").symlink_to(tmp_path / "theirs")

    with pytest.raises(files.FileNotWritten):
        files.write(str(tmp_path / "out"), [b"a"], private=True)

    assert not (tmp_path / "theirs").exists()


# --- the way to a server --------------------------------------------------------------------------------------


def _connected(host: str, hostaddr: str, *, tls: bool = False, sslmode: bytes = b"prefer") -> Any:
    options = [SimpleNamespace(keyword=b"sslmode", val=sslmode)]
    return SimpleNamespace(
        pgconn=SimpleNamespace(ssl_in_use=tls, info=options), info=SimpleNamespace(host=host, hostaddr=hostaddr)
    )


@pytest.mark.parametrize(
    ("host", "hostaddr", "here"),
    [
        *(("localhost", "127.0.0.1", True), ("localhost", "::1", True), ("127.8.8.8", "", True), ("/tmp", "", True)),
        *(("@abstract", "", True), ("db", "10.0.0.7", False), ("db", "fe80::1", False), ("db", "", False)),
        ("localhost.evil.example", "192.0.2.1", False),
    ],
)
def test_only_what_leaves_this_machine_is_warned_of(host: str, hostaddr: str, *, here: bool) -> None:
    assert is_here(host, hostaddr) == here
    assert (in_the_clear(_connected(host, hostaddr), address("postgresql://db/x")) is None) == here


def test_what_is_encrypted_or_meant_so_is_not_warned_of() -> None:
    plain, far = address("postgresql://ana:sw0rdf1sh@db/x"), ("db", "10.0.0.7")

    warning = in_the_clear(_connected(*far), plain)

    assert warning is not None
    assert "sslmode=verify-full" in warning
    assert SECRET not in warning
    assert in_the_clear(_connected(*far, tls=True), plain) is None
    assert in_the_clear(_connected(*far, sslmode=b"disable"), plain) is None, "PGSSLMODE"
    assert in_the_clear(_connected(*far), address("postgresql://db/x?sslmode=disable")) is None


def test_the_program_says_it_once_on_stderr(postgres_url: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipo_ledger.adapters.postgres.encryption.is_here", lambda host, hostaddr: False)
    and_so = f"{postgres_url}{'&' if '?' in postgres_url else '?'}sslmode=disable"

    _, said = line("--ledger", postgres_url, "init")
    _, meant = line("--ledger", and_so, "status", "--store")
    monkeypatch.setenv("PGSSLMODE", "disable")
    _, meant_too = line("--ledger", postgres_url, "status", "--store")

    assert sum("is not encrypted" in text for text in said) == 1
    assert said[0].startswith("2> Warning: the connection to 127.0.0.1 is not encrypted")
    assert not any("not encrypted" in text for text in meant + meant_too)


# --- passwords ------------------------------------------------------------------------------------------------


def _in_the_url(url: str, folder: Path) -> tuple[str, dict[str, str]]:
    return url.replace("postgres@", f"postgres:{SECRET}@"), {}


def _in_a_setting(url: str, folder: Path) -> tuple[str, dict[str, str]]:
    return f"{url}?password={SECRET}", {}


def _in_the_environment(url: str, folder: Path) -> tuple[str, dict[str, str]]:
    return url, {"PGPASSWORD": SECRET}


def _in_a_password_file(url: str, folder: Path) -> tuple[str, dict[str, str]]:
    (folder / "pgpass").write_text(f"*:*:*:*:{SECRET}\n", encoding="utf-8")
    (folder / "pgpass").chmod(0o600)
    return url, {"PGPASSFILE": str(folder / "pgpass")}


def _in_a_service_file(url: str, folder: Path) -> tuple[str, dict[str, str]]:
    (folder / "services").write_text(f"[moves]\npassword={SECRET}\nconnect_timeout=5\n", encoding="utf-8")
    return f"{url}?service=moves", {"PGSERVICEFILE": str(folder / "services")}


@pytest.mark.parametrize(
    "where", [_in_the_url, _in_a_setting, _in_the_environment, _in_a_password_file, _in_a_service_file]
)
def test_a_password_is_in_no_word_of_the_program_and_in_no_event(
    postgres_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: Callable[[str, Path], tuple[str, dict[str, str]]],
) -> None:
    if "postgres@" not in postgres_url or "?" in postgres_url:
        pytest.skip("the server is somebody else's")
    url, environment = where(postgres_url, folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    place = PostgresPlace(postgres_url)

    def play(*arguments: str, to: str = url) -> tuple[int, str]:
        with heard() as said:
            code = run(arguments, environment={**os.environ, "IPO_LEDGER_URL": to, "IPO_LEDGER_ACTOR": "ana"})
        return code, "\n".join(said.lines())

    told = [play("init"), play("system", "add", "hq", "--release", "11.1", "--timezone", "UTC")]
    assert [code for code, _ in told] == [0, 0]
    host = url.partition("@")[2].partition("/")[0]
    nowhere = [url.replace(host, "127.0.0.1:1"), url.replace("/ipo_ledger_test_", "/no_such_"), f"{url}%zz"]
    asked = (["status", "--store"], ["--debug", "seats"], ["log", "--json"], ["verify"], ["backup", "x.db"])
    told += [play(*arguments) for arguments in asked]
    told += [play("--debug", "seats", to=to) for to in nowhere]
    monkeypatch.setattr("ipo_ledger.application.ledger.Ledger.systems", _fails_with(url))
    told += [play("--debug", "system", "list"), play("system", "list", "--json")]

    assert not [text for _, text in told if SECRET in text]
    assert "Traceback" in told[-2][1]
    assert SECRET not in repr(place.dump())
    place.close()


def _fails_with(url: str) -> Callable[[object], None]:
    def fail(_: object) -> None:
        raise RuntimeError(f"something at {url} went wrong")

    return fail
