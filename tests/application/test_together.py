"""Several programs on one ledger, and programs that die: every command takes effect whole, or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

import ipo_ledger
from ipo_ledger import Ledger, Refused, SystemLedger
from ipo_ledger.domain import fold
from ipo_ledger.domain.events import BatchOpened, Fact
from ipo_ledger.domain.system import System

ROOT = Path(__file__).parents[2]


def start(url: str, name: str, seed: int, count: int) -> subprocess.Popen[str]:
    """Start a mover."""
    command = [sys.executable, "-m", "tests.application.mover", url, name, str(seed), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def facts_of(ledger: Ledger) -> list[Fact]:
    """Return every fact of a ledger, checked to be gapless and to give the state the read model has."""
    with ledger._store.reading() as reading:  # noqa: SLF001 - the proof looks below the API on purpose
        facts = list(reading.facts())
        assert [f.position for f in facts] == list(range(1, reading.head().position + 1))
        folded, kept = System("hq"), reading.system("hq")
        for fact in facts:
            fold.apply(folded, fact)
        assert kept is not None
        assert (kept.version, kept.extensions, kept.users) == (folded.version, folded.extensions, folded.users)
        return facts


def whole_commands(facts: list[Fact]) -> dict[str, list[Fact]]:
    """Return the facts of each command, checked to lie together, as a swap carried out whole."""
    commands: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if "-" in fact.command_id and fact.actor != "ana":
            commands[fact.command_id].append(fact)
    for command_id, found in commands.items():
        positions = [f.position for f in found]
        assert positions == list(range(positions[0], positions[0] + len(found))), f"{command_id} is torn"
        names = [f.name for f in found]
        assert names.count("BatchOpened") == names.count("ConfigurationSent") == 1, f"{command_id}: {names}"
        assert names.count("BaseExtensionChanged") == 2, f"{command_id}: {names}"
    return commands


def test_two_programs_at_once_lose_double_and_tear_nothing(ledger: Ledger, hq: SystemLedger, url: str) -> None:
    movers = [start(url, "left", 1, 25), start(url, "right", 2, 25)]
    said = [mover.communicate(timeout=60)[0].split("\n") for mover in movers]

    facts = facts_of(ledger)
    commands = whole_commands(facts)

    answered = dict(line.split(" ", 1) for lines in said for line in lines if line)
    assert [mover.returncode for mover in movers] == [0, 0]
    assert len(answered) == 50
    assert set(commands) == {c for c, told in answered.items() if not told.startswith("refused")}
    for command_id, found in commands.items():
        opened = next(f.event for f in found if isinstance(f.event, BatchOpened))
        assert answered[command_id] == f"B{opened.batch}"
    assert {f.actor for f in facts} == {"ana", "left", "right"}
    assert hq.status().sent == ()


@pytest.mark.parametrize("answers", [1, 4, 9])
def test_a_program_killed_at_any_moment_leaves_whole_commands(
    ledger: Ledger, hq: SystemLedger, url: str, answers: int
) -> None:
    acknowledged: list[str] = []
    for round_ in range(3):
        mover = start(url, f"round{round_}", round_, 0)
        assert mover.stdout is not None
        with mover.stdout:
            acknowledged += [mover.stdout.readline().strip() for _ in range(answers + round_)]
            mover.kill()
            # What it said before it died counts as well; a line cut short was not yet said.
            acknowledged += [line.strip() for line in mover.stdout.readlines() if line.endswith("\n")]
        mover.wait()

    commands = whole_commands(facts_of(ledger))

    assert {line.split()[0] for line in acknowledged if "refused" not in line} <= set(commands)
    with ipo_ledger.open(url, actor="ana") as again:
        assert again.system("hq").swap("201", "209", done=True).status == "settled"
    assert len(facts_of(ledger)) > len(commands)
    assert hq.status().sent == ()


def test_of_two_rollbacks_of_one_batch_at_once_one_wins_and_the_other_is_told(hq: SystemLedger, url: str) -> None:
    hq.swap("202", "203", done=True)
    at_once = Barrier(4)

    def roll_back(actor: str) -> str:
        with ipo_ledger.open(url, actor=actor) as ledger:
            system = ledger.system("hq")
            plan = system.rollback("B1", dry_run=True)
            at_once.wait(30)
            try:
                return str(system.rollback("B1", as_planned=plan).batch)
            except Refused as refused:
                return f"{refused.code}: {refused.details.get('by')}"

    with ThreadPoolExecutor(4) as threads:
        told = sorted(threads.map(roll_back, ["ana", "bea", "carlos", "dora"]))

    assert told == ["B2", "reversal-drafted: B2", "reversal-drafted: B2", "reversal-drafted: B2"]
    assert [b.batch for b in hq.batches().batches] == ["B2", "B1"]
