"""What must hold of corrections, tried on random histories that are told again without what was corrected.

The suite tries a thousand; many more: `python -m tests.domain.correction_laws 100000` (it prints what it did).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.errors import Refused
from tests.domain import ledgers
from tests.domain.given import state_of
from tests.domain.steps import Done, Step, history, in_short, moved, random_step, tell, told_again
from tests.domain.story import Story
from tests.domain.thoroughness import tell_what_was_tried

CORRECTABLE = {"log-out", "log-in", "send", "abandon", "restart", "renumber"}
LINKS = 10  # of a chain: steps that follow, and corrections
GOES_ON = 0.35
_SENT = "in force"


def desks(story: Story) -> dict[str, Any]:
    """Return who sits where, who has which number, the bases in force, and what open batches wait for."""
    system = story.system.copy()
    return {
        "seats": {i: (x.user, x.since if x.user is not None else None) for i, x in sorted(system.extensions.items())},
        "bases": story.bases,
        "numbers": {u.name: u.number for u in system.users.values()},
        "off the air": story.off_the_air,
        "batches": {n: _SENT if b.in_force else b.status for n, b in sorted(story.past.seen.items())},
        "waiting for the restart": [n for n, b in sorted(system.open.items()) if b.waits_for_restart],
    }


def unsettled(story: Story) -> dict[int, list[tuple[int, str, str]]]:
    """Return what the batches in force wait for that are not settled."""
    return {n: story.asked(n) for n, b in story.system.copy().open.items() if b.in_force}


def settled_alike(one: Story, other: Story, tried: Counter[str]) -> None:
    """See that two stories wait for the same; count where one has a batch settled that the other waits for.

    Settled is judged as facts are recorded, and stays; told in another order a batch may come to rest, or never.
    """
    here, there = unsettled(one), unsettled(other)
    assert all(here[n] == there[n] for n in here.keys() & there.keys())
    tried["settled in one order only"] += here.keys() != there.keys()


def without_positions(found: Any) -> Any:
    """Return plain values without what says where something is recorded; what comes last in one instant is that."""
    if isinstance(found, dict) and found.keys() == {"at", "position", "name"}:
        return found["at"]
    if isinstance(found, dict):
        return {k: without_positions(v) for k, v in found.items() if "position" not in str(k) and k != "version"}
    return [without_positions(v) for v in found] if isinstance(found, list | tuple) else found


def never(begin: Story, story: Story, told: Sequence[Done], which: int, tried: Counter[str]) -> None:
    """Correct one step of a history: what stands then is the history told without it, or it is refused."""
    taken = told[which]
    rest = [d for i, d in enumerate(told) if i != which]
    other, again = told_again(begin, [d.step for d in rest])
    rests = [d for d, a in zip(rest, again, strict=True) if a is None or a.says != d.says]
    verb = taken.step.verb
    tried["corrections tried"] += 1
    corrected = story.fork()
    try:
        corrected.correct(taken.position, never=True)
    except RestedOn:
        _refused(tried, needed=bool(rests))
        tried["rests: rightly" if rests else "rests: not needed"] += 1
        tried[f"rests: {'rightly' if rests else 'not needed'}: {verb}"] += 1
        assert state_of(corrected.system) == state_of(story.system)
        return
    if rests and rests[0].step.verb != "draft":
        raise Unsound(told, which, f"later facts rest on it: {in_short(rests[0])}")
    tried["never"] += 1
    if rests:
        tried["never, and a later draft was made from what it changed"] += 1
        return
    if desks(corrected) != desks(other):
        raise Unsound(told, which, difference(desks(corrected), desks(other)))
    settled_alike(corrected, other, tried)
    ledgers.the_fold_agrees(corrected)
    ledgers.the_trail_leads_here(corrected)
    ledgers.indices_are_right(corrected.system)
    ledgers.open_batches_are_right(corrected)
    ledgers.loading_gives_the_same(corrected.system)
    again_(story, corrected, told, which, tried)


def _refused(tried: Counter[str], *, needed: bool) -> None:
    tried["corrections refused"] += 1
    tried["corrections refused, though telling it again says it was not needed"] += not needed


def again_(before: Story, corrected: Story, told: Sequence[Done], which: int, tried: Counter[str]) -> None:
    """Correct the correction: what was before stands again; and that correction too, and so on."""
    without = [corrected, before]
    story = corrected
    for depth in (2, 3, 4):
        story = story.fork()
        story.correct(_last_correction(story), never=True)
        tried["corrections tried"] += 1
        expected = without[(depth + 1) % 2]
        _the_same(story, expected, tried, told, which)
        ledgers.the_fold_agrees(story)
        ledgers.the_trail_leads_here(story)
        tried["again"] += 1


def _last_correction(story: Story) -> int:
    return next(f.position for f in reversed(story.facts) if isinstance(f.event, e.Corrected))


def otherwise(
    begin: Story,
    story: Story,
    told: Sequence[Done],
    which: int,
    tried: Counter[str],
    *,
    at: int,
    judge: bool,
) -> None:
    """Correct the time of one step: what stands then is the history told in that order of time, or it is refused."""
    taken = told[which]
    rest: list[tuple[Step, Done]] = [(d.step, d) for i, d in enumerate(told) if i != which]
    order = sorted([*rest, (moved(taken.step, at), taken)], key=lambda s: s[0].at)
    corrected = story.fork()
    tried["corrections tried"] += 1
    try:
        corrected.correct(taken.position, at=at)
    except (RestedOn, Refused) as refused:
        tried[f"otherwise: {'rests' if isinstance(refused, RestedOn) else type(refused).__name__}"] += 1
        if judge:
            _refused(tried, needed=bool(_told_in(begin, order, taken)[1]))
        else:
            tried["corrections refused"] += 1
        return
    other, differ = _told_in(begin, order, taken)
    if differ and differ[0].step.verb != "draft":
        raise Unsound(told, which, f"at {at}: later facts rest on it: {in_short(differ[0])}")
    tried["otherwise"] += 1
    if differ:
        return
    if desks(corrected) != desks(other):
        raise Unsound(told, which, f"at {at}: {difference(desks(corrected), desks(other))}")
    settled_alike(corrected, other, tried)
    ledgers.the_fold_agrees(corrected)
    ledgers.the_trail_leads_here(corrected)
    back = corrected.fork()
    tried["corrections tried"] += 1
    back.correct(_last_correction(back), never=True)
    _the_same(back, story, tried, told, which)


def _told_in(begin: Story, order: Sequence[tuple[Step, Done]], taken: Done) -> tuple[Story, list[Done]]:
    """Tell steps in an order; return the story, and those of them that came to something else than before."""
    other, again = told_again(begin, [step for step, _ in order])
    told = zip(order, again, strict=True)
    return other, [d for (_, d), a in told if a is None or (d is not taken and a.says != d.says)]


def _the_same(back: Story, before: Story, tried: Counter[str], told: Sequence[Done], which: int) -> None:
    """See that all is as it was but for where it is recorded; a batch settled once may be waited for again."""
    found, wanted = (without_positions(state_of(s.system)) for s in (back, before))
    if (back.system.copy().open.keys(), unsettled(back)) != (before.system.copy().open.keys(), unsettled(before)):
        settled_alike(back, before, tried)
        for state in (found, wanted):
            state["open"] = {n: b for n, b in state["open"].items() if not b["in_force_at"]}
            del state["restless"]
    if found != wanted:
        raise Unsound(told, which, f"back again: {difference(found, wanted)}")


# --- one after the other ------------------------------------------------------------------------------------


class Told:
    """A history that goes on, and is corrected as it goes: which of its steps stand, and by which event."""

    def __init__(self, begin: Story, story: Story, told: Sequence[Done], tried: Counter[str]) -> None:
        """Begin with a history that nothing was corrected of."""
        self.begin = begin
        self.story = story
        self.told = [*told]
        self.tried = tried
        self.stands: dict[int, int] = {i: d.position for i, d in enumerate(told)}  # by step, what to correct it by
        self.corrected: dict[int, int] = {}  # by step, the last correction that took it away, or let it stand again

    def goes_on(self, chance: Random) -> None:
        """Let somebody do something more: often to a batch that a correction made a draft again."""
        step = random_step(self.story, chance, self.story.minute + 1)
        drafts = sorted(n for n, b in self.story.system.open.items() if b.status == "draft")
        if drafts and chance.random() < 0.4:
            number = chance.choice(drafts)
            step = replace(step, verb=chance.choice(["abandon", "send"]), batch=number, mode="merge")
        done = tell(self.story, step)
        if done is not None:
            self.stands[len(self.told)] = done.position
            self.told.append(done)

    def correct(self, chance: Random) -> bool:
        """Correct a step, or a correction; return whether all that stands could still be compared."""
        which = chance.choice([i for i, d in enumerate(self.told) if d.step.verb in CORRECTABLE])
        if self.corrected and chance.random() < 0.6:
            which = chance.choice(sorted(self.corrected))
        back = which in self.corrected and (which not in self.stands or chance.random() < 0.5)
        kind = "correction" if back else "step"
        standing = sorted(self.stands.keys() ^ {which})
        other, again = told_again(self.begin, [self.told[i].step for i in standing])
        rests = [self.told[i] for i, a in zip(standing, again, strict=True) if a is None or a.says != self.told[i].says]
        self.tried["corrections tried"] += 1
        self.tried[f"chains: tried: {kind}"] += 1
        before = state_of(self.story.system)
        try:
            self.story.correct(self.corrected[which] if back else self.stands[which], never=True)
        except RestedOn:
            _refused(self.tried, needed=bool(rests))
            self.tried[f"chains: refused: {kind}, {'rightly' if rests else 'not needed'}"] += 1
            assert state_of(self.story.system) == before
            return True
        self.tried[f"chains: corrected: {kind}"] += 1
        self.corrected[which] = self.story.last[0].position
        if which in self.stands:
            del self.stands[which]
        else:
            self.stands[which] = self.story.last[1].position
        told = [self.told[i] for i in sorted({*standing, which})]
        place = told.index(self.told[which])
        if rests and rests[0].step.verb != "draft":
            raise Unsound(told, place, f"one of several; later facts rest on it: {in_short(rests[0])}")
        if rests:
            return False
        if desks(self.story) != desks(other):
            raise Unsound(told, place, f"one of several: {difference(desks(self.story), desks(other))}")
        settled_alike(self.story, other, self.tried)
        ledgers.the_fold_agrees(self.story)
        ledgers.the_trail_leads_here(self.story)
        ledgers.indices_are_right(self.story.system)
        return True


def one_after_the_other(begin: Story, story: Story, told: Sequence[Done], chance: Random, tried: Counter[str]) -> None:
    """Correct a history again and again while it goes on: what stands is always the history of the steps that stand."""
    chain = Told(begin, story.fork(), told, tried)
    tried["chains"] += 1
    for _ in range(LINKS):
        if chance.random() < GOES_ON:
            chain.goes_on(chance)
        elif not chain.correct(chance):
            tried["chains that end with a draft made from what was corrected"] += 1
            return


class Unsound(AssertionError):
    """A correction went through that should not have, or came to something else."""

    def __init__(self, told: Sequence[Done], which: int, why: str) -> None:
        """Say what was told, and what went wrong."""
        lines = [f"  {'>' if i == which else ' '} {in_short(d)}" for i, d in enumerate(told)]
        super().__init__("\n".join([why, *lines]))


def difference(one: Any, other: Any) -> str:
    """Return where two values differ, in short."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [k for k in {**one, **other} if one.get(k) != other.get(k)]
        return "; ".join(f"{k}: {difference(one.get(k), other.get(k))}" for k in keys)
    return f"{one} and not {other}"


def hold(seed: int, *, judge: bool = False, chained: bool = True) -> Counter[str]:
    """Check every law on one history; return how often each was tried.

    With `judge` another time that is refused is told, too, to see whether it had to be; `chained` is one correction
    after the other.
    """
    chance = Random(seed)  # noqa: S311 - which desks, not a secret
    begin, story, told = history(chance)
    tried: Counter[str] = Counter({"histories": 1, "steps": len(told)})
    targets = [i for i, d in enumerate(told) if d.step.verb in CORRECTABLE]
    for which in targets:
        never(begin, story, told, which, tried)
        at = chance.randint(begin.minute, story.minute)
        otherwise(begin, story, told, which, tried, at=at, judge=judge)
    if targets and chained:
        one_after_the_other(begin, story, told, Random(seed), tried)  # noqa: S311 - as above
    return tried


def main(histories: int, first: int = 0) -> None:
    """Try the laws on many histories, and print what was tried."""
    tell_what_was_tried(partial(hold, judge=True), histories, first)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
