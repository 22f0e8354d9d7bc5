"""What the tests of hostile input have: the folder and the command line of the tests of the program."""

from __future__ import annotations

from tests.cli.conftest import folder, line, store

__all__ = ["folder", "line", "store"]
