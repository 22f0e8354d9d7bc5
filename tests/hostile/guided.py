"""Tries one reader with files that an instrumented run of it leads to: for developers who have atheris.

    pip install atheris
    python -m tests.hostile.guided NAME [-max_total_time=600] [any other option of libFuzzer]

NAME is one of those of `python -m tests.hostile -h`. A finding ends it, with the file that made it beside you.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    """Instrument the project, and let libFuzzer run."""
    try:
        atheris: Any = import_module("atheris")
    except ModuleNotFoundError:
        sys.exit("This takes atheris: pip install atheris")
    with atheris.instrument_imports(include=["ipo_ledger"]):
        targets = import_module("tests.hostile.targets")
    if len(sys.argv) < 2 or sys.argv[1] not in targets.TARGETS:
        sys.exit(f"Name one of {', '.join(targets.TARGETS)}.")
    target = targets.TARGETS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory(prefix="ipo-guided-") as folder, targets.staged(Path(folder)) as stage:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(target.seeds(stage)):
            (corpus / str(number)).write_bytes(seed)

        def try_it(content: bytes) -> None:
            wrong = target.run(stage, content)
            if wrong is not None:
                raise AssertionError(wrong)

        atheris.Setup([sys.argv[0], *sys.argv[1:], str(corpus)], try_it)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
