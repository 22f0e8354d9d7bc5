"""The work order: the typing order keeps warnings short; people act where they sit."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger.domain.records import Change
from ipo_ledger.domain.work_order import followed


def most_warnings(cycle: list[Change]) -> int:
    """Return the most numbers that are twice at once while typing in this order."""
    bases = {c.extension_id: c.old for c in cycle}
    most = 0
    for change in cycle:
        bases[change.extension_id] = change.new
        numbers = [b for b in bases.values() if b is not None]
        most = max(most, len(numbers) - len(set(numbers)))
    return most


def test_a_swap_warns_of_one_number_until_its_second_step() -> None:
    swap = [Change(1, "202", "203"), Change(2, "203", "202")]

    assert followed(swap) == swap
    assert most_warnings(followed(swap)) == 1


def test_a_chain_that_ends_in_a_free_number_begins_there_and_warns_of_nothing() -> None:
    chain = [Change(1, "201", "202"), Change(2, "202", "203"), Change(3, "203", "299")]

    assert [c.extension_id for c in followed(chain)] == [3, 2, 1]
    assert most_warnings(followed(chain)) == 0


@given(st.permutations(range(6)))
def test_no_order_of_typing_a_permutation_warns_less(new: list[int]) -> None:
    changes = [Change(i, str(200 + i), str(200 + n)) for i, n in enumerate(new) if i != n]
    cycle = _component(changes)

    best = min((most_warnings(list(order)) for order in permutations(cycle)), default=0)

    assert most_warnings(followed(cycle)) == best


def _component(changes: list[Change]) -> list[Change]:
    from ipo_ledger.domain.batch import cycles

    found = cycles(changes)
    return found[0] if found else []
