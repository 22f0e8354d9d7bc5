"""Whatever comes, it is read or refused in the project's own words, and leaves nothing behind.

A few cases of each reader, the same in every run; `python -m tests.hostile` tries as many as there is time for.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.hostile.mutating import TOKENS, files
from tests.hostile.targets import TARGETS, Stage, staged

FEW = {"load": 10, "zones": 10, "notes": 15, "map": 20, "exports": 25}  # others are quicker


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One of everything."""
    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_that_was_changed_is_read_or_refused(stage: Stage, name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds(stage)

    @settings(
        max_examples=FEW.get(name, 40),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),  # what is slow here is what is tried
    )
    @given(content=files(seeds))
    def try_it(content: bytes) -> None:
        assert target.run(stage, content) is None

    try_it()


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_as_it_was_written_is_read(stage: Stage, name: str) -> None:
    target = TARGETS[name]

    for seed in target.seeds(stage):
        assert target.run(stage, seed) is None


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in {"load", "zones"}])
def test_what_ended_other_programs_does_not_end_this_one(stage: Stage, name: str) -> None:
    target = TARGETS[name]
    seed = target.seeds(stage)[0]
    middle = len(seed) // 2

    wrong = {token[:40]: target.run(stage, content) for token in TOKENS for content in (token, seed[:middle] + token)}

    assert {token: said for token, said in wrong.items() if said is not None} == {}
