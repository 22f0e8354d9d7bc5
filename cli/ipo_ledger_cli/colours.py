"""Whether there are colours: NO_COLOR and FORCE_COLOR say it, then the settings, then whether somebody is looking."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Wish: TypeAlias = Literal["auto", "always", "never"]

_OBEY = 4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING, of SetConsoleMode
_DUMB = {"dumb", "unknown"}  # terminals that show what they are sent, and obey nothing


class _Wanted:
    """What the run that is under way wants; asked only where something is drawn."""

    wish: Callable[[], Wish] | None = None
    terminal = ""


def of_environment(environment: Mapping[str, str]) -> Wish | None:
    """Return what the environment wants: https://no-color.org, and FORCE_COLOR; None where it says nothing."""
    if environment.get("NO_COLOR"):
        return "never"
    if environment.get("FORCE_COLOR", "0") not in {"", "0"}:
        return "always"
    return None


@contextmanager
def wanted(wish: Callable[[], Wish], environment: Mapping[str, str]) -> Iterator[None]:
    """Go by this wish while the block lasts."""
    before = _Wanted.wish, _Wanted.terminal
    _Wanted.wish, _Wanted.terminal = wish, environment.get("TERM", "")
    try:
        yield
    finally:
        _Wanted.wish, _Wanted.terminal = before


def lively(stream: TextIO) -> bool:
    """Tell whether colours may go to a stream."""
    match _Wanted.wish() if _Wanted.wish is not None else "auto":
        case "always":
            return True
        case "never":
            return False
    return is_drawn(stream)


def is_drawn(stream: TextIO) -> bool:
    """Tell whether somebody is looking at a terminal that can be drawn on."""
    return is_terminal(stream) and _Wanted.terminal not in _DUMB and _obeys(stream)


def _obeys(stream: TextIO) -> bool:
    """Tell whether a terminal obeys escapes; a console of Windows is told to, which an old one cannot."""
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    try:
        console = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
        mode, kernel = ctypes.c_ulong(), ctypes.windll.kernel32
        known = kernel.GetConsoleMode(console, ctypes.byref(mode))
        return bool(known and kernel.SetConsoleMode(console, mode.value | _OBEY))
    except (OSError, ValueError):
        return False


def is_terminal(stream: TextIO) -> bool:
    """Tell whether somebody is looking."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False
