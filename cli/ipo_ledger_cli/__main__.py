"""`python -m ipo_ledger_cli` is `ipo-ledger`."""

import sys

from ipo_ledger_cli.main import run

sys.exit(run())
