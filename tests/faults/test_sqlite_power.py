"""Power lost anywhere in a command on SQLite: what was acknowledged is there, the rest whole or not at all."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.domain.thoroughness import examples
from tests.faults.site import a_ledger, refuse_unsound
from tests.faults.sqlite_power import Losing, Powered, at_statements, in_a_checkpoint, in_a_commit


@pytest.mark.parametrize("how", [at_statements, in_a_commit, in_a_checkpoint])
def test_whenever_power_is_lost_the_ledger_is_whole(tmp_path: Path, how: Losing) -> None:
    chance = Random(11)  # noqa: S311 - no secret
    powered = Powered(tmp_path / "source")
    with closing(powered.ledger):
        states = dict.fromkeys(files for _, files in how(powered, chance))

    there = set()
    for files in chance.sample(list(states), min(len(states), examples(6))):
        path = files.lay(tmp_path / "lost")
        there.add(refuse_unsound(f"sqlite:///{path.as_posix()}", powered.acknowledged))

    assert there <= {len(powered.acknowledged), len(powered.acknowledged) + 1}


@pytest.mark.skipif(os.name == "nt", reason="folders are not opened there")
def test_the_name_of_a_new_ledger_is_synced_before_anything_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))

    a_ledger(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}")

    assert synced == [tmp_path.stat().st_ino]


def test_a_command_is_there_once_the_last_byte_of_its_commit_is(tmp_path: Path) -> None:
    powered = Powered(tmp_path / "source")
    with closing(powered.ledger):
        *_, (what, almost) = at_statements(powered, Random(1))  # noqa: S311 - no secret
        assert what == "the end"

    whole = almost.lay(tmp_path / "whole")
    cut = type(almost)(almost.database, almost.log[:-1]).lay(tmp_path / "cut")

    assert refuse_unsound(f"sqlite:///{whole.as_posix()}", powered.acknowledged) == len(powered.acknowledged) + 1
    assert refuse_unsound(f"sqlite:///{cut.as_posix()}", powered.acknowledged) == len(powered.acknowledged)
