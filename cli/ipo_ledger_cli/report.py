"""The report: a system over a span of time, as one page that opens in any browser and needs no network."""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipo_ledger.errors import StoreUnusable
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.options import WORDS, known_at, reading
from ipo_ledger_cli.output import in_one_line, say, write_json
from ipo_ledger_cli.watching import working

if TYPE_CHECKING:
    from ipo_ledger.application.report import Report
    from ipo_ledger_cli.session import Session

_STDOUT = "-"
_FIRST_LINES = 512  # bytes, in which a report says that it is one
_MB, _KB = 1_000_000, 1000


class ReportNotWritten(StoreUnusable):
    """The file of a report cannot be written."""

    code = "report-not-written"
    says = "The report cannot be written to {where}: {why}."
    way_out = "Name another file with -o, or `-o -` for standard output."


class NoReport(click.UsageError):
    """A file is there that this program did not write."""


@command(
    "report",
    examples=("ipo-ledger report", "ipo-ledger report --from 2026-03-02 --to 2026-03-04 -o march.html"),
    exits=READS,
)
@click.option("--from", "from_", metavar="WHEN", type=WORDS, help="From this day or instant on; default: all there is.")
@click.option("--to", metavar="WHEN", type=WORDS, help="Up to the end of this day, or this instant; default now.")
@click.option("-o", "--output", "output", metavar="FILE", type=WORDS, help="Write to FILE; - is standard output.")
@click.option("--force", is_flag=True, help="Overwrite FILE even where it is not a report.")
@known_at
@reading
@click.pass_obj
def report(  # noqa: PLR0913 - one an option
    session: Session, *, from_: str | None, to: str | None, output: str | None, force: bool, known_at: str | None
) -> None:
    """Write a page of HTML that shows the seating over time.

    One file that opens in any browser and loads nothing: who sat at each extension, with a slider for the moment,
    a search, and every batch with what reversed it. Tables come out of the printer.

    It is written to report-SYSTEM.html in the current folder, unless -o names another file. A report that is
    there is overwritten; any other file is not, without --force.
    """
    if output == _STDOUT and session.json:
        raise click.UsageError("--json and `-o -` both write to standard output: give one.")
    with working("Gathering the report"):
        found = session.system().report_data(from_, to, known_at)
        from ipo_ledger_cli.report_page import page

        content = page(found).encode()
    if output == _STDOUT:
        _to_stdout(content)
        where = "standard output"
    else:
        where = output if output is not None else f"report-{found.system}.html"
        _write(Path(where), content, force=force)
    _tell(session, found, where, len(content))


def _tell(session: Session, found: Report, where: str, size: int) -> None:
    from ipo_ledger.domain.moments import iso, zone_of
    from ipo_ledger_cli.report_page import counts

    zone = zone_of(found.timezone)
    span = iso(found.start, zone), iso(found.end, zone)
    if session.json:
        told = {"system": found.system, "from": span[0], "to": span[1], "timezone": found.timezone}
        told |= {"known_at": found.known_at, "position": found.position, "file": where, "bytes": size}  # type: ignore[dict-item]
        write_json(told, sys.stdout)
        return
    say(f"{found.system}: {span[0]} to {span[1]}, {found.timezone}, as known at event {found.position}")
    say(f"Written to {in_one_line(where)}: {', '.join(counts(found))}; {_size(size)}.")
    if where != "standard output":
        say(f"Open it in a browser: {in_one_line(Path(where).absolute().as_uri())}")


def _size(size: int) -> str:
    return f"{size / _MB:.1f} MB" if size >= _MB else f"{size / _KB:.0f} kB"


def _to_stdout(content: bytes) -> None:
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(content.decode())
    else:
        buffer.write(content)
    sys.stdout.flush()


def _write(path: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; one that is no report stays, unless it was said to go."""
    try:
        target = path.resolve()  # the file that a link leads to, not the link
        if target.exists() and not target.is_file():
            raise ReportNotWritten(where=path, why="it is there, and no file")
        if not force and target.exists() and not _is_report(target):
            raise NoReport(f"{path} is there already, and no report: name another file with -o, or give --force.")
        _replace(target, content)
    except OSError as fault:
        raise ReportNotWritten(where=path, why=fault.strerror or str(fault)) from None


def _is_report(path: Path) -> bool:
    from ipo_ledger_cli.report_page import GENERATOR

    with path.open("rb") as there:
        return GENERATOR in there.read(_FIRST_LINES)


def _replace(target: Path, content: bytes) -> None:
    """Put a new file in the place of the old one: whoever reads sees the one or the other, whole."""
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
