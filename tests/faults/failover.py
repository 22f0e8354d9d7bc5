"""The primary is killed and the standby promoted while programs record: `python -m tests.faults.failover --rounds 10`.

Before the kill the standby is cut off for a moment, or it would have everything anyway: what is acknowledged then is
either confirmed by the standby, or (`--asynchronous`, to see that the test can tell) lost.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ipo_ledger.evidence.notes import SigningKey
from tests.faults.replicas import Pair, a_pair
from tests.faults.site import Looked, a_ledger, look, opened
from tests.faults.writers import Writers
from tests.postgres_home import session_home
from tests.postgres_installations import Installation, found_installations

KEY = SigningKey.of("example.com/ledger", bytes(range(32)))
WRITERS = 2
BEFORE, CUT_OFF, AFTER = 20, 20, 20  # acknowledgements of each writer, and of any while the standby is cut off


@dataclass(frozen=True, slots=True)
class Took:
    """What one failover was like: acknowledgements until the kill and after it, and seconds without any."""

    before: int
    after: int
    silent: float
    promoted: float
    looked: Looked
    extends: bool
    faults: list[str]


def fail_over(pair: Pair, *, synchronous: bool, writers: int = WRITERS) -> Took:
    """Let programs record, cut off the standby, kill the primary, promote the standby; everybody goes on by himself."""
    pair.primary.create_database("ledger")
    url = pair.url("ledger")
    a_ledger(url)
    pair.caught_up()
    if synchronous:
        pair.confirm()
    with Writers(url, writers) as recording:
        recording.wait_for(BEFORE)
        with opened(url) as ledger:
            kept = ledger.checkpoint(KEY).note
        if not synchronous:
            pair.caught_up()
        receiver = pair.cut_off()
        if synchronous:
            pair.wait_for_waiting()
        else:
            recording.alive[0].wait_for(CUT_OFF)
        pair.primary.kill()
        killed = time.monotonic()
        with suppress(ProcessLookupError):  # frozen, it could still bring what lies in its buffers
            os.kill(receiver, signal.SIGKILL)
        pair.promote()
        promoted = time.monotonic() - killed
        recording.wait_for(AFTER)
        answered = sorted(at for writer in recording.alive for at in writer.answered)
        recording.stop()
    first = next(at for at in answered if at > killed)
    looked = look(url, recording.acknowledged, recording.denied)
    with opened(url) as ledger:
        verdict = ledger.verify(against=kept, key=str(KEY.verifier))
    before = sum(at <= killed for at in answered)
    extends = verdict.against is not None and verdict.against.extends
    return Took(before, len(answered) - before, first - killed, promoted, looked, extends, recording.faults)


def main(arguments: list[str]) -> int:
    """Fail over so often, on a new pair each time, and print what each was like."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.failover")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--asynchronous", action="store_true", help="let no commit wait for the standby")
    chosen = parser.parse_args(arguments)
    installation = found_installations()[0]
    mode = "asynchronous" if chosen.asynchronous else "synchronous"
    print(f"{installation}, {WRITERS} writers, {mode}; seconds from the kill to the promotion, and to an answer")
    print("round  acknowledged before  after  lost  wrong  promotion  answer  told")
    rounds = [
        _round(number, installation, synchronous=not chosen.asynchronous) for number in range(1, chosen.rounds + 1)
    ]
    silent = sorted(took.silent for took in rounds)
    lost = sum(len(took.looked.lost) for took in rounds)
    wrong = sum(len(took.looked.wrong) + (not took.extends) for took in rounds)
    total = sum(took.before + took.after for took in rounds)
    print(
        f"{len(rounds)} failovers, {total} acknowledged, {lost} lost, {wrong} wrong; "
        f"seconds without an answer: median {silent[len(silent) // 2]:.3f}, at most {silent[-1]:.3f}"
    )
    return 0 if not lost + wrong else 1


def _round(number: int, installation: Installation, *, synchronous: bool) -> Took:
    with session_home() as home:
        took = in_a_pair(installation, home, synchronous=synchronous)
    wrong = [*took.looked.wrong, *([] if took.extends else ["the checkpoint of before is not extended"])]
    print(
        f"{number:>5}  {took.before:>19}  {took.after:>5}  {len(took.looked.lost):>4}  {len(wrong):>5}  "
        f"{took.promoted:>9.3f}  {took.silent:>6.3f}  {', '.join(sorted(set(took.faults))) or '-'}",
        flush=True,
    )
    for each in wrong[:5]:
        print(f"       {each}")
    return took


def in_a_pair(installation: Installation, home: Path, *, synchronous: bool, writers: int = WRITERS) -> Took:
    """Fail over on a new pair of servers."""
    with a_pair(installation, home) as pair:
        return fail_over(pair, synchronous=synchronous, writers=writers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
