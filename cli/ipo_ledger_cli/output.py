"""Where text and JSON leave the program: results on stdout, the conversation on stderr."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger_cli.session import Session

# What a terminal would obey, and what would turn around the text beside it: C0 and C1 controls but the line
# feed, line separators, marks and overrides of direction; and lone surrogates, which no encoding can carry.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def answer(session: Session, value: Any, tell: Callable[[], None]) -> None:
    """Give a result: as JSON where that was asked for, else in words."""
    if session.json:
        write_json(value, sys.stdout)
    else:
        tell()


def out(text: str = "") -> None:
    """Write a line of the result."""
    _write(sys.stdout, text)


def say(text: str = "") -> None:
    """Write a line of the conversation."""
    _write(sys.stderr, text)


def complain(label: str, text: str) -> None:
    """Write a line of the conversation that begins with a label, red where somebody is looking."""
    lively = is_terminal(sys.stderr) and not os.environ.get("NO_COLOR")
    sys.stderr.write(f"\x1b[1;31m{label}\x1b[0m " if lively else f"{label} ")
    say(text)


def write_json(value: Any, stream: TextIO) -> None:
    """Write one JSON document in one line of UTF-8, whatever the encoding of the stream."""
    write_exactly(encoded(value) + b"\n", stream)


def write_exactly(document: bytes, stream: TextIO) -> None:
    """Write UTF-8 to the byte, whatever the encoding and the line ends of the stream."""
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    if buffer is None:
        stream.write(document.decode())
    else:
        buffer.write(document)
    stream.flush()


def encoded(value: Any) -> bytes:
    """Return the JSON of a value; half characters in it, which JSON cannot carry, become U+FFFD."""
    import msgspec

    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(value, enc_hook=str)))


def clean(text: str) -> str:
    """Return a text that only says what can be seen: control characters are spelled out."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def in_one_line(text: str) -> str:
    """Return a text for a cell of a table."""
    return clean(text.replace("\n", " ").replace("\t", " "))


def is_terminal(stream: TextIO) -> bool:
    """Tell whether somebody is looking."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def _write(stream: TextIO, text: str) -> None:
    stream.write(clean(text) + "\n")
    stream.flush()


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return value
