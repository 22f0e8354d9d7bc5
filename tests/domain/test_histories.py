"""Random histories of one system: whatever happens, the same things hold after every step.

`IPO_LEDGER_TEST_EXAMPLES=50` plays fifty times as many histories as an ordinary run.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ipo_ledger.domain import events as e
from ipo_ledger.domain.batch import Move
from ipo_ledger.domain.records import BaseExtensionBy, Batch, Mode
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.domain.rollback import Strategy
from ipo_ledger.domain.site import Site
from ipo_ledger.domain.ways_out import NotPossible
from ipo_ledger.errors import Refused
from tests.domain import ledgers
from tests.domain.given import a_site, extension, state_of, user
from tests.domain.oracle import Desks
from tests.domain.story import StillBlocked, Story
from tests.domain.thoroughness import examples

some = st.integers(0, 40)  # the how-manieth of whatever there is
late = st.sampled_from([0, 0, 0, 0, 1, 2, 5, 20])  # minutes before the clock
modes: st.SearchStrategy[Mode] = st.sampled_from(["merge", "merge", "immediate", "when-free", "timed"])
strategies: st.SearchStrategy[Strategy] = st.sampled_from(["plain", "plain", "cascade", "partial", "replan"])


class Histories(RuleBasedStateMachine):
    """Somebody records whatever comes to mind; what the rules refuse leaves everything as it was."""

    def __init__(self) -> None:
        """Begin with nothing; `begin` sets the site up."""
        super().__init__()
        self.story = Story()
        self.desks = Desks()
        self.told: list[bytes] = []

    @initialize(
        phones=st.integers(2, 6),
        spare=st.integers(0, 2),
        flagged=st.lists(st.tuples(some, st.booleans(), st.booleans()), max_size=3),
        by=st.sampled_from(["merge", "merge", "merge", "reboot"]),
    )
    def begin(self, phones: int, spare: int, flagged: list[tuple[int, bool, bool]], by: BaseExtensionBy) -> None:
        also = [extension(20 + i, None) for i in range(spare)]
        self.story = a_site(phones, by=by, also=also, and_users=[user("Nomad", "250")])
        for which, forced, code in flagged:
            self.story.flag(self.user(which), forced_login=forced, login_code=code)
        self.desks.tell(self.story.facts)

    # --- what there is to choose from ---------------------------------------------------------------------

    def user(self, which: int) -> str:
        return sorted(self.story.system.users)[which % len(self.story.system.users)]

    def extension(self, which: int) -> int:
        return sorted(self.story.system.extensions)[which % len(self.story.system.extensions)]

    def base(self, which: int) -> str | None:
        bases: list[str | None] = [None, "298", "299", *sorted(self.story.system.by_number)]
        return bases[which % len(bases)]

    def batch(self, which: int, fits: Callable[[Batch], bool]) -> int | None:
        fitting = [n for n, b in sorted(self.story.past.seen.items()) if fits(b)]
        return fitting[which % len(fitting)] if fitting else None

    def when(self, late_by: int) -> int:
        return self.story.minute + 1 - late_by

    def attempt(self, step: Callable[[], object]) -> bool:
        """Record something, or see it refused: then nothing changed. The system as it was never changes."""
        was, before, recorded = self.story.system, state_of(self.story.system), len(self.story.facts)
        try:
            step()
        except (Refused, NotPossible, StillBlocked, RestedOn) as refused:
            event(f"refused: {type(refused).__name__}")
            assert self.story.system is was
            assert len(self.story.facts) == recorded
            done = False
        else:
            assert len(self.story.facts) == recorded + len(self.story.last)
            done = True
        assert state_of(was) == before
        self.desks.tell(self.story.facts[recorded:])
        return done

    # --- what people do -----------------------------------------------------------------------------------

    @rule(who=some, late=late)
    def log_out(self, who: int, late: int) -> None:
        self.dial(self.user(who), late)

    def dial(self, name: str, late: int = 0) -> None:
        allowed = self.desks.may_dial(name)
        expected = self.desks.dialled(name) if allowed else self.desks.seats

        done = self.attempt(lambda: self.story.log_out(name, at=self.when(late)))

        assert not done or (allowed and self.desks.seats == expected)
        assert done or not allowed or late

    @rule(who=some, where=some, late=late)
    def log_in(self, who: int, where: int, late: int) -> None:
        name, extension_id = self.user(who), self.extension(where)
        there = self.desks.seats.get(name) == extension_id
        expected = self.desks.logged_in(name, extension_id) if not there else self.desks.seats

        done = self.attempt(lambda: self.story.log_in(name, extension_id, at=self.when(late)))

        assert not done or (not there and self.desks.seats == expected)
        assert done or there or late

    @rule(guest=some, where=some)
    def somebody_sits_elsewhere_for_a_while(self, guest: int, where: int) -> None:
        self.log_in(guest, where, late=0)
        self.dial(self.user(guest))

    @rule(which=some)
    def everybody_asked_logs_out(self, which: int) -> None:
        """As people do once a batch is sent; one after the other."""
        number = self.batch(which, lambda b: b.status == "sent")
        asked = self.story.asked(number) if number is not None else []
        for name in [name for _, what, name in asked if what == "log-out"]:
            self.dial(name)

    @rule(late=late)
    def restart(self, late: int) -> None:
        done = self.attempt(lambda: self.story.restart(at=self.when(late)))

        assert not done or self.desks.at_home()
        assert done or late

    # --- what the administrator does ----------------------------------------------------------------------

    @rule(one=some, other=some, late=late)
    def swap(self, one: int, other: int, late: int) -> None:
        self.attempt(lambda: self.story.swap(self.user(one), self.user(other), at=self.when(late)))

    @rule(order=st.lists(some, min_size=2, max_size=5))
    def trade(self, order: list[int]) -> None:
        """Draft that several extensions pass their bases on."""
        ids = list(dict.fromkeys(self.extension(i) for i in order))
        bases = self.story.bases
        moves = [Move(i, bases[following]) for i, following in zip(ids, [*ids[1:], ids[0]], strict=True)]
        self.attempt(lambda: self.story.draft(moves))

    @rule(order=st.lists(some, min_size=2, max_size=4), everybody_moves=st.booleans())
    def trade_done(self, order: list[int], everybody_moves: bool) -> None:
        """Draft such a trade and send it, or record it as finished."""
        drafts = self.story.system.last_batch
        self.trade(order)
        number = self.story.system.last_batch
        if number > drafts:
            finish, send = (lambda: self.story.finish(number)), (lambda: self.story.send(number))
            self.attempt(finish if everybody_moves else send)

    @rule(rows=st.lists(st.tuples(some, some), min_size=1, max_size=3), into=some, anew=st.booleans(), late=late)
    def change(self, rows: list[tuple[int, int]], into: int, anew: bool, late: int) -> None:
        moves = [Move(self.extension(i), self.base(base)) for i, base in rows]
        draft = None if anew else self.batch(into, lambda b: b.status == "draft")
        self.attempt(lambda: self.story.draft(moves, into=draft, at=self.when(late)))

    @rule(which=some, mode=modes, with_conflicts=st.booleans(), late=late)
    def send(self, which: int, mode: Mode, with_conflicts: bool, late: int) -> None:
        number = self.batch(which, lambda b: b.status == "draft")
        if number is None:
            return
        seats = dict(self.desks.seats)

        done = self.attempt(lambda: self.story.send(number, mode, with_conflicts=with_conflicts, at=self.when(late)))

        if done:
            assert self.desks.at_home() if mode == "immediate" else self.desks.seats == seats

    @rule(which=some)
    def finish(self, which: int) -> None:
        number = self.batch(which, lambda b: b.status == "draft")
        if number is not None and self.attempt(lambda: self.story.finish(number)):
            assert all(w.waiting_for == "log-in" for w in self.story.waiting(number))

    @rule(which=some, late=late)
    def abandon(self, which: int, late: int) -> None:
        number = self.batch(which, lambda b: b.status == "draft")
        if number is not None:
            self.attempt(lambda: self.story.abandon(number, at=self.when(late)))

    @rule(which=some, strategy=strategies, frame=st.sampled_from(["people", "ports"]), send=st.booleans())
    def roll_back(self, which: int, strategy: Strategy, frame: str, send: bool) -> None:
        number = self.batch(which, lambda _: True)
        if number is None:
            return
        options = {"frame": frame} if strategy == "replan" else {}
        if self.attempt(lambda: self.story.draft_rollback(number, strategy, **options)) and send:
            back = self.story.system.last_batch
            self.attempt(lambda: self.story.send(back, "merge"))

    @precondition(lambda self: self.story.system.open)
    @rule(which=some, some_log_out=st.integers(0, 4))
    def a_batch_just_sent_can_be_taken_back(self, which: int, some_log_out: int) -> None:
        """Send a draft, let some people log out, roll it back, let everybody settle: as if it had never been."""
        number = self.batch(which, lambda b: b.status == "draft")
        if number is not None:
            ledgers.taking_back_leaves_no_trace(self.story.fork(), number, some_log_out)

    # --- what was wrong -----------------------------------------------------------------------------------

    @rule(which=some, never=st.booleans(), earlier=late)
    def a_fact_is_corrected(self, which: int, never: bool, earlier: int) -> None:
        """Take one of the last facts away, or give it another time; a correction can be corrected too."""
        fact = self.story.facts[-1 - which % len(self.story.facts)]
        if never or isinstance(fact.event, e.Corrected):
            self.attempt(lambda: self.story.correct(fact.position, never=True))
        else:
            self.attempt(lambda: self.story.correct(fact.position, at=self.story.minute - earlier))

    @rule(which=some, never=st.booleans(), earlier=late)
    def a_batch_is_corrected(self, which: int, never: bool, earlier: int) -> None:
        number = self.batch(which, lambda _: True)
        if number is not None:
            at = None if never else self.story.minute - earlier
            self.attempt(lambda: self.story.correct_batch(number, never=never, at=at))

    # --- what exports and settings say --------------------------------------------------------------------

    @rule(rows=st.lists(st.tuples(some, some), min_size=1, max_size=3), late=late)
    def bases_are_observed(self, rows: list[tuple[int, int]], late: int) -> None:
        seats = dict(self.desks.seats)
        said = {self.extension(i): self.base(base) for i, base in rows}

        done = self.attempt(lambda: self.story.observe_bases(said, at=self.when(late)))

        assert self.desks.seats == seats
        assert not done or said.items() <= self.story.bases.items()

    @rule(one=some, other=some)
    def numbers_are_traded(self, one: int, other: int) -> None:
        first, second = (self.story.system.users[self.user(i)] for i in (one, other))
        said = {first.name: user(first.name, second.number), second.name: user(second.name, first.number)}
        self.attempt(lambda: self.story.observe(Site(extensions=None, users=tuple(said.values()))))

    @rule(who=some, number=st.sampled_from(["201", "203", "250", "299", None]))
    def a_user_is_renumbered(self, who: int, number: str | None) -> None:
        self.attempt(lambda: self.story.observe_user(self.user(who), number))

    @rule(name=st.sampled_from(["U3", "New"]), number=st.sampled_from(["203", "298"]))
    def a_user_is_listed(self, name: str, number: str) -> None:
        self.attempt(lambda: self.story.observe_user(name, number))

    @rule(extension_id=st.sampled_from([2, 3, 30]), base=some, late=late)
    def an_extension_is_listed(self, extension_id: int, base: int, late: int) -> None:
        said = Site(extensions=(extension(extension_id, self.base(base)),), users=None)
        self.attempt(lambda: self.story.observe(said, at=self.when(late)))

    @rule(who=some, forced=st.booleans(), code=st.booleans())
    def a_user_is_flagged(self, who: int, forced: bool, code: bool) -> None:
        self.attempt(lambda: self.story.flag(self.user(who), forced_login=forced, login_code=code))

    @precondition(lambda self: len(self.story.system.extensions) > 2)
    @rule(which=some, really=st.integers(0, 3))
    def an_extension_is_removed(self, which: int, really: int) -> None:
        if not really:
            self.attempt(lambda: self.story.remove_extension(self.extension(which)))

    @precondition(lambda self: len(self.story.system.users) > 2)
    @rule(which=some, really=st.integers(0, 3))
    def a_user_is_removed(self, which: int, really: int) -> None:
        if not really:
            self.attempt(lambda: self.story.remove_user(self.user(which)))

    # --- what holds after every step ----------------------------------------------------------------------

    @invariant()
    def what_always_holds(self) -> None:
        ledgers.everybody_is_at_one_phone_at_most(self.story.system)
        ledgers.told_by_the_events(self.story.system, self.desks)
        ledgers.indices_are_right(self.story.system)
        ledgers.open_batches_are_right(self.story)
        ledgers.the_fold_agrees(self.story)
        ledgers.loading_gives_the_same(self.story.system)
        ledgers.the_trail_leads_here(self.story)
        ledgers.facts_are_contiguous(self.story.facts)
        ledgers.time_never_runs_backwards(self.story.facts)
        ledgers.the_piles_are_in_order(self.story)
        ledgers.causes_come_first(self.story.facts)
        self.told = ledgers.facts_stay(self.story.facts, self.told)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=examples(80), stateful_step_count=40)
