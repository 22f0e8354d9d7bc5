"""What every store keeps: one test class, run on each. A new store is a new `place` fixture."""

from __future__ import annotations

from tests.stores.contract_append_only import AppendOnlyContract
from tests.stores.contract_appending import AppendingContract
from tests.stores.contract_glances import GlancesContract
from tests.stores.contract_listing import ListingContract
from tests.stores.contract_making import MakingContract
from tests.stores.contract_races import RacesContract
from tests.stores.contract_state import StateContract
from tests.stores.contract_together import TogetherContract
from tests.stores.contract_two_times import TwoTimesContract
from tests.stores.contract_when import WhenContract


class StoreContract(
    MakingContract,
    AppendingContract,
    AppendOnlyContract,
    TogetherContract,
    RacesContract,
    StateContract,
    WhenContract,
    TwoTimesContract,
    GlancesContract,
    ListingContract,
):
    """Everything a ledger's store promises. Subclasses bring a fixture `place`, on which nothing is made yet."""
