"""The laws of rollback hold on a thousand random histories; `python -m tests.domain.laws 100000` tries more."""

from __future__ import annotations

import pytest

from tests.domain.laws import hold
from tests.domain.thoroughness import examples

SLICES = 20  # so that a failing seed is near, and all cores have something to do


@pytest.mark.parametrize("slice_", range(SLICES))
def test_the_laws_of_rollback_hold_on_random_histories(slice_: int) -> None:
    each = examples(1000) // SLICES

    tried = sum((hold(seed) for seed in range(slice_ * each, (slice_ + 1) * each)), start=hold(slice_))

    assert min(tried[law] for law in ("clean", "blocked", "cascade", "replan", "partial", "commute")) > 0
