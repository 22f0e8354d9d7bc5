"""Goals: what was measured, held against what is wanted."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from benchmarks.measuring import Spread

Unit: TypeAlias = Literal["x", "ms", "s", "events/s", "lines/s", "MB"]

_DIGITS: dict[str, str] = {"x": ".2f", "ms": ".1f", "s": ".2f", "events/s": ",.0f", "lines/s": ",.0f", "MB": ".0f"}
_SEVERAL = 100


class Goal(Struct, frozen=True, kw_only=True):
    """One thing that was measured, with its goal. `low` and `high` are the rounds farthest from the median."""

    what: str
    measured: float
    low: float
    high: float
    goal: float
    at_most: bool
    unit: Unit = "x"

    @property
    def met(self) -> bool:
        """Tell whether the median is on the right side."""
        return self.measured <= self.goal if self.at_most else self.measured >= self.goal

    @property
    def shown(self) -> str:
        """Return what was measured, for people."""
        spread = "" if self.low == self.high else f" ({self._as_text(self.low)} to {self._as_text(self.high)})"
        return f"{self._as_text(self.measured)}{self._unit}{spread}"

    @property
    def wanted(self) -> str:
        """Return the goal, for people."""
        return f"at {'most' if self.at_most else 'least'} {self.goal:,g}{self._unit}"

    @property
    def _unit(self) -> str:
        return f" {self.unit}"

    def _as_text(self, value: float) -> str:
        digits = ",.0f" if self.unit == "x" and value >= _SEVERAL else _DIGITS[self.unit]
        return f"{value:{digits}}"


def at_least(goal: float, what: str, measured: Spread, unit: Unit = "x") -> Goal:
    """Return a goal that wants more."""
    return Goal(
        what=what, measured=measured.median, low=measured.low, high=measured.high, goal=goal, at_most=False, unit=unit
    )


def at_most(goal: float, what: str, measured: Spread, unit: Unit = "x") -> Goal:
    """Return a goal that wants less."""
    return Goal(
        what=what, measured=measured.median, low=measured.low, high=measured.high, goal=goal, at_most=True, unit=unit
    )


def scaled(spread: Spread, factor: float) -> Spread:
    """Return a spread in another unit."""
    return Spread(spread.median * factor, spread.low * factor, spread.high * factor)
