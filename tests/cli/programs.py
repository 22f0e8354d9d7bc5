"""How a test runs the program as a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "ipo_ledger_cli"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("IPO_LEDGER_", "PG"))},
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "cli")]),
}
