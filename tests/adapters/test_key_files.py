"""Key files: for their owner alone, never written over, and nothing private in any word about them."""

from __future__ import annotations

import os
import pickle
import stat
import sys
from pathlib import Path

import pytest

from ipo_ledger import LedgerError
from ipo_ledger.adapters import key_files
from ipo_ledger.adapters.key_files import BadKeyName, KeyFileThere, KeyFileUnusable, NoKeyFile
from ipo_ledger.evidence.notes import SigningKey, UnreadableKey

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")
KEY = SigningKey.of("hq.example/desk-moves", bytes(range(32)))


def test_a_key_that_was_made_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "signing.key"

    verifier = key_files.make("hq.example/desk-moves", path)

    assert verifier.name == "hq.example/desk-moves"
    assert key_files.read(path).verifier == verifier
    assert path.read_bytes() == f"{key_files.read(path).secret()}\n".encode()


def test_no_two_keys_are_the_same(tmp_path: Path) -> None:
    assert key_files.make("hq", tmp_path / "one") != key_files.make("hq", tmp_path / "other")


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_a_key(umask: int, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "signing.key"
    before = os.umask(umask)
    try:
        key_files.make("hq", path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert key_files.is_private(path)


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_told(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    key_files.make("hq", path)
    path.chmod(mode)

    assert not key_files.is_private(path)


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(b"something else")

    with pytest.raises(KeyFileThere, match=r"signing\.key"):
        key_files.make("hq", path)

    assert path.read_bytes() == b"something else"


@POSIX
def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyFileThere):
        key_files.make("hq", link)

    assert not (tmp_path / "elsewhere").exists()


def test_half_a_key_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KeyFileUnusable, match="No space left"):
        key_files.make("hq", tmp_path / "signing.key")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "with space", "a+b", "tab\t", "line\n", "half \ud800", "\ud800"])
def test_a_name_that_no_key_has_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadKeyName):
        key_files.make(name, tmp_path / "signing.key")

    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_key_a_way_to_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoKeyFile) as refused:
        key_files.read(tmp_path / "signing.key")

    assert "ipo-ledger key new" in refused.value.hint


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable):
        key_files.read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileUnusable):
        key_files.make("hq", tmp_path / "file" / "signing.key")


@pytest.mark.parametrize(
    "damage",
    [
        lambda secret: secret[:-1],
        lambda secret: secret.replace("desk", "disk"),
        lambda secret: secret.removeprefix("PRIVATE+KEY+"),
        lambda secret: f" {secret}",
        lambda secret: secret.replace("A", "\0", 1),
        lambda secret: secret + "\nmore",
        lambda secret: secret[:-4] + "\udcff\udcfe\udcfd",
        lambda secret: "",
    ],
)
def test_a_key_that_cannot_be_read_is_not_quoted(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    path = tmp_path / "signing.key"
    path.write_bytes(str(damage(KEY.secret())).encode("utf-8", errors="surrogateescape"))

    with pytest.raises(UnreadableKey) as refused:
        key_files.read(path)

    assert not_told(refused.value)


def not_told(fault: LedgerError) -> bool:
    """Tell whether nothing of the private half stands in an error, nor in what it came from."""
    said, secret = f"{fault!r} {fault.told()} {pickle.dumps(fault)!r}", KEY.secret().rpartition("+")[2]
    return not any(secret[at : at + 8] in said for at in range(len(secret) - 8)) and fault.__cause__ is None


def test_a_key_shows_only_its_public_half() -> None:
    secret = KEY.secret().rpartition("+")[2]

    for shown in (repr(KEY), str(KEY), f"{KEY}", f"{[KEY]}"):
        assert secret not in shown
        assert repr(KEY.seed) not in shown


def test_by_default_a_key_is_in_the_users_data_directory() -> None:
    from platformdirs import user_data_path

    assert key_files.default_path().parent == user_data_path("ipo-ledger", appauthor=False)
