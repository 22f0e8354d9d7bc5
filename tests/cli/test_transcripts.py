"""Every transcript comes out as it is written, on both stores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.played_stores import PlayedSqlite, PlayedStore
from tests.cli.transcript import FOLDER, UPDATE, Player, compare

OF_POSTGRES_ALONE = (
    "2> Then give rights, in psql",
    "2>   GRANT ipo_ledger_",
    "2> Nobody needs ipo_ledger_owner.",
)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_a_transcript_comes_out_as_it_is_written_on_both_stores(file: Path, store: PlayedStore) -> None:
    if os.environ.get(UPDATE) and not isinstance(store, PlayedSqlite):
        pytest.skip("written anew from the embedded store only: the other has to agree")

    played = Player(store, leaves_out=OF_POSTGRES_ALONE).play(file.read_text(encoding="utf-8"))

    compare(file, played)
