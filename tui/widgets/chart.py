"""A curve, drawn by plotext in Braille."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from tui import axis
from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.events import CurveData

MARGIN = 8  # columns left of the curve: six for a label, a blank, the axis
LEAST, MOST = 1e-200, 1e200  # beyond these, not even the limits of an axis are numbers
BLANK = " \u2800"
Points = list[tuple[float, float]]
Marks = list[tuple[int, float]]


def pieces(curve: CurveData, logarithmic: bool) -> list[Points]:
    """Cut a curve at its gaps into lines through each point's minimum and maximum.

    plotext takes no number that is not finite, and none below zero on a logarithmic axis.
    """
    least = LEAST if logarithmic else -MOST
    lines: list[Points] = [[]]
    for k, (low, high) in enumerate(zip(curve.lower, curve.upper, strict=True)):
        if low is None or high is None or low < least or high > MOST:
            if lines[-1]:
                lines.append([])
            continue
        x = (k + 0.5) * curve.span
        line = lines[-1]
        if low == high:
            line.append((x, low))
        elif line and abs(line[-1][1] - low) < abs(line[-1][1] - high):
            line += [(x, low), (x, high)]
        else:
            line += [(x, high), (x, low)]
    return [line for line in lines if line]


class Chart(Canvas):
    """One metric over the epochs.

    Parameters
    ----------
    name : str
    bounds : (float, float), optional
        Limits that hold whatever the values are.
    """

    def __init__(self, title: str, bounds: tuple[float, float] | None = None, **kw: Any) -> None:
        super().__init__(**kw)
        self.border_title = title
        self.bounds, self.logarithmic = bounds, False
        self._told: tuple[object, ...] = ()

    @property
    def columns(self) -> int:
        """How many points a curve can show."""
        return max(2, 2 * (self.size.width - MARGIN))

    def draw_curve(self, curve: CurveData | None, span: int, marks: Marks) -> None:
        """Draw a curve over ``span`` epochs, and the learning rate where it changed."""
        told = curve, span, marks, self.logarithmic
        if told != self._told:
            self._told = told
            self.paint(partial(self._curve, curve, span, marks))

    def _curve(
        self, curve: CurveData | None, span: int, marks: Marks, width: int, height: int
    ) -> list[Line]:
        if width < MARGIN + 4 or height < 2:
            return []
        lines = pieces(curve, self.logarithmic) if curve else []
        values = [y for line in lines for _, y in line] or [1.0]
        low, high, at = self._axis(min(values), max(values), height)
        x_marks = axis.ticks(0, span, max(2, (width - MARGIN) // 9))
        rows = _plot(lines, (0, span), (low, high), self.logarithmic, width - MARGIN, height - 1)
        place = _places(low, high, self.logarithmic, height - 1)
        names = dict(zip((place(y) for y in at), axis.labels(at), strict=True))
        columns = [round(x / span * (width - MARGIN - 1)) for x in x_marks]
        changes = [(int(epoch / span * (width - MARGIN)), rate) for epoch, rate in marks]
        body = [
            _row(row, names.get(y), _marked(row, changes, named=y == 0))
            for y, row in enumerate(rows)
        ]
        return [*body, _foot(columns, x_marks, width)]

    def _axis(self, lowest: float, highest: float, height: int) -> tuple[float, float, list[float]]:
        """Return the lower and the upper limit of the values, and the places to mark."""
        most = max(2, (height + 1) // 3)
        if self.logarithmic:
            low, high = axis.log_limits(lowest, highest)
            return low, high, axis.log_ticks(low, high, most)
        low, high = self.bounds or axis.limits(lowest, highest)
        return low, high, axis.ticks(low, high, most)


def _row(row: str, name: str | None, marks: dict[int, str]) -> Line:
    line = [(f"{name or '':>6} ", "muted"), ("┤" if name else "│", "faint")]
    end = 0
    for column, mark in marks.items():
        line += [(row[end:column], "accent"), (mark, "warn")]
        end = column + len(mark)
    return [*line, (row[end:], "accent")]


def _foot(columns: list[int], marks: list[float], width: int) -> Line:
    """Write the epochs under the curve."""
    cells, end = [" "] * width, 0
    for column, mark in zip(columns, marks, strict=True):
        name = axis.count(mark)
        start = min(MARGIN + column - len(name) // 2, width - len(name))
        if start > end or not end:
            cells[start : start + len(name)] = name
            end = start + len(name)
    return [("".join(cells), "muted")]


def _marked(row: str, changes: list[tuple[int, float]], named: bool) -> dict[int, str]:
    """Return what to write where the learning rate changed, in the columns that are free."""
    marks: dict[int, str] = {}
    end = 0
    for column, rate in sorted(changes):
        for mark in (f"┊{rate:g}", "┊") if named else ("┊",):
            beneath = row[column : column + len(mark)]
            if column >= end and len(beneath) == len(mark) and not beneath.strip(BLANK):
                marks[column] = mark
                end = column + len(mark)
                break
    return marks


def _places(low: float, high: float, logarithmic: bool, rows: int) -> Any:
    """Return what turns a value into the row it is drawn in."""
    scale = math.log10 if logarithmic else float
    bottom, top = scale(low), scale(high)
    return lambda value: round((top - scale(value)) / (top - bottom) * (rows - 1))


def _plot(
    lines: list[Points],
    x: tuple[float, float],
    y: tuple[float, float],
    logarithmic: bool,
    width: int,
    height: int,
) -> list[str]:
    """Draw lines in Braille, without axes: ``height`` rows of ``width`` characters."""
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.axes(False)
    figure.canvas("default")
    if logarithmic:
        figure.ruler("y").scale("log")
    figure.ruler("x").lim(*x).ticks([], [])
    figure.ruler("y").lim(*y).ticks([], [])
    for line in lines:
        signal = figure.signal([p[0] for p in line], [p[1] for p in line], marker="braille")
        signal._get_unique_pixels = list  # `draw` looks for colours in every point: they have none
        figure.draw(signal.lines())
    rows: list[str] = figure.build().string(colorless=True).split("\n")[:height]
    return [row.ljust(width)[:width] for row in rows]
