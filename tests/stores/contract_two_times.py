"""What was true when, as known when, however late and in whatever order it was told and corrected.

Compared with every past state, worked out the plain way (every_state.py) from random histories (random_history.py).
"""

from __future__ import annotations

import uuid
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.thoroughness import examples
from tests.stores.places import Place, SqlitePlace
from tests.stores.random_history import History, histories
from tests.stores.two_times import A_FEW, Clock, compare, rebuilt


class TwoTimesContract:
    """Any history, any correction, any question."""

    def test_every_answer_is_that_of_the_state_as_it_was_known(self, place: Place) -> None:
        clock = Clock()
        store = place.ledger(clock=clock)
        embedded = isinstance(place, SqlitePlace)

        @settings(max_examples=examples(25 if embedded else 8))
        @given(steps=histories, seed=st.integers(0, 2**16))
        def check(steps: list[tuple[str, int]], seed: int) -> None:
            story = Clock() if not embedded else clock  # a server stamps with its own clock: all of it comes late
            history = History(store, uuid.uuid4().hex, now=story, tick=story.tick)

            compare(history, steps, Random(seed), A_FEW)  # noqa: S311 - no secret

        check()
        rebuilt(place, store)
