"""A curve, drawn by plotext in Braille."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tui import axis
from tui.widgets.canvas import Canvas, Line, gathered

if TYPE_CHECKING:
    from engine.protocol.frames import CurveData
    from engine.protocol.metrics import Metric

MARGIN = 8  # columns left of the curve: six for a label, a blank, the axis
LEAST, MOST = 1e-200, 1e200  # beyond these, not even the limits of an axis are numbers
BLANK = " \u2800"
Points = list[tuple[float, float]]
Marks = list[tuple[int, float]]
Ghosts = Sequence[tuple[str, "CurveData"]]


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
    metric : Metric
    """

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self.border_title = metric.name
        self.metric, self.logarithmic = metric, False
        self._told: tuple[object, ...] = ()

    @property
    def columns(self) -> int:
        """How many points a curve can show."""
        return max(2, 2 * (self.size.width - MARGIN))

    def draw_curve(
        self,
        curve: CurveData | None,
        span: int,
        marks: Marks,
        ghosts: Ghosts = (),
        now: int | None = None,
    ) -> None:
        """Draw a curve over ``span`` epochs.

        Parameters
        ----------
        curve : CurveData or None
        span : int
        marks : list of (int, float)
            The learning rate from that epoch on.
        ghosts : sequence of (str, CurveData)
            What other branches came to, drawn dimly behind it.
        now : int, optional
            The epoch that all else on the screen shows, where that is in the past.
        """
        told = curve, span, marks, ghosts, now, self.logarithmic
        if told != self._told:
            self._told = told
            self.paint(partial(self._curve, curve, span, marks, ghosts, now))

    def _curve(
        self,
        curve: CurveData | None,
        span: int,
        marks: Marks,
        ghosts: Ghosts,
        now: int | None,
        width: int,
        height: int,
    ) -> list[Line]:
        if width < MARGIN + 4 or height < 2:
            return []
        columns, rows = width - MARGIN, height - 1
        lines = pieces(curve, self.logarithmic) if curve else []
        others = [(name, pieces(_middle(ghost), self.logarithmic)) for name, ghost in ghosts]
        extent = _extent(lines, [line for _, line in others]) or self._no_extent
        low, high, at = self._axis(*extent, height)
        others = [(name, _within(line, low, high)) for name, line in others]

        def plot(lines: list[Points]) -> list[str]:
            if self.logarithmic:
                lines = [[(x, math.log10(y)) for x, y in line] for line in lines]
                limits = math.log10(low), math.log10(high)
            else:
                limits = low, high
            return _plot(lines, (0, span), limits, columns, rows)

        column_of = partial(_column, span, columns)
        place = _places(low, high, self.logarithmic, rows)
        behind = plot([piece for _, line in others for piece in line]) if others else None
        changes = [(column_of(epoch), rate) for epoch, rate in marks]
        cursor = None if now is None else column_of(now + 0.5)
        body = [
            Row(row, behind[y] if behind else None, cursor).marked(changes, named=y == 0)
            for y, row in enumerate(plot(lines))
        ]
        for name, line in others:
            if line:
                x, value = line[-1][-1]
                _name_ghost(body, name, column_of(x), place(value))
        labels = axis.log_labels if self.logarithmic else axis.labels
        names = dict(zip((place(y) for y in at), labels(at), strict=True))
        x_marks = axis.ticks(0, span, max(2, columns // 9))
        ticks = [round(x / span * (columns - 1)) for x in x_marks]
        return [
            *([*_margin(names.get(y)), *row.line()] for y, row in enumerate(body)),
            _foot(ticks, x_marks, width),
        ]

    def _axis(self, lowest: float, highest: float, height: int) -> tuple[float, float, list[float]]:
        """Return the lower and the upper limit of the values, and the places to mark."""
        most = max(2, (height + 1) // 3)
        if self.logarithmic:
            low, high = axis.log_limits(lowest, highest)
            return low, high, axis.log_ticks(low, high, most)
        low, high = axis.limits(lowest, highest, self.metric.low, self.metric.high)
        return low, high, axis.ticks(low, high, most)

    @property
    def _no_extent(self) -> tuple[float, float]:
        """The least and the greatest value, where there is none."""
        bounds = [bound for bound in (self.metric.low, self.metric.high) if bound is not None]
        return (bounds[0], bounds[-1]) if bounds and not self.logarithmic else (1.0, 1.0)


def _middle(curve: CurveData) -> CurveData:
    """Return a curve's middle between its minimum and its maximum: one calm line."""
    middle = [
        None if low is None or high is None else low + (high - low) / 2
        for low, high in zip(curve.lower, curve.upper, strict=True)
    ]
    return msgspec.structs.replace(curve, lower=middle, upper=middle)


def _extent(lines: list[Points], ghosts: list[list[Points]]) -> tuple[float, float] | None:
    """Return the least and the greatest value to be shown; None if there is none.

    A ghost that went astray is shown only up to where it began: it is not to flatten the curve.
    """
    values = [y for line in lines for _, y in line]
    begun = [line[0][0][1] for line in ghosts if line]
    if not values and not begun:
        return None
    most = max([*values, *begun])
    values += [y for ghost in ghosts for line in ghost for _, y in line if y <= most]
    return min(values), most


def _within(lines: list[Points], low: float, high: float) -> list[Points]:
    """Cut lines where they leave the axis."""
    kept: list[Points] = [[]]
    for line in lines:
        for point in line:
            if low <= point[1] <= high:
                kept[-1].append(point)
            elif kept[-1]:
                kept.append([])
        kept.append([])
    return [line for line in kept if line]


def _column(span: int, columns: int, epoch: float) -> int:
    return min(columns - 1, int(epoch / span * columns))


def _margin(name: str | None) -> Line:
    return [(f"{name or '':>6} ", "muted"), ("┤" if name else "│", "faint")]


class Row:
    """One row of a chart: its cells, each with its ink.

    Parameters
    ----------
    row : str
        What the curve draws here.
    behind : str, optional
        What the ghosts draw here.
    cursor : int, optional
        Where the past ends that all else shows: what is right of it is still ahead.
    """

    def __init__(self, row: str, behind: str | None, cursor: int | None) -> None:
        self.cells, self.inks = list(row), ["accent"] * len(row)
        if cursor is not None:
            self.inks[cursor + 1 :] = ["ahead"] * (len(row) - cursor - 1)
        if behind:
            for column, cell in enumerate(behind):
                if self.is_free(column, 1) and cell not in BLANK:
                    self.cells[column], self.inks[column] = cell, "ghost"
        if cursor is not None and self.cells[cursor] in BLANK:
            self.write(cursor, "│", "text")

    def is_free(self, column: int, length: int) -> bool:
        """Whether so many cells from a column on are there, and blank."""
        cells = self.cells[column : column + length]
        return column >= 0 and len(cells) == length and all(cell in BLANK for cell in cells)

    def write(self, column: int, text: str, ink: str) -> None:
        """Write into the cells from a column on."""
        end = column + len(text)
        self.cells[column:end], self.inks[column:end] = text, [ink] * len(text)

    def marked(self, changes: list[tuple[int, float]], named: bool) -> Row:
        """Mark where the learning rate changed, in the cells that are free."""
        for column, rate in sorted(changes):
            for mark in (f"┊{rate:g}", "┊") if named else ("┊",):
                if self.is_free(column, len(mark)):
                    self.write(column, mark, "warn")
                    break
        return self

    def line(self) -> Line:
        """Return pieces of one ink each."""
        return gathered(zip(self.cells, self.inks, strict=True))


def _name_ghost(body: list[Row], name: str, column: int, row: int) -> None:
    """Write a ghost's name as near to its end as there is room."""
    rows = sorted(range(len(body)), key=lambda y: abs(y - row))
    near = [(y, x) for y in rows[:9] for x in (column + 2, column - len(name))]
    far = [(y, column - k) for y in rows for k in range(len(name), column)]
    for y, x in (*near, *far):
        if body[y].is_free(x - 1, len(name) + 1):
            body[y].write(x, name, "ghost")
            return


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


def _places(low: float, high: float, logarithmic: bool, rows: int) -> Any:
    """Return what turns a value into the row it is drawn in."""
    scale = math.log10 if logarithmic else float
    bottom, top = scale(low), scale(high)
    return lambda value: round((top - scale(value)) / (top - bottom) * (rows - 1))


def _plot(
    lines: list[Points],
    x: tuple[float, float],
    y: tuple[float, float],
    width: int,
    height: int,
) -> list[str]:
    """Draw lines in Braille, without axes: ``height`` rows of ``width`` characters.

    plotext's own logarithmic axis fails where all values are equal, so it always gets a linear one.
    """
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.axes(False)
    figure.canvas("default")
    figure.ruler("x").lim(*x).ticks([], [])
    figure.ruler("y").lim(*y).ticks([], [])
    for line in lines:
        signal = figure.signal([p[0] for p in line], [p[1] for p in line], marker="braille")
        signal._get_unique_pixels = list  # `draw` looks for colours in every point: they have none
        figure.draw(signal.lines())
    rows: list[str] = figure.build().string(colorless=True).split("\n")[:height]
    return [row.ljust(width)[:width] for row in rows]
