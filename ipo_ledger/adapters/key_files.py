"""Signing keys in files of their own, outside the ledger: made, and read. What is private in them is never shown."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ipo_ledger.errors import Malformed, NotFound, Refused, StoreUnusable
from ipo_ledger.evidence.notes import SigningKey, UnreadableKey, VerifierKey

_LARGEST = 4096  # bytes; a key has about a hundred
_OTHERS = 0o077
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the line end


class BadKeyName(Malformed):
    """A key cannot be called so. The message does not repeat it: it may be a private key, pasted in the wrong place."""

    code = "bad-key-name"
    says = "A key cannot be called so: a name has at least one character, no spaces and no +."
    way_out = "Call it as the ledger is called by those who check it, such as example.com/desk-moves."


class KeyFileThere(Refused):
    """A file is there already, and a key that signed something is never written over."""

    code = "key-file-there"
    says = "There is a file at {where} already, and a key is never written over."
    way_out = "Name another file with --out, or see whose key that is: `ipo-ledger key show FILE`."


class NoKeyFile(NotFound):
    """There is no key where one is looked for."""

    code = "no-key-file"
    says = "There is no signing key at {where}."
    way_out = "Make one: `ipo-ledger key new NAME`; or name its file with --key or IPO_LEDGER_KEY."


class KeyFileUnusable(StoreUnusable):
    """The system does not let the file be read or written."""

    code = "key-file-unusable"
    says = "The key file {where} cannot be used: {why}."
    way_out = "Check the path, and who may read and write there."


def default_path() -> Path:
    """Return where a key is kept unless somebody says otherwise: in the user's data directory."""
    from platformdirs import user_data_path

    return user_data_path("ipo-ledger", appauthor=False) / "signing.key"


def make(name: str, path: Path) -> VerifierKey:
    """Make a key and write it to a new file that its owner alone may read; return its public half.

    On Windows the file has the rights of its folder: in the user's data directory nobody else may read it.
    Raises `BadKeyName`, `KeyFileThere`, `KeyFileUnusable`.
    """
    try:
        key = SigningKey.of(name, secrets.token_bytes(32))
    except (UnreadableKey, UnicodeEncodeError):
        raise BadKeyName from None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise _unusable(path, fault) from None
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    except FileExistsError:
        raise KeyFileThere(where=str(path)) from None
    except OSError as fault:
        raise _unusable(path, fault) from None
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(f"{key.secret()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        path.unlink(missing_ok=True)  # half a key
        raise _unusable(path, fault) from None
    return key.verifier


def read(path: Path) -> SigningKey:
    """Read a key. Raises `NoKeyFile`, `KeyFileUnusable`, and `UnreadableKey`, which quotes nothing of it."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except FileNotFoundError:
        raise NoKeyFile(where=str(path)) from None
    except OSError as fault:
        raise _unusable(path, fault) from None
    return SigningKey.read(data.decode("utf-8", errors="replace"))


def is_private(path: Path) -> bool:
    """Tell whether nobody but its owner may read a file, as far as its mode says that."""
    return os.name == "nt" or not path.stat().st_mode & _OTHERS


def _unusable(path: Path, fault: OSError) -> KeyFileUnusable:
    return KeyFileUnusable(where=str(path), why=fault.strerror or str(fault))
