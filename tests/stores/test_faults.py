"""What a fault of a store says: its ways out are commands that can be pasted."""

from __future__ import annotations

import pickle

import pytest

from ipo_ledger.adapters.store.faults import NoLedgerYet, StoreBusy, StoreFault, in_a_command


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("sqlite:////home/ana/ledger.db", "sqlite:////home/ana/ledger.db"),
        ("postgresql://ana@h1:1,h2:2/ledger", "postgresql://ana@h1:1,h2:2/ledger"),
        ("sqlite:///C:/Users/Ana Maria/ledger.db", '"sqlite:///C:/Users/Ana Maria/ledger.db"'),
        ("postgresql://h/l?a=b&c=d", '"postgresql://h/l?a=b&c=d"'),
    ],
)
def test_a_url_in_a_command_is_quoted_where_a_shell_minds(url: str, written: str) -> None:
    assert in_a_command(url) == written
    assert f"--ledger {written} init" in NoLedgerYet(url=url).hint
    assert f"at {url} yet" in NoLedgerYet(url=url).message


def test_every_fault_at_a_url_has_a_slug_of_its_own_and_a_way_out() -> None:
    kinds = StoreFault.__subclasses__()

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(kind.way_out and "{url}" in kind.says for kind in kinds)


def test_a_fault_survives_a_process_pool() -> None:
    fault = StoreBusy(url="sqlite:///a b", seconds="30")

    again = pickle.loads(pickle.dumps(fault))

    assert (type(again), again.message, again.hint) == (StoreBusy, fault.message, fault.hint)
