"""What may be set, and where it comes from: an option, else the environment, else the user's file, else the default."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import click

from ipo_ledger.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = "ipo-ledger.toml"
NAMES_FILE = "IPO_LEDGER_CONFIG"
"""The variable that names another file; set to nothing, none is read."""

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "ledger": ("IPO_LEDGER_URL",),
    "system": ("IPO_LEDGER_SYSTEM",),
    "actor": ("IPO_LEDGER_ACTOR",),
    "key": ("IPO_LEDGER_KEY",),
    "color": ("NO_COLOR", "FORCE_COLOR"),
}
"""Every setting, by its name in the file, and the variables that go before the file."""

COLORS = ("auto", "always", "never")
_LARGEST = 1 << 20  # bytes of a file of five lines
_SECRET_PARAMETER = re.compile(r"(?i)([?&][^=&]*pass[^=&]*=)[^&]*")

Source: TypeAlias = Literal["option", "environment", "file", "default"]


class BadSettings(Malformed):
    """The user's file of settings cannot be read, or says what cannot be."""

    code = "bad-settings"
    says = "The settings in {file} cannot be used:\n{listing}"
    way_out = "Mend the file; `ipo-ledger help environment` says what may stand in it."


class Setting(NamedTuple):
    """A setting, its value (None: not set), and who said it: an option, a variable, a file."""

    name: str
    value: str | None
    source: Source
    where: str | None = None


def file_path(environment: Mapping[str, str]) -> Path | None:
    """Return where the user's settings are, or would be; None where there are to be none."""
    named = environment.get(NAMES_FILE)
    if named is None:
        return Path(click.get_app_dir("ipo-ledger")) / FILE
    return Path(named).expanduser() if named else None


def read(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the user's file says; nothing where there is none. Raises `BadSettings`."""
    path = file_path(environment)
    if path is None or (NAMES_FILE not in environment and not path.exists()):
        return {}
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as fault:
        raise _bad(path, [fault.strerror or str(fault)]) from None
    return _checked(path, _parsed(path, content))


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib

    from ipo_ledger_cli.files import text_of

    if len(content) > _LARGEST:
        raise _bad(path, ["it is too large to be one"])
    try:
        return tomllib.loads(text_of(content))
    except UnicodeDecodeError:
        raise _bad(path, ["it is neither UTF-8 nor UTF-16 text"]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        more = "; write paths with / or in single quotes" if b"\\" in content else ""
        # The line itself is not repeated: somebody may have written a password there.
        raise _bad(path, [f"it is not TOML: {fault}{more}"]) from None


def _checked(path: Path, told: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the settings of a file. Raises `BadSettings` with all that is wrong."""
    faults = []
    for name, value in told.items():
        if name not in VARIABLES:
            faults.append(f"there is no setting {name!r}{_near(name)}")
        elif not isinstance(value, str) or not value.strip():
            faults.append(f"{name} is a text in quotes, and not {_kind(value)}")
        elif (fault := _FAULTS[name](value)) is not None:
            faults.append(f"{name} {fault}")
    if faults:
        raise _bad(path, faults)
    return told


def _kind(value: object) -> str:
    match value:
        case str():
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case dict():
            return "a table"
    return "a list" if isinstance(value, list) else "a date"


def _near(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, VARIABLES, n=1)
    return f"; did you mean {near[0]}?" if near else f": they are {', '.join(VARIABLES)}"


def _bad(path: Path, faults: list[str]) -> BadSettings:
    listing = "\n".join(f"  {fault}" for fault in faults)
    return BadSettings(file=str(path), faults=faults, listing=listing)


def without_password(url: str) -> str:
    """Return a ledger URL as it may be shown: what could be a password in it is hidden, and rather too much."""
    scheme, mark, rest = url.partition("://")
    before, at, host = rest.rpartition("@")
    user, colon, _ = before.partition(":")
    shown = f"{scheme}{mark}{user}:***{at}{host}" if at and colon else url
    return _SECRET_PARAMETER.sub(r"\1***", shown)


def _ledger_fault(url: str) -> str | None:
    if without_password(url) != url:
        return "has a password in it, which is never stored: put it into ~/.pgpass, or into PGPASSWORD"
    if url.startswith("sqlite:///") and not _is_absolute(url.removeprefix("sqlite:///")):
        return "is a file by a relative path, another one in each folder: write it whole, or from ~"
    return None


def _key_fault(text: str) -> str | None:
    if "PRIVATE+KEY" in text:
        return "is a private key, and not the name of a file that holds one"
    return None if _is_absolute(text) else "is a relative path, another file in each folder: write it whole, or from ~"


def _color_fault(text: str) -> str | None:
    return None if text in COLORS else f"is one of {', '.join(COLORS)}"


def _is_absolute(path: str) -> bool:
    return path.startswith("~") or os.path.isabs(path)  # noqa: PTH117 - ~ is not filled in yet


def _any(_: str) -> str | None:
    return None


_FAULTS: Mapping[str, Callable[[str], str | None]] = {
    "ledger": _ledger_fault,
    "system": _any,
    "actor": _any,
    "key": _key_fault,
    "color": _color_fault,
}
