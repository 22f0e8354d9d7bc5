"""What docs/backup.md says brings a ledger back; going back to a moment takes longer, and is played by the script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hostile.restore_drills import PAGE, blocks, dump_drill, file_drill
from tests.postgres_server import Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its commands are those of a Unix shell")


def test_a_file_comes_back_from_its_backup(tmp_path: Path) -> None:
    assert "VERIFIED: 92 events" in file_drill(tmp_path)


def test_a_database_comes_back_from_its_dump(postgres_server: object, postgres_home: Path, tmp_path: Path) -> None:
    if not isinstance(postgres_server, Server):
        pytest.skip("its programs are not here")

    assert "VERIFIED: 92 events" in dump_drill(postgres_home, postgres_server.installation, tmp_path)


def test_every_block_of_commands_has_its_drill() -> None:
    source = Path(__file__).with_name("restore_drills.py").read_text(encoding="utf-8")

    assert {name for name in blocks() if f'drill.play("{name}"' not in source} == set()
    assert PAGE.read_text(encoding="utf-8").count("```sh") == len(blocks())
