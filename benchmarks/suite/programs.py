"""Whole programs: how long a command takes from start to exit, and how much memory it needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from benchmarks import processes
from benchmarks.bench import BIG, Bench
from benchmarks.goals import at_least, at_most
from benchmarks.measuring import OURS, Contender, Spread
from benchmarks.places import Place
from ipo_ledger.demo_site import synthetic_site, write_export

_CLICK = "python -c 'import click'"
_CLICK_SQLITE = "python -c 'import click, sqlite3'"


def _program(bench: Bench, arguments: Sequence[str]) -> Contender:
    def run() -> float:
        profile = bench.profile.file() if bench.profile is not None else None
        return processes.run(["-m", "ipo_ledger_cli", *arguments], home=bench.folder, profile=profile).seconds

    return Contender(OURS, run)


def _python(bench: Bench, name: str, code: str) -> Contender:
    return Contender(name, lambda: processes.run(["-c", code], home=bench.folder).seconds)


def start_up(bench: Bench) -> None:
    """Start the program: for its help, and for a question to a SQLite ledger."""
    place = bench.big()
    extension = str(min(bench.small_history().system.extensions))
    who = ["--ledger", place.url, "--system", bench.small_names()[0], "who", extension, "--on", "now"]
    bench.agree("who answers", processes.run(["-m", "ipo_ledger_cli", *who], home=bench.folder).exit_code, 0)
    rounds = bench.sizes.rounds * 3 if bench.sizes.rounds > 2 else 2  # noqa: PLR2004 - processes vary more
    figures = bench.turns(
        "ipo-ledger who", [_program(bench, who), _python(bench, _CLICK_SQLITE, "import click, sqlite3")], rounds=rounds
    )
    if _CLICK_SQLITE in figures:
        ratio = figures[OURS].times_as_long_as(figures[_CLICK_SQLITE])
        bench.goal(at_most(2, f"who as a whole process, against {_CLICK_SQLITE}", ratio))
    figures = bench.turns(
        "ipo-ledger -h", [_program(bench, ["-h"]), _python(bench, _CLICK, "import click")], rounds=rounds
    )
    if _CLICK in figures:
        bench.goal(at_most(1.7, f"-h, against {_CLICK}", figures[OURS].times_as_long_as(figures[_CLICK])))


def taking_in(bench: Bench) -> None:
    """Import an export of a large system, and record a file of commands, from command to exit."""
    sizes = bench.sizes
    files = write_export(synthetic_site(sizes.system, seed=bench.seed), bench.file("export"))

    def new(place: Place) -> None:
        ledger = place.made().ledger()
        ledger.add_system("hq", release="11.1", timezone="UTC")
        place.close()

    def importing() -> float:
        place = bench.place()
        new(place)
        arguments = ["-m", "ipo_ledger_cli", "--ledger", place.url, "import", *map(str, files)]
        profile = bench.profile.file() if bench.profile is not None else None
        return processes.run(arguments, home=bench.folder, profile=profile).seconds

    figures = bench.turns(f"import {sizes.system} extensions", [Contender(OURS, importing)], warm_up=0)
    what = f"import of an export of {sizes.system} extensions, from command to exit"
    bench.goal(at_most(2, what, figures[OURS].each, "s"))

    history = bench.history(sizes.system, 0)
    place = bench.ledger_of(history, "hq")
    at = history.ended

    def recording() -> float:
        nonlocal at
        file = bench.file("day.jsonl")
        with file.open("w", encoding="utf-8") as lines:
            for number in range(sizes.lines):
                at += timedelta(seconds=1)
                name = history.coded[number % len(history.coded)]
                lines.write(json.dumps({"do": "logout", "user": name, "at": at.isoformat()}) + "\n")
        arguments = ["-m", "ipo_ledger_cli", "--ledger", place.url, "--json", "record", str(file)]
        profile = bench.profile.file() if bench.profile is not None else None
        ended = processes.run(arguments, home=bench.folder, profile=profile)
        bench.agree("every line was recorded", ended.out.count(b'"ok":true'), sizes.lines)
        return ended.seconds

    many = Contender(OURS, recording, sizes.lines)
    figures = bench.turns(f"record {sizes.lines:,} lines", [many], rounds=min(3, sizes.rounds), warm_up=0)
    each = figures[OURS].each
    rate = Spread(1 / each.median, 1 / each.high, 1 / each.low)
    if bench.kind == "sqlite":
        bench.goal(at_least(3000, f"record of {sizes.lines:,} log-outs, each a transaction", rate, "lines/s"))
    else:
        bench.note(f"{rate.median:,.0f} lines/s")


def memory(bench: Bench) -> None:
    """Measure the most memory that any command ever holds, on the largest system of a big ledger."""
    place, history = bench.big(), bench.history(bench.sizes.system, bench.sizes.past)
    extension, user = str(min(history.system.extensions)), history.coded[0]
    commands: dict[str, tuple[list[str], int]] = {
        "who": (["who", extension], 0),
        "where --known-at": (["where", user, "--known-at", str(bench.sizes.past // 2)], 0),
        "seats": (["seats", "--json"], 0),
        "status": (["status"], 0),
        "history": (["history", "--user", user, "--limit", "1000"], 0),
        "log": (["log", "--limit", "1000"], 0),
        "batches": (["batches", "--limit", "1000"], 0),
        "logout": (["logout", user], 0),
        "rollback": (["rollback", "B1", "--dry-run"], 3),
        "verify": (["verify"], 0),
        "rebuild": (["rebuild"], 0),
        "export": (["export"], 0),
    }
    whole, beside = bench.walked(), ""
    if whole is not place:
        ((events,),) = whole.ask(f"SELECT position FROM {whole.schema}head")  # noqa: S608 - the program's own name
        beside = f"; verify, rebuild and export on {events:,}"
    most: tuple[float, str] = (0, "")
    for name, (arguments, expect) in commands.items():
        walks = name in {"verify", "rebuild", "export"}
        options = ["--ledger", whole.url] if walks else ["--ledger", place.url, "--system", BIG]
        try:
            held, seconds = processes.megabytes(
                ["ipo_ledger_cli", *options, *arguments], home=bench.folder, expect=expect
            )
        except processes.ProcessFailed as why:
            bench.note(f"{name} did not run: {str(why).splitlines()[-1]}")
            continue
        bench.note(f"{name}: {held:.0f} MB, {seconds:.2f} s")
        most = max(most, (held, name))
    what = f"memory of any command on a ledger of {bench.size:,} events (most: {most[1]}{beside})"
    bench.goal(at_most(150, what, Spread.of([most[0]]), "MB"))
