"""Files that commands write whole or not at all, and read."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from ipo_ledger.errors import StoreUnusable
from ipo_ledger_cli.output import write_exactly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the line ends
_LARGEST_NOTE = 1 << 20  # bytes; a checkpoint with a hundred signatures has a hundredth of it


class FileNotWritten(StoreUnusable):
    """A file that was asked for cannot be written."""

    code = "file-not-written"
    says = "The file {where} cannot be written: {why}."
    way_out = "Name another file with -o."


def output(*, required: bool, help_: str) -> Callable[[Any], Any]:
    """Add -o FILE."""
    return click.option(
        "--output",
        "-o",
        "file",
        metavar="FILE",
        required=required,
        type=click.Path(dir_okay=False, allow_dash=True),
        help=help_,
    )


def write(file: str, parts: Iterable[bytes], *, private: bool = False) -> None:
    """Write a file, or standard output for `-`; a file that is there already is replaced once this one is whole.

    What is `private` nobody but its owner can read, from the first byte on; on Windows it has the rights of its
    folder. Raises `FileNotWritten`.
    """
    if file == "-":
        for part in parts:
            write_exactly(part, sys.stdout)
        return
    with _whole(file, 0o600 if private else 0o666) as stream:
        for part in parts:
            with _saying(file):
                stream.write(part)


@contextmanager
def _whole(file: str, mode: int) -> Iterator[IO[bytes]]:
    """Open a file beside the one meant, and put it in its place at the end of the block, if all went well."""
    path = Path(file).resolve()  # a link stays a link
    if path.exists() and not path.is_file():  # such as /dev/full: nothing can take its place
        with _saying(file), path.open("wb") as stream:
            yield stream
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _saying(file):
        stream = os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb")
    try:
        with stream:
            yield stream
            with _saying(file):
                stream.flush()
                os.fsync(stream.fileno())
        with _saying(file):
            beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def _saying(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise FileNotWritten(where=file, why=fault.strerror or str(fault)) from None


def text_of(data: bytes) -> str:
    """Return the text of a file as any editor or shell of any system writes it. Raises `UnicodeDecodeError`.

    Windows PowerShell 5.1 writes UTF-16 where it is redirected to a file.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if marked else "utf-8-sig").replace("\r\n", "\n")


def note_in(file: str) -> str:
    """Return the text of a signed note; the line ends of another system are made ours. Raises `UnreadableNote`."""
    from ipo_ledger.evidence.notes import UnreadableNote

    with Path(file).open("rb") as stream:
        data = stream.read(_LARGEST_NOTE + 1)
    try:
        text = text_of(data)
    except UnicodeDecodeError:
        raise UnreadableNote(why="it is neither UTF-8 nor UTF-16 text") from None
    if len(data) > _LARGEST_NOTE:
        raise UnreadableNote(why="it is too long for one")
    return text
