"""The report of a run: data that can be kept as JSON, and tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from benchmarks.bench import Found
from benchmarks.machine import Machine
from benchmarks.measuring import OURS, Figure

QUICK_RUN = (
    "This was a quick run: everything is small, and two rounds are no measurement. It shows that the benchmarks run "
    "and agree; the ratios mean nothing."
)


class Report(Struct, frozen=True, kw_only=True):
    """One run of the benchmarks."""

    command: str
    quick: bool
    size: int
    rounds: int
    machine: Machine
    found: list[Found]

    @property
    def failed(self) -> list[str]:
        """Return the benchmarks that could not be run to their end, and why."""
        return [f"{found.benchmark}, {found.store}: {found.failed}" for found in self.found if found.failed]

    @property
    def missing(self) -> list[str]:
        """Return how to get the peers that were not there."""
        return sorted({line for found in self.found for line in found.missing})


def as_text(report: Report) -> str:
    """Return a report for the terminal."""
    lines = [QUICK_RUN, ""] if report.quick else []
    lines += [f"{name}: {text}" for name, text in report.machine.about.items()]
    for found in report.found:
        lines += ["", f"== {found.benchmark}, {found.store}"]
        for what, figures in found.figures.items():
            lines += [what, *(f"  {line}" for line in _figures(figures))]
        lines += [f"- {note}" for note in found.notes]
        lines += [f"= {agreed}" for agreed in dict.fromkeys(found.agreed)]
    lines += ["", "== goals", *table(goal_rows(report))]
    if report.missing:
        lines += ["", "== not there", *report.missing]
    if report.failed:
        lines += ["", "== FAILED", *report.failed]
    return "\n".join(lines)


def goal_rows(report: Report) -> list[list[str]]:
    """Return the goals as rows: what, store, measured, goal, whether it is met."""
    rows = [["what", "store", "measured (rounds)", "goal", "met"]]
    for found in report.found:
        rows += [[g.what, found.store, g.shown, g.wanted, "yes" if g.met else "NO"] for g in found.goals]
    return rows


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines with aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _figures(figures: Sequence[Figure]) -> Iterator[str]:
    ours = next((f for f in figures if f.name == OURS), None)
    rows = []
    for figure in figures:
        spread = figure.each
        row = [figure.name, f"{figure.rate:,.0f}/s" if figure.work > 1 else duration(spread.median)]
        row.append(f"({duration(spread.low)} to {duration(spread.high)} each)")
        if ours is not None and figure is not ours:
            row.append(f"{OURS} is {ours.times_as_fast_as(figure).median:.2f} x as fast")
        rows.append([*row, ""][:4])
    yield from table(rows)


def duration(seconds: float) -> str:
    """Return a duration for people."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"
