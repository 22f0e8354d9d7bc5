"""What people and administrators do, as plain values: to be told, told without one of them, or in another order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain import batch, hot_desking, renumbering
from ipo_ledger.domain import events as e
from ipo_ledger.domain.batch import Move
from ipo_ledger.domain.correction import root_of
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.records import Mode
from ipo_ledger.errors import Refused
from tests.domain.given import a_site, extension, user
from tests.domain.story import Story

Verb: TypeAlias = Literal["log-out", "log-in", "draft", "send", "abandon", "restart", "renumber"]


class Step(Struct, frozen=True):
    """One thing somebody did, at a minute of the story."""

    verb: Verb
    at: int
    user: str = ""
    extension_id: int = 0
    number: str | None = None
    moves: tuple[Move, ...] = ()
    batch: int = 0
    mode: Mode = "merge"
    with_conflicts: bool = False

    def do(self, entry: Entry) -> None:
        """Record it."""
        match self.verb:
            case "log-out":
                hot_desking.log_out(entry, self.user)
            case "log-in":
                hot_desking.log_in(entry, self.user, self.extension_id)
            case "draft":
                batch.draft(entry, self.moves, title="moves")
            case "send":
                batch.send(entry, self.batch, self.mode, with_conflicts=self.with_conflicts)
            case "abandon":
                batch.abandon(entry, self.batch)
            case "restart":
                hot_desking.restart(entry)
            case "renumber":
                renumbering.renumber(entry, entry.system.users[self.user], self.number)


class Done(Struct, frozen=True):
    """A step that was recorded, and the facts that were: what somebody did, and what followed from it."""

    step: Step
    facts: tuple[e.Fact, ...]
    numbers: frozenset[str] = frozenset()  # of a send: those that it changes

    @property
    def position(self) -> int:
        """Return the position of what somebody did, by which it is called."""
        return self.facts[0].position

    @property
    def says(self) -> list[tuple[Any, ...]]:
        """Return what happened, wherever it is recorded; of conflicts only those that are the batch's own."""
        return [(self._own(f.event), f.occurred_at) for f in self.facts]

    def _own(self, event: e.Event) -> e.Event:
        if not isinstance(event, e.ConfigurationSent):
            return event
        conflicts = tuple(n for n in event.conflicts if n in self.numbers)
        return replace(event, outcome="conflicts" if conflicts else "clean", conflicts=conflicts)


Telling: TypeAlias = tuple[Story, list[Done]]


def a_small_site(chance: Random, phones: int) -> Story:
    """Return a site where some people have login codes, some are Force Login, and some phones are nobody's."""
    names = [f"U{i}" for i in range(1, phones + 1)]
    codes = [name for name in names if chance.random() < 0.5]
    forced = [name for name in names if chance.random() < 0.15]
    also = [extension(20, None), extension(21, "250")]
    return a_site(phones, codes=codes, forced=forced, also=also, and_users=[user("Nomad", "260", login_code=True)])


def tell(story: Story, step: Step) -> Done | None:
    """Record a step; None where it is refused or changes nothing."""
    recorded = len(story.facts)
    try:
        story.record(step.do, at=step.at)
    except Refused:
        return None
    if len(story.facts) == recorded:
        return None
    return Done(step, tuple(story.facts[recorded:]), _numbers(story, step))


def _numbers(story: Story, step: Step) -> frozenset[str]:
    return frozenset(story.past.seen[step.batch].numbers) if step.verb == "send" else frozenset()


def tell_done(story: Story, moves: Sequence[Move], at: int) -> list[Done]:
    """Record a batch and everything it asks for in one command; return it as the steps it is made of."""

    def command(entry: Entry) -> None:
        batch.finish(entry, batch.draft(entry, moves, title="moves").number)

    recorded = len(story.facts)
    try:
        story.record(command, at=at)
    except Refused:
        return []
    return _in_steps(story, story.facts[recorded:], moves, at)


def _in_steps(story: Story, facts: Sequence[e.Fact], moves: Sequence[Move], at: int) -> list[Done]:
    """Return the facts of one finished batch as the steps by which they could have been recorded."""
    by_position = {f.position: f for f in facts}
    drafting = tuple(f for f in facts if isinstance(f.event, e.BatchOpened | e.BaseExtensionChanged))
    found = [Done(Step("draft", at, moves=tuple(moves)), drafting)]
    for root in (f for f in facts if f.caused_by is None and f not in drafting):
        with_it = tuple(f for f in facts if f not in drafting and root_of(f, by_position) is root)
        match root.event:
            case e.ConfigurationSent():
                step = Step("send", at, batch=root.event.batch, mode=root.event.mode)
                found.append(Done(step, with_it, _numbers(story, step)))
            case e.UserLoggedOut():
                found.append(Done(Step("log-out", at, user=root.event.user), with_it))
    return found


def told_again(begin: Story, steps: Iterable[Step]) -> tuple[Story, list[Done | None]]:
    """Tell steps on a fork of a story, with whatever conflicts come of it; None where one is refused."""
    story = begin.fork()
    return story, [tell(story, replace(step, with_conflicts=True)) for step in steps]


def random_step(story: Story, chance: Random, at: int) -> Step:
    """Return something that somebody may do now."""
    system = story.system
    name, extension_id = chance.choice(sorted(system.users)), chance.choice(sorted(system.extensions))
    drafts = sorted(n for n, b in system.open.items() if b.status == "draft")
    verb = chance.choice(["log-out"] * 6 + ["log-in"] * 4 + ["draft"] * 2 + ["send"] * 3 + ["abandon", "renumber"])
    if verb == "log-out":
        asked = [w.user for w in story.pending() if w.waiting_for == "log-out"]
        if asked and chance.random() < 0.7:
            name = chance.choice(asked)
        return Step("log-out", at, user=name)
    if verb == "log-in":
        return Step("log-in", at, user=name, extension_id=extension_id)
    if verb == "send" and drafts:
        mode: Mode = chance.choice(["merge", "merge", "merge", "immediate", "when-free"])
        return Step("send", at, batch=chance.choice(drafts), mode=mode, with_conflicts=chance.random() < 0.3)
    if verb == "abandon" and drafts and chance.random() < 0.5:
        return Step("abandon", at, batch=chance.choice(drafts))
    if verb == "renumber" and chance.random() < 0.6:
        return Step("renumber", at, user=name, number=chance.choice(["270", "271", "202", "250", None]))
    if chance.random() < 0.15:
        return Step("restart", at)
    return Step("draft", at, moves=random_moves(story, chance))


def random_moves(story: Story, chance: Random) -> tuple[Move, ...]:
    """Return a trade of two or three desks, or one that gives a desk any number."""
    ids = chance.sample(sorted(story.system.extensions), chance.randint(2, 3))
    if chance.random() < 0.25:
        return (Move(ids[0], chance.choice([None, "250", "260", "270", *sorted(story.system.by_number)])),)
    return tuple(Move(i, story.bases[j]) for i, j in zip(ids, [*ids[1:], ids[0]], strict=True))


def history(chance: Random, *, phones: int = 4, length: int = 12, done: bool = True) -> tuple[Story, Story, list[Done]]:
    """Return a site, the story of a random history of it in order of time, and its steps."""
    begin = a_small_site(chance, phones)
    story, told = begin.fork(), list[Done]()
    minute = story.minute
    for _ in range(length):
        minute += chance.choice([0, 1, 1, 5])
        if done and chance.random() < 0.1:
            told += tell_done(story, random_moves(story, chance), minute)
            continue
        found = tell(story, random_step(story, chance, minute))
        if found is not None:
            told.append(found)
    return begin, story, told


def moved(step: Step, at: int) -> Step:
    """Return the same at another minute."""
    return replace(step, at=at)


def in_short(done: Done) -> str:
    """Return a step and what was recorded, to read where a law does not hold."""
    said = {name: value for name in Step.__struct_fields__ if (value := getattr(done.step, name))}
    facts = [f"{f.name} {getattr(f.event, 'user', '')} {getattr(f.event, 'extension_id', '')}" for f in done.facts]
    return f"{said} -> {'; '.join(facts)}"
