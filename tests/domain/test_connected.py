"""Which later batches are connected with one: found by following, held against trying all again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger.domain.connected import Touch, connected, followed
from ipo_ledger.domain.records import Batch, Change, Mark

DAWN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def a_batch(*changes: Change, number: int = 1) -> Batch:
    """Return a batch of these changes."""
    return Batch(
        number=number,
        status="settled",
        title="",
        observed=False,
        opened_at=DAWN,
        opened_position=1,
        actor="ana",
        reason=None,
        ticket=None,
        last=Mark(DAWN, 1, ""),
        changes={c.extension_id: c for c in changes},
    )


SWAP = a_batch(Change(1, "201", "202"), Change(2, "202", "201"))


@pytest.mark.parametrize(
    ("later", "reversals", "expected"),
    [
        pytest.param([(2, 3, "203", "204"), (2, 4, "204", "203")], [], set(), id="elsewhere"),
        pytest.param([(2, 1, "250", None)], [], {2}, id="one extension"),
        pytest.param([(2, 9, None, "201")], [], {2}, id="one number"),
        pytest.param([(2, 9, None, None)], [], set(), id="blank is no number"),
        pytest.param([(2, 9, "209", "210"), (3, 9, "210", "202")], [], {2, 3}, id="earlier ones by a later one"),
        pytest.param([(2, 9, "201", "209"), (3, 8, "209", "208"), (4, 7, "208", None)], [], {2, 3, 4}, id="by numbers"),
        pytest.param([(2, 9, "209", "210")], [(2, 1)], {2}, id="it takes the batch back"),
        pytest.param([(2, 1, "201", "209"), (3, 8, "208", None)], [(3, 2)], {2, 3}, id="it takes one of them back"),
        pytest.param([(2, 8, "208", None), (3, 1, "201", None)], [(3, 2)], {2, 3}, id="one of them takes it back"),
        pytest.param([(2, 8, "208", None)], [(2, 7), (6, 1)], set(), id="reversals of others"),
    ],
)
def test_who_is_connected(later: list[Touch], reversals: list[tuple[int, int]], expected: set[int]) -> None:
    assert connected(SWAP, later, reversals) == expected


def tried_again_and_again(batch: Batch, later: Sequence[Touch], reversals: Sequence[tuple[int, int]]) -> set[int]:
    """Take in what shares anything with what is in, until nothing is added."""
    found = {batch.number}
    ids, numbers = set(batch.changes), set(batch.numbers)
    before = -1
    while len(found) != before:
        before = len(found)
        there = {number for number, *_ in later}
        for number, extension_id, old, new in later:
            if number in found or extension_id in ids or {old, new} & numbers:
                found.add(number)
        for pair in reversals:
            if set(pair) & found:
                found |= set(pair) & there
        for number, extension_id, old, new in later:
            if number in found:
                ids.add(extension_id)
                numbers |= {n for n in (old, new) if n is not None}
    return found - {batch.number}


bases = st.sampled_from([None, *(str(n) for n in range(201, 216))])
touches = st.tuples(st.integers(2, 9), st.integers(1, 12), bases, bases)


@given(st.lists(touches, max_size=12), st.lists(st.tuples(st.integers(2, 9), st.integers(1, 9)), max_size=3))
def test_following_finds_what_trying_all_finds(later: list[Touch], reversals: list[tuple[int, int]]) -> None:
    beside = defaultdict[int, list[int]](list)
    for one, other in reversals:
        beside[one].append(other)
        beside[other].append(one)
    tried = tried_again_and_again(SWAP, later, reversals)

    assert connected(SWAP, later, reversals) == tried
    assert followed(SWAP, later, beside) == tried


@pytest.mark.parametrize("length", [7, 8, 9, 10, 300])
def test_a_chain_of_any_length_is_followed_to_its_end(length: int) -> None:
    chain: list[Touch] = [(n, 100 + n, str(200 + n), str(201 + n)) for n in range(2, 2 + length)]

    assert connected(SWAP, chain[::-1], []) == {n for n, *_ in chain}
    assert connected(SWAP, chain[2:], []) == set()
