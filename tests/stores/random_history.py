"""Random histories of one system, told through the program's front door: late, in any order, and corrected.

Whatever is refused is passed over. `at` lies anywhere in the past, often exactly where something else happened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from ipo_ledger.application.ledger import Ledger
from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.system_ledger import SystemLedger
from ipo_ledger.domain import events as e
from ipo_ledger.domain.site import Site
from ipo_ledger.errors import LedgerError, Malformed, NotFound, Refused
from tests.domain.given import extension, number_of, user

BEGIN = datetime(2025, 3, 28, 9, tzinfo=UTC)  # the clocks change in Madrid two days later
MICROSECOND = timedelta(microseconds=1)
EXTENSIONS = 5
ZONES = ("Europe/Madrid", "UTC", "Asia/Kathmandu", "America/St_Johns")

STEPS = [
    "swap", "swap", "moves", "draft", "into", "into", "send", "send", "send", "later", "abandon", "restart",
    "log out", "log out", "log out", "log in", "log in", "log in", "label", "flag", "settings",
    "renumber", "remove", "bring back", "drift", "roll back", "cascade",
    "never", "never", "never", "otherwise", "otherwise", "elsewhere", "elsewhere", "batch never", "batch otherwise",
    "again", "again",
]  # fmt: skip

histories = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2**20)), min_size=6, max_size=45)


class History:
    """One system told into a store; `passes` is called after every step that was recorded."""

    def __init__(
        self, store: Store, name: str, *, now: Callable[[], datetime], tick: Callable[[timedelta], None]
    ) -> None:
        """Begin with a site of people at their desks; `now` is the story's time, `tick` lets some of it pass."""
        self._site = Site(
            extensions=tuple(extension(i, number_of(i)) for i in range(1, EXTENSIONS + 1)),
            users=tuple(user(f"U{i}", number_of(i), login_code=i < EXTENSIONS) for i in range(1, EXTENSIONS + 1)),
        )
        self._export = self._site
        self.store = store
        self.name = name
        self.now = now
        self.tick = tick
        self.ledger = Ledger(store, actor="ana", read_exports=self._read)
        added = self.ledger.add_system(name, release="11.1", timezone="UTC", at=self.now())
        self._after = (added.position or 1) - 1
        self.hq: SystemLedger = self.ledger.system(name)
        self.hq.import_exports("site", at=self.now())
        self.refused: list[LedgerError] = []

    def _read(self, paths: Sequence[Path], mapping: Path | None) -> Site:
        return self._export

    def facts(self) -> list[e.Fact]:
        """Return everything recorded of the system."""
        with self.store.reading() as reading:
            return [fact for fact in reading.facts(after=self._after) if fact.system == self.name]

    def play(self, steps: Sequence[tuple[str, int]], after_each: Callable[[], None] = lambda: None) -> None:
        """Record the steps that are not refused."""
        for what, seed in steps:
            chance = Random(seed)  # noqa: S311 - no secret
            self.tick(timedelta(minutes=chance.choice([0, 1, 1, 60, 700])))
            with contextlib.suppress(_Nothing):
                try:
                    self._step(what, chance)
                except (Malformed, NotFound, Refused) as refused:
                    self.refused.append(refused)
                else:
                    after_each()

    def _step(self, what: str, chance: Random) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a step
        hq = self.hq
        with self.store.reading() as reading:
            system = reading.system(self.name)
        assert system is not None
        extensions, users = sorted(system.extensions), sorted(system.users)
        drafts = [b.name for b in system.open.values() if b.status == "draft"]
        batches = [f"B{n}" for n in range(1, system.last_batch + 1)]
        bases: list[str | None] = [None, "299", *(number_of(i) for i in range(1, EXTENSIONS + 1))]
        said: Any = {"at": self._when(chance), "reason": chance.choice([None, "why not"])}
        match what:
            case "swap":
                hq.swap(_one(chance, users), _one(chance, users), done=chance.random() < 0.4, **said)
            case "moves":
                moves = [
                    {"extension_id": _one(chance, extensions), "base_extension": chance.choice(bases)} for _ in range(3)
                ]
                hq.batch(moves, done=chance.random() < 0.3, **said)
            case "draft":
                hq.change(_one(chance, extensions), chance.choice(bases), **said)
            case "into":
                hq.change(_one(chance, extensions), chance.choice(bases), batch=_one(chance, drafts), **said)
            case "send":
                hq.send(_one(chance, drafts), mode=chance.choice(["merge", "immediate"]), with_conflicts=True, **said)
            case "later":
                hq.send(_one(chance, drafts), mode=chance.choice(["when-free", "timed"]), with_conflicts=True, **said)
            case "abandon":
                hq.abandon(_one(chance, drafts), **said)
            case "restart":
                hq.restart(**said)
            case "log out":
                hq.logout(_one(chance, users), **said)
            case "log in":
                hq.login(_one(chance, users), _one(chance, extensions), **said)
            case "label":
                hq.label(_one(chance, extensions), chance.choice(["desk", "Büro", None]), **said)
            case "flag":
                hq.user_set(
                    _one(chance, users), forced_login=chance.random() < 0.3, login_code=chance.random() < 0.8, **said
                )
            case "settings":
                hq.set(timezone=chance.choice(ZONES), logout_code=chance.choice(["*36", "*37"]), **said)
            case "renumber":
                hq.user_renumber(_one(chance, users), chance.choice([*bases, "277"]), **said)
            case "remove":
                gone: int | str = _one(chance, [*extensions, *users])
                self._import(system, chance, said, without=gone)
            case "bring back":
                self._import(system, chance, said, whole=True)
            case "drift":
                self._import(system, chance, said, drift=True)
            case "roll back":
                hq.rollback(_one(chance, batches), done=chance.random() < 0.5, **said)
            case "cascade":
                hq.rollback(_one(chance, batches), strategy="cascade", done=chance.random() < 0.5, **said)
            case "never":
                hq.correct(self._a_fact(chance), never=True)
            case "otherwise":
                hq.correct(self._a_fact(chance), at=self._when(chance))
            case "elsewhere":
                at = self._when(chance) if chance.random() < 0.3 else None
                hq.correct(self._a_fact(chance, e.UserLoggedIn), extension=_one(chance, extensions), at=at)
            case "batch never":
                hq.correct(_one(chance, batches), never=True)
            case "batch otherwise":
                hq.correct(_one(chance, batches), at=self._when(chance))
            case "again":
                hq.correct(self._a_fact(chance, e.Corrected), never=True)

    def _when(self, chance: Random) -> datetime:
        """Return now, or any time since the beginning: when something happened, just before it, or just after."""
        if chance.random() < 0.55:
            return self.now()
        known = chance.choice(self.facts()).occurred_at if chance.random() < 0.7 else BEGIN
        if chance.random() < 0.3:
            known += (self.now() - BEGIN) * chance.random()
        return min(known + chance.choice([0, 0, -1, 1]) * MICROSECOND, self.now())

    def _a_fact(self, chance: Random, kind: type[e.Event] = e.Event) -> int:
        """Return a fact of a kind that was done by somebody, one of the last more often; now and then any fact."""
        found = [fact.position for fact in self.facts() if isinstance(fact.event, kind) and _done(fact)]
        if chance.random() < 0.1:
            found = [fact.position for fact in self.facts()]
        if not found:
            raise _Nothing
        return found[-1 - int(len(found) * chance.random() ** 3)]

    def _import(
        self,
        system: Any,
        chance: Random,
        said: Any,
        *,
        without: int | str | None = None,
        whole: bool = False,
        drift: bool = False,
    ) -> None:
        numbers = {u.name: u.number for u in system.users.values()}
        bases = {x.extension_id: x.base for x in system.extensions.values()}
        if whole:
            numbers = {f"U{i}": number_of(i) for i in range(1, EXTENSIONS + 1)} | numbers
            bases = {i: number_of(i) for i in range(1, EXTENSIONS + 2)} | bases
        if drift:
            for i in chance.sample(sorted(bases), min(2, len(bases))):
                bases[i] = number_of(chance.randint(1, EXTENSIONS + 1))
        self._export = Site(
            extensions=tuple(extension(i, base) for i, base in bases.items() if i != without),
            users=tuple(user(n, number, login_code=None) for n, number in numbers.items() if n != without),
        )
        removed: Any = {"removed": True} if without is not None else {}
        self.hq.import_exports("site", **removed, **said)


def _done(fact: e.Fact) -> bool:
    match fact.event:
        case e.UserLoggedIn() | e.UserLoggedOut():
            return fact.event.cause == "dialled"
        case e.ConfigurationSent() | e.SystemRestarted() | e.BatchAbandoned() | e.UserRenumbered() | e.Corrected():
            return True
        case _:
            return False


class _Nothing(Exception):
    """There is nothing that the step could be done with."""


def _one(chance: Random, found: Sequence[Any]) -> Any:
    if not found:
        raise _Nothing
    return chance.choice(found)
