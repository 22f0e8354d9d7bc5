"""Where text and JSON leave the program: results on stdout, the conversation on stderr."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from ipo_ledger_cli.colours import lively

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ipo_ledger.application.answers import Answer
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session

# What a terminal would obey, and what would turn around the text beside it: C0 and C1 controls but the line
# feed, line separators, marks and overrides of direction; and lone surrogates, which no encoding can carry.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def answer(session: Session, value: Any, tell: Callable[[], None]) -> None:
    """Give a result: as JSON where that was asked for, else in words."""
    if session.json:
        write_json(value, sys.stdout)
    else:
        tell()


def answer_rows(session: Session, value: Any, tell: Callable[[], None], told: Callable[[], Rows]) -> None:
    """Give a list: as JSON, in words, or its rows as JSON lines or CSV."""
    if session.form in {"nl", "csv"}:
        from ipo_ledger_cli.rows import write_rows

        write_rows(session.form, told())
    else:
        answer(session, value, tell)


def listed(kind: str, found: Sequence[Answer]) -> Rows:
    """Return the answers of one kind, by its name, as rows."""
    from ipo_ledger.application import answers
    from ipo_ledger_cli.rows import rows_of

    return rows_of(getattr(answers, kind), found)


def out(text: str = "") -> None:
    """Write a line of the result."""
    _write(sys.stdout, text)


def say(text: str = "") -> None:
    """Write a line of the conversation."""
    _write(sys.stderr, text)


def complain(label: str, text: str) -> None:
    """Write a line of the conversation that begins with a label, red where somebody is looking."""
    sys.stderr.write(f"\x1b[1;31m{label}\x1b[0m " if lively(sys.stderr) else f"{label} ")
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
    """Return the JSON of a value; half characters in it, which JSON cannot carry, become U+FFFD.

    What a terminal would obey is written as JSON's own escapes: it is the same value, wherever it is read.
    """
    import msgspec

    try:
        document = msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:
        document = msgspec.json.encode(_whole(msgspec.to_builtins(value, enc_hook=str)))
    if document.isascii() and b"\x7f" not in document:  # JSON itself escapes the controls of ASCII, but for one
        return document
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", document.decode()).encode()


def clean(text: str) -> str:
    """Return a text that only says what can be seen: control characters are spelled out."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def in_one_line(text: str) -> str:
    """Return a text for a cell of a table."""
    return clean(text.replace("\n", " ").replace("\t", " "))


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
