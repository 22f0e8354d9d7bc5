"""Asking: who sat where, by the API, beside one look-up by plain SQL over a connection that is open already."""

# ruff: noqa: S608 - names of tables are the program's own

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.bench import BIG, Bench
from benchmarks.goals import at_most, scaled
from benchmarks.measuring import OURS, Contender, timed
from benchmarks.places import Place
from ipo_ledger.adapters.store.questions import LAST, STANDS
from ipo_ledger.domain.moments import from_micros, to_micros

RAW = "raw SQL"
KNOWN = "with --known-at"


class Lookups:
    """Look-ups picked at random in a big ledger: system, its key, extension, user, time, and a position."""

    def __init__(self, bench: Bench, place: Place, size: int | None = None) -> None:
        """Pick as many as a round asks; the answers by the API and by SQL are of the same form."""
        chance = random.Random(bench.seed)
        history = bench.small_history()
        system = history.system
        last = to_micros(history.ended)
        first = to_micros(next(f.occurred_at for f in history.facts if f.name == "BatchOpened"))
        schema = place.schema
        keys = dict(place.ask(f"SELECT name, system_id FROM {schema}systems"))
        ((head,),) = place.ask(f"SELECT position FROM {schema}head")
        self.picked = []
        for _ in range(bench.sizes.commands):
            name = chance.choice(bench.small_names(size))
            at = from_micros(chance.randrange(first, last))
            extension = chance.choice(sorted(system.extensions))
            self.picked.append((name, keys[name], extension, chance.choice(history.seated), at))
        self.place, self.head = place, head
        ledger = place.ledger()
        self.on = {name: ledger.system(name) for name in {p[0] for p in self.picked}}
        self._seat = (
            f"SELECT user_name FROM {schema}seats WHERE system_id = ? AND extension_id = ? AND {STANDS} "
            "AND valid_from <= ? ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
        )
        self._stay = self._seat.replace("user_name", "extension_id", 1).replace("seats", "places")
        self._stay = self._stay.replace("AND extension_id", "AND user_name")

    def who(self, known_at: int | None = None) -> list[str | None]:
        """Ask the API who sat there then."""
        return [
            self.on[name].who(extension, on=at, known_at=known_at).stays[-1].user
            for name, _, extension, _, at in self.picked
        ]

    def where(self, known_at: int | None = None) -> list[int | None]:
        """Ask the API where they sat then."""
        return [
            self.on[name].where(user, on=at, known_at=known_at).stays[-1].extension_id
            for name, _, _, user, at in self.picked
        ]

    def raw_who(self) -> list[str | None]:
        """Look the same up by SQL."""
        return [
            self.place.ask(self._seat, [key, extension, to_micros(at)])[0][0]
            for _, key, extension, _, at in self.picked
        ]

    def raw_where(self) -> list[int | None]:
        """Look the same up by SQL."""
        return [self.place.ask(self._stay, [key, user, to_micros(at)])[0][0] for _, key, _, user, at in self.picked]


def lookups(bench: Bench) -> None:
    """Ask who and where in a big ledger, now and as known earlier, beside one look-up by SQL."""
    asked = Lookups(bench, bench.big())
    # Known before the last event: the way a question about the past is answered.
    known = asked.head - 1
    cases: dict[str, tuple[Callable[..., list[Any]], Callable[[], list[Any]]]] = {
        "who": (asked.who, asked.raw_who),
        "where": (asked.where, asked.raw_where),
    }
    for name, (ask, raw) in cases.items():
        bench.agree(f"{name} is what SQL finds", ask(), raw(), ask(known_at=known))
        count = len(asked.picked)
        figures = bench.turns(
            f"{name} in {bench.size:,} events",
            [
                Contender(OURS, partial(timed, ask), count),
                Contender(KNOWN, partial(timed, partial(ask, known_at=known)), count),
                Contender(RAW, partial(timed, raw), count),
            ],
        )
        ours = figures[OURS]
        bench.goal(at_most(2, f"{name} by the API, against one raw look-up", ours.times_as_long_as(figures[RAW])))
        bench.goal(at_most(2, f"{name} with --known-at, against without", figures[KNOWN].times_as_long_as(ours)))


def seats(bench: Bench) -> None:
    """Ask for the seats of the largest system there can be, in a big ledger, beside the set query by SQL."""
    place, history = bench.big(), bench.history(bench.sizes.system, bench.sizes.past)
    on = place.ledger().system(BIG)
    at = history.facts[len(history.facts) * 3 // 4].occurred_at
    ((key,),) = place.ask(f"SELECT system_id FROM {place.schema}systems WHERE name = ?", [BIG])
    raw = _seats_query(place)
    values = [to_micros(at), to_micros(at), key]

    def ours() -> dict[int, tuple[str | None, str | None]]:
        return {seat.extension_id: (seat.user, seat.base_extension) for seat in on.seats(on=at).seats}

    def least() -> dict[int, tuple[str | None, str | None]]:
        return {row[0]: (row[1], row[2]) for row in place.ask(raw, values)}

    bench.agree("the seats are what SQL finds", ours(), least())
    figures = bench.turns(
        f"seats of {len(history.system.extensions)} extensions in {bench.size:,} events",
        [Contender(OURS, lambda: timed(lambda: on.seats(on=at))), Contender(RAW, lambda: timed(least))],
    )
    mine = figures[OURS]
    many = f"seats of {len(history.system.extensions)} extensions"
    bench.goal(at_most(1.5, f"{many}, against the raw set query", mine.times_as_long_as(figures[RAW])))
    bench.goal(at_most(10, many, scaled(mine.each, 1000), "ms"))


def _seats_query(place: Place) -> str:
    """Return the least that finds seat and base of each extension at an instant, in the form each store likes."""
    last = LAST["now"].replace(":at", "?")
    s = place.schema
    if place.kind == "postgres":

        def lateral(pile: str, column: str) -> str:
            return (
                f"CROSS JOIN LATERAL (SELECT {column} FROM {s}{pile} WHERE system_id = x.system_id "
                f"AND extension_id = x.extension_id AND {last}) {pile}"
            )

        return (
            f"SELECT x.extension_id, seats.user_name, bases.base FROM {s}extensions x "
            f"{lateral('seats', 'user_name')} {lateral('bases', 'base')} WHERE x.system_id = ?"
        )
    return (
        "SELECT x.extension_id, s.user_name, b.base FROM extensions x "
        "JOIN seats s ON s.system_id = x.system_id AND s.extension_id = x.extension_id AND s.recorded_from = "
        f"(SELECT recorded_from FROM seats WHERE system_id = x.system_id AND extension_id = x.extension_id AND {last}) "
        "JOIN bases b ON b.system_id = x.system_id AND b.extension_id = x.extension_id AND b.recorded_from = "
        f"(SELECT recorded_from FROM bases WHERE system_id = x.system_id AND extension_id = x.extension_id AND {last}) "
        "WHERE x.system_id = ?"
    )
