"""Curves as a picture: one chart below the other, in SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np

from engine.nn.arrays import Array
from engine.runs.export.curves import Curves

WIDTH, HEIGHT = 720, 220  # of a chart,
LEFT, RIGHT, TOP, BOTTOM = 64, 110, 34, 30  # and what is left around its curves
POINTS = 600  # of a curve at most; each is a mean
LABEL = 14  # between the names at the lines' ends
# Told apart also by those who do not see all colours (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
STYLE = (
    "text{font:12px sans-serif;fill:#444}.name{font-weight:bold;fill:#111}"
    "path{fill:none;stroke-width:1.6}.grid{stroke:#ddd}"
)


def picture(curves: Curves) -> str:
    """Return an SVG of all metrics of all branches."""
    charts = [
        f'<g transform="translate(0 {k * HEIGHT})">{"".join(_chart(curves, k))}</g>'
        for k in range(len(curves.metrics))
    ]
    size = f'width="{WIDTH}" height="{HEIGHT * len(charts)}"'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT * len(charts)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}><style>{STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(charts)}</svg>\n'
    )


def _chart(curves: Curves, metric: int) -> Iterator[str]:
    lines = [_means(b.epochs, b.values[:, metric]) for b in curves.branches]
    last = [float(branch.epochs[-1]) for branch in curves.branches if len(branch.epochs)]
    epochs = max(last, default=0.0) or 1.0
    numbers = np.concatenate([y[np.isfinite(y)] for _, y in lines] or [np.empty(0)])
    low, high = (numbers.min(), numbers.max()) if len(numbers) else (0.0, 1.0)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + across * x / epochs, TOP + down * (high - y) / (high - low)

    yield f'<text class="name" x="{LEFT}" y="20">{escape(curves.metrics[metric])}</text>'
    for value in np.linspace(low, high, 3):
        _, y = place(0, value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}h{across}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    for value in (0, epochs / 2, epochs):
        x, _ = place(value, low)
        yield f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{value:,.0f}</text>'
    ends = []
    for number, (branch, (xs, ys)) in enumerate(zip(curves.branches, lines, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        points = [place(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        yield f'<path stroke="{colour}" d="{_path(points)}"/>'
        known = [point for point in points if math.isfinite(point[1])]
        if known:
            ends.append((known[-1][1], branch.title, colour))
    if len(ends) > 1:
        yield from _names(ends)


def _means(epochs: Array, values: Array) -> tuple[Array, Array]:
    """Return at most `POINTS` points, each the mean of the epochs that it stands for."""
    parts = np.array_split(np.arange(len(epochs)), min(POINTS, max(1, len(epochs))))
    with np.errstate(all="ignore"):
        x = np.array([epochs[part].mean() for part in parts if len(part)])
        y = np.array([_mean(values[part]) for part in parts if len(part)])
    return x, y


def _mean(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def _path(points: list[tuple[float, float]]) -> str:
    """Return a line through the points, which is broken where one is no number."""
    path, pen = [], "M"
    for x, y in points:
        if not math.isfinite(y):
            pen = "M"
            continue
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(path)


def _names(ends: list[tuple[float, str, str]]) -> Iterator[str]:
    """Write each branch's name beside the height of its line's end, none over another."""
    free = -math.inf
    for y, name, colour in sorted(ends):
        free = max(free + LABEL, y)
        at = f'x="{WIDTH - RIGHT + 6}" y="{free + 4:.1f}"'
        yield f'<text {at} style="fill:{colour}">{escape(name)}</text>'
