"""Random steps of a story: whatever the domain takes is recorded, whatever it refuses is passed over."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from ipo_ledger.domain import events as e
from ipo_ledger.domain.ways_out import NotPossible
from ipo_ledger.errors import LedgerError
from tests.domain.given import number_of, user
from tests.domain.story import StillBlocked, Story

EXTENSIONS = 6

STEPS = [
    "swap", "moves", "add", "send", "send", "later", "restart", "abandon", "settle", "log out", "log in",
    "roll back", "cascade", "drift", "renumber", "flag", "remove extension", "remove user", "return", "label",
]  # fmt: skip

# What to do, and with what; the numbers are taken as far as they go.
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2**16)), min_size=8, max_size=40)


def play(story: Story, chosen: Sequence[tuple[str, int]]) -> None:
    """Record the steps that are not refused."""
    for what, seed in chosen:
        with contextlib.suppress(LedgerError, NotPossible, StillBlocked, _Nothing):
            _step(story, what, Random(seed))  # noqa: S311 - no secret


class _Nothing(Exception):
    """There is nothing that the step could be done with."""


def _one(chance: Random, found: Sequence[int]) -> int:
    if not found:
        raise _Nothing
    return chance.choice(found)


def _named(chance: Random, found: Sequence[str]) -> str:
    if not found:
        raise _Nothing
    return chance.choice(found)


def _step(story: Story, what: str, chance: Random) -> None:  # noqa: C901, PLR0912 - one case a step
    system = story.system
    extensions, users = sorted(system.extensions), sorted(system.users)
    drafts = [n for n, b in system.open.items() if b.status == "draft"]
    bases: list[str | None] = [None, "999", *(number_of(i) for i in range(1, EXTENSIONS + 1))]
    match what:
        case "swap":
            story.swap(_named(chance, users), _named(chance, users))
        case "moves":
            story.draft({_one(chance, extensions): chance.choice(bases) for _ in range(chance.randint(1, 3))})
        case "add":
            story.draft({_one(chance, extensions): chance.choice(bases)}, into=_one(chance, drafts))
        case "send":
            story.send(_one(chance, drafts), chance.choice(["merge", "merge", "immediate"]), with_conflicts=True)
        case "later":
            story.send(_one(chance, drafts), chance.choice(["when-free", "timed"]), with_conflicts=True)
        case "restart":
            story.restart()
        case "abandon":
            story.abandon(_one(chance, drafts))
        case "settle":
            story.settle()
        case "log out":
            story.log_out(_named(chance, users))
        case "log in":
            story.log_in(_named(chance, users), _one(chance, extensions))
        case "roll back":
            story.draft_rollback(_one(chance, sorted(story.live())))
        case "cascade":
            story.draft_rollback(_one(chance, sorted(story.live())), "cascade")
        case "drift":
            story.observe_bases({_one(chance, extensions): chance.choice(bases) for _ in range(2)})
        case "renumber":
            story.observe_user(_named(chance, users), chance.choice([*bases, "555"]))
        case "flag":
            story.flag(_named(chance, users), forced_login=chance.random() < 0.5, login_code=chance.random() < 0.5)
        case "remove extension":
            story.remove_extension(_one(chance, extensions))
        case "remove user":
            story.remove_user(_named(chance, users))
        case "return":
            story.observe_extension(chance.randint(1, EXTENSIONS + 1), chance.choice(bases))
            i = chance.randint(1, EXTENSIONS + 1)
            story.observe_user(user(f"U{i}", number_of(i)).name, number_of(i))
        case "label":
            i = _one(chance, extensions)
            story.happens(e.ExtensionChanged(i, "BP", i, 1, chance.choice(["desk", None, "Büro"])))
