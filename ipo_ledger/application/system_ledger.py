"""Everything that can be done with one system of a ledger."""

from __future__ import annotations

from ipo_ledger.application.commands import Commands
from ipo_ledger.application.corrections import Corrections
from ipo_ledger.application.questions import Questions
from ipo_ledger.application.report import Reports


class SystemLedger(Commands, Corrections, Questions, Reports):
    """The ledger of one system: everything that can be recorded of it, and asked."""
