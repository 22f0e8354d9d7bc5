"""The benchmarks run, what they compare agrees, and what they write can be read; nothing is said about time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from benchmarks import pages
from benchmarks.__main__ import main
from benchmarks.bench import QUICK, Bench, Disagreement
from benchmarks.catalogue import BENCHMARKS
from benchmarks.copying import Part, WrongCopy
from benchmarks.goals import at_least, at_most
from benchmarks.history import History
from benchmarks.loading import check_system, load
from benchmarks.measuring import Contender, Figure, Spread, take_turns
from benchmarks.places import SqlitePlace
from benchmarks.plots import svg
from benchmarks.report import Report
from tests.postgres_reachable import ReachableServer

TINY = msgspec.structs.replace(QUICK, rounds=1, past=420, small_past=200, commands=5, later=20, grown=(200, 400))


@pytest.fixture
def bench(tmp_path: Path, postgres_server: ReachableServer) -> Bench:
    return Bench(tmp_path, postgres_server, sizes=TINY, size=600)


@pytest.mark.parametrize("name", ["batch", "lookups", "ways-out"])
def test_a_benchmark_runs_on_both_stores_and_its_contenders_agree(bench: Bench, name: str) -> None:
    for kind in BENCHMARKS[name].stores:
        found = bench.begin(name, kind)
        with bench.cleaning_up():
            BENCHMARKS[name].run(bench)

        assert found.agreed
        assert found.goals or found.missing
        assert all(figure.seconds for figures in found.figures.values() for figure in figures)
    bench.close()


def test_a_copied_ledger_is_one_that_verifies(tmp_path: Path) -> None:
    first, later = History(25, seed=3), History(25, seed=4, begins=datetime(2020, 1, 1, tzinfo=UTC))
    first.grow(200)
    place = SqlitePlace(tmp_path / "ledger.db")

    events = load(place, [Part(first, ["one", "two"]), Part(later, ["three"])])

    verdict = place.ledger().verify()
    assert (verdict.events, verdict.findings) == (events, ())
    place.close()


def test_a_copy_that_is_not_what_its_events_make_is_noticed(tmp_path: Path) -> None:
    history = History(25, seed=3)
    place = SqlitePlace(tmp_path / "ledger.db")
    load(place, [Part(history, ["one"])])
    place.ask("UPDATE seats SET user_name = 'Nobody' WHERE user_name IS NOT NULL")

    with pytest.raises(WrongCopy, match="seats"):
        check_system(place, "one")

    place.close()


def test_the_same_seed_makes_the_same_history() -> None:
    one, other = History(25, seed=5), History(25, seed=5)
    one.grow(150)
    other.grow(150)

    assert one.facts == other.facts


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def runs(name: str) -> Contender:
        def run() -> float:
            order.append(name)
            return 2.0

        return Contender(name, run, 4)

    figures = take_turns([runs("a"), runs("b")], 2)

    assert order == ["b", "a", "a", "b", "b", "a"]
    assert figures["a"] == Figure("a", 4, (2.0, 2.0))
    assert figures["a"].each == Spread(0.5, 0.5, 0.5)


def test_ratios_are_taken_round_by_round() -> None:
    mine, other = Figure("mine", 1, (1.0, 2.0, 4.0)), Figure("other", 2, (4.0, 8.0, 24.0))

    assert mine.times_as_fast_as(other) == Spread(2.0, 2.0, 3.0)
    assert mine.times_as_long_as(other).median == 0.5


def test_a_goal_is_met_on_its_side() -> None:
    spread = Spread(2.0, 1.0, 3.0)

    assert at_least(2, "more", spread).met
    assert not at_least(2.1, "more", spread).met
    assert at_most(2, "less", spread).met
    assert not at_most(1.9, "less", spread).met


def test_answers_that_differ_end_a_benchmark(bench: Bench) -> None:
    with pytest.raises(Disagreement, match="who sat there"):
        bench.agree("who sat there", ["Ana"], ["Bruno"])


def test_a_run_is_written_as_data_and_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "run.json"

    assert main(["--quick", "--store", "sqlite", "--size", "800", "--only", "growth", "--json", str(data)]) == 0

    assert "== growth, sqlite" in capsys.readouterr().out
    report = msgspec.json.decode(data.read_bytes(), type=Report)
    page, plot = pages.write(report, tmp_path)
    assert "quick run" in page.read_text("utf-8")
    ET.parse(plot)  # noqa: S314 - our own


def test_a_plot_is_well_formed_and_names_its_lines() -> None:
    drawn = svg({"SQLite": {"who & where": {10_000: 1e-4, 1_000_000: 2e-4}}})

    assert "who & where" in "".join(ET.fromstring(drawn).itertext())  # noqa: S314 - our own


def test_every_benchmark_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0

    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(BENCHMARKS)
    assert all(b.summary.endswith(".") for b in BENCHMARKS.values())


def test_what_cannot_be_removed_loses_nothing_that_was_measured(bench: Bench) -> None:
    removed: list[str] = []

    def fail() -> None:
        raise OSError("in use")

    found = bench.begin("batch", "sqlite")
    bench.remove_later(lambda: removed.append("the first"))
    bench.remove_later(fail)
    bench.close()

    assert removed == ["the first"]
    assert found.notes == ["not removed: OSError: in use"]
