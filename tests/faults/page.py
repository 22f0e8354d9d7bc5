"""The table of docs/reliability.md: a row for each kind of fault, written by the run that it tells of."""

from __future__ import annotations

from pathlib import Path

from tests.faults.trial import Found, Trial

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def row(trial: Trial, found: Found) -> str:
    """Return the row of a kind of fault."""
    seen = ", ".join(f"{what}: {count:,}" for what, count in sorted(found.seen.items()))
    return (
        f"| {_first(trial)}{trial.what} | {found.injected:,} | {found.acknowledged:,} | {found.lost} "
        f"| {len(found.wrong)} | {seen or '-'} |"
    )


def write(trial: Trial, found: Found, page: Path = PAGE) -> None:
    """Put the row of a run in the place of the one before it. Raises `LookupError` where the page has none."""
    lines = page.read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith(f"| {_first(trial)}")]
    if len(places) != 1:
        msg = f"{page.name} has {len(places)} rows of {trial.name}"
        raise LookupError(msg)
    lines[places[0]] = row(trial, found)
    page.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")


def rows(page: Path = PAGE) -> list[str]:
    """Return the names of the kinds that the page has a row of."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line.split("`")[1] for line in lines if line.startswith("| `")]


def _first(trial: Trial) -> str:
    return f"`{trial.name}` | "
