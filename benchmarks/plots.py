"""Growth plots: time against the events of the ledger, as an SVG.

Written by hand, without a plotting library: two logarithmic axes and some lines are a page of code, the file is
small, readable and the same on every machine, and nothing has to be installed to draw it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

Lines = Mapping[str, Mapping[int, float]]
"""What, and its seconds by number of events."""

_WIDTH, _HEIGHT = 420, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 130, 34, 44
_COLOURS = ("#1b6ca8", "#c0392b", "#1e8449", "#8e44ad", "#b9770e", "#34495e", "#d81b60")
_NAMED_POWERS = {3: "1 000", 4: "10 000", 5: "100 000", 6: "1 million", 7: "10 million", 8: "100 million"}
_TEXT = 'font-family="sans-serif" font-size="11"'
_APART = 13  # between two names at the right


def svg(panels: Mapping[str, Lines]) -> str:
    """Return panels side by side, one a store."""
    width = _WIDTH * max(1, len(panels))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}">',
        f'<rect width="{width}" height="{_HEIGHT}" fill="white"/>',
    ]
    for number, (title, lines) in enumerate(panels.items()):
        parts += [f'<g transform="translate({number * _WIDTH} 0)">', *_panel(title, lines), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """A logarithmic axis: from values to places on paper, with a line at every power of ten."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        self.high = max(self.high, self.low + 1)
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self._start + share * (self._end - self._start)

    @property
    def powers(self) -> range:
        return range(self.low, self.high + 1)


def _panel(title: str, lines: Lines) -> Iterator[str]:
    sizes = [size for points in lines.values() for size in points]
    seconds = [second for points in lines.values() for second in points.values()]
    if not sizes:
        return
    x = _Scale(sizes, _LEFT, _WIDTH - _RIGHT)
    y = _Scale(seconds, _HEIGHT - _BOTTOM, _TOP)
    yield f'<text x="{_LEFT}" y="18" {_TEXT} font-weight="bold">{escape(title)}: time against events</text>'
    yield from _grid(x, y)
    taken: list[float] = []
    for number, (name, points) in enumerate(sorted(lines.items(), key=lambda line: -max(line[1].values()))):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(x(size), y(second)) for size, second in sorted(points.items())]
        drawn = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
        yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        for left, top in places:
            yield f'<circle cx="{left:.1f}" cy="{top:.1f}" r="2.6" fill="{colour}"/>'
        label = places[-1][1]
        while any(abs(label - other) < _APART for other in taken):
            label += 1
        taken.append(label)
        yield f'<text x="{places[-1][0] + 8:.1f}" y="{label + 4:.1f}" {_TEXT} fill="{colour}">{escape(name)}</text>'


def _grid(x: _Scale, y: _Scale) -> Iterator[str]:
    for power in y.powers:
        at = y(10.0**power)
        yield f'<line x1="{_LEFT}" y1="{at:.1f}" x2="{_WIDTH - _RIGHT}" y2="{at:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" {_TEXT} text-anchor="end">{_seconds(power)}</text>'
    for power in x.powers:
        at = x(10.0**power)
        yield f'<line x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" y2="{_HEIGHT - _BOTTOM}" stroke="#ddd"/>'
        name = _NAMED_POWERS.get(power, f"{10**power}")
        yield f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 16}" {_TEXT} text-anchor="middle">{name}</text>'


def _seconds(power: int) -> str:
    for unit, exponent in (("s", 0), ("ms", -3), ("us", -6)):
        if power >= exponent:
            return f"{10 ** (power - exponent):,} {unit}".replace(",", " ")
    return f"1e{power} s"
