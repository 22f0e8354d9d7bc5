"""The laws of corrections and of late facts hold on random histories; their modules try as many as one likes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.domain import correction_laws, late_laws
from tests.domain.thoroughness import examples

SLICES = 20  # so that a failing seed is near, and all cores have something to do


@pytest.mark.parametrize("slice_", range(SLICES))
def test_the_laws_of_corrections_hold_on_random_histories(slice_: int) -> None:
    each = examples(500) // SLICES

    seeds = range(slice_ * each, (slice_ + 1) * each)
    tried = sum((correction_laws.hold(seed, chained=seed % 5 == 0) for seed in seeds), start=Counter())

    laws = ("never", "again", "otherwise", "rests: rightly", "chains: corrected: correction")
    assert min(tried[law] for law in laws) > 0


@pytest.mark.parametrize("slice_", range(SLICES))
def test_what_is_told_late_comes_to_what_it_would_have_in_its_time(slice_: int) -> None:
    each = examples(500) // SLICES

    tried = sum((late_laws.hold(seed) for seed in range(slice_ * each, (slice_ + 1) * each)), start=Counter())

    assert tried["late"] > 0


@pytest.mark.parametrize("seed", [2, 4, 12, 22, 32, 51, 222, 301, 558, 624, 649, 5307])
def test_the_laws_of_corrections_hold_where_they_once_did_not(seed: int) -> None:
    """Bases made blank, restarts that stand again among later facts, sends that wait: told wrong there once."""
    assert sum(correction_laws.hold(seed).values()) > 0


@pytest.mark.parametrize("seed", [352, 646, 738, 1214, 3105, 3511, 3532])
def test_late_facts_come_to_the_same_where_they_once_did_not(seed: int) -> None:
    """Sends that wait for a restart, dated before what was in force by then."""
    assert late_laws.hold(seed)["histories"] == 1
