"""`python -m benchmarks`: measure this program and its peers, in turns, on this machine."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

import msgspec

from benchmarks import pages
from benchmarks.catalogue import BENCHMARKS
from benchmarks.places import KINDS
from benchmarks.report import Report, as_text, table
from benchmarks.running import Asked, run

_DOCS = Path(__file__).parents[1] / "docs"
_FOLDER = os.environ.get("IPO_LEDGER_BENCH_MESSAGE_DB")
_LAST_WORDS = """
Peers that are not installed are named at the end, with how to get them: pip install 'ipo-ledger[bench]'.
It starts its own PostgreSQL as the tests do (IPO_LEDGER_TEST_POSTGRES_BIN names one), in TMPDIR: on a disk, please.
A full run builds ledgers of 10 million events: it takes an hour or two, 25 GB, and the machine for itself.
"""


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=_LAST_WORDS,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small and short: shows that everything runs and agrees")
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=list(BENCHMARKS), help="one benchmark; again for more"
    )
    parser.add_argument("--store", action="append", choices=KINDS, help="one store; default both")
    parser.add_argument("--size", type=int, metavar="N", help="events of the big ledger (default 10000000)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (default 7)")
    parser.add_argument("--seed", type=int, default=1, help="of everything made up (default 1)")
    parser.add_argument(
        "--message-db",
        type=Path,
        default=Path(_FOLDER) if _FOLDER else None,
        metavar="DIR",
        help="folder of message-db's SQL",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as data")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md and its plot")
    parser.add_argument(
        "--from-json", type=Path, metavar="FILE", help="run nothing: report on a run that was written with --json"
    )
    parser.add_argument(
        "--profile", metavar="NAME", choices=list(BENCHMARKS), help="run one benchmark, ours under the profiler"
    )
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    asked = parser.parse_args(arguments)
    if asked.list:
        print("\n".join(table([[b.name, ", ".join(b.stores), b.summary] for b in BENCHMARKS.values()])))
        return 0
    profile = ""
    if asked.from_json is not None:
        report = msgspec.json.decode(asked.from_json.read_bytes(), type=Report)
    else:
        report, profile = run(
            Asked(
                command=_command(asked),
                quick=asked.quick,
                only=[asked.profile] if asked.profile else asked.only,
                stores=asked.store or KINDS,
                size=asked.size,
                rounds=asked.rounds,
                seed=asked.seed,
                message_db=asked.message_db,
                profile=asked.profile is not None,
            ),
            lambda text: print(text, file=sys.stderr, flush=True),
        )
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if asked.docs:
        for file in pages.write(report, _DOCS):
            print(f"wrote {file}", file=sys.stderr)
    print(profile or as_text(report))
    return 1 if report.failed else 0


def _command(asked: argparse.Namespace) -> str:
    """Return the command that measures the same elsewhere: without this machine's paths."""
    words = ["python", "-m", "benchmarks", *(["--quick"] if asked.quick else [])]
    for option in ("only", "store"):
        words += [word for value in getattr(asked, option) or () for word in (f"--{option}", value)]
    for option, default in (("size", None), ("rounds", None), ("seed", 1)):
        value = getattr(asked, option)
        words += [f"--{option}", str(value)] if value != default else []
    return shlex.join([*words, *(["--message-db", "DIR"] if asked.message_db is not None else [])])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
