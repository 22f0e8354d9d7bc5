"""The command for scripts: many commands in one go, one JSON object a line."""

from __future__ import annotations

import codecs
import sys
from typing import IO, TYPE_CHECKING

import click

from ipo_ledger_cli.colours import is_terminal
from ipo_ledger_cli.command import command
from ipo_ledger_cli.options import acting, reading
from ipo_ledger_cli.output import say, write_json
from ipo_ledger_cli.watching import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ipo_ledger_cli.session import Session

_CHUNK = 1 << 16
_AT_ONCE = 200  # lines committed together: a commit costs more than all that a line does


@command(
    "record",
    examples=("ipo-ledger record day.jsonl", "ipo-ledger record day.jsonl --keep-going --actor night-shift"),
    exits=(0, 2, 3, 4, 6),
)
@click.argument("file", metavar="FILE.jsonl", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--keep-going", is_flag=True, help="Go on after a line that is refused.")
@acting
@reading
@click.pass_context
def record(ctx: click.Context, file: str, *, keep_going: bool) -> None:
    """Carry out many commands, one JSON object a line.

    A line is the verb of a command and its options, with underscores:

    \b
      {"do": "swap", "users": ["202", "203"], "at": "2026-03-05T12:00", "command_id": "a1"}

    Each line takes effect whole or not at all, and is answered by one line of JSON on standard output as it
    goes. FILE - is standard input.

    It stops at the first line that is refused, unless --keep-going. With command ids nothing is recorded
    twice when the same file is given again. The exit code is that of the first line that failed.
    """  # noqa: D301 - \b is click's mark for a paragraph that stays as it is
    session: Session = ctx.obj
    exit_code = lines = failed = 0
    with click.open_file(file, "rb") as stream, watched() as progress:
        ledger = session.ledger()
        for found in ledger.record_groups(_groups(stream), system=session.system_name, keep_going=keep_going):
            write_json(found, sys.stdout)
            lines += 1
            failed += not found.ok
            exit_code = exit_code or found.exit or 0
            if progress is not None and not is_terminal(sys.stdout):  # there each answer says how far it is
                progress(f"{failed} failed; lines" if failed else "lines", lines, 0)
    if not session.json:
        say(f"{lines - failed} recorded, {failed} failed")
    ctx.exit(exit_code)


def _groups(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines that are there, some hundred at a time: what answers line by line is never waited for."""
    group: list[bytes] = []
    for line in _lines(stream):
        if line is not None:
            group.append(line)
        if group and (line is None or len(group) >= _AT_ONCE):
            yield group
            group = []
    if group:
        yield group


def _lines(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Yield each line, and None where the next is not there yet; of one that is too long only the beginning."""
    from ipo_ledger.application.record import LONGEST_LINE

    mark = codecs.BOM_UTF8  # some editors and shells begin a file with it
    begun = bytearray()
    for chunk in _chunks(stream):
        first, *others = chunk.split(b"\n")
        begun += first[: LONGEST_LINE + 1 - len(begun)]  # no more than it takes to see that it is too long
        for line in others:
            yield bytes(begun).removeprefix(mark)
            mark = b""
            begun = bytearray(line)
        yield None
    if begun:
        yield bytes(begun).removeprefix(mark)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what is there, as it comes; UTF-16, which Windows PowerShell 5.1 writes to files, as UTF-8."""
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    chunk = read(_CHUNK)
    if not chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        while chunk:
            yield chunk
            chunk = read(_CHUNK)
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    while chunk:
        yield decoder.decode(chunk).encode()
        chunk = read(_CHUNK)
    yield decoder.decode(b"", final=True).encode()
