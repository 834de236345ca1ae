"""Curves over the epochs: means, over a band from minimum to maximum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from tui.views.curves import axis
from tui.views.curves.row import Row, write_name
from tui.views.curves.series import Series
from tui.widgets.braille import Braille
from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.metrics import Metric

MARGIN = 8  # columns left of the curve: six for a label, a blank, the axis

Style = Literal["both", "line", "band"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a chart shows.

    Attributes
    ----------
    series : sequence of Series
        The metrics of this branch, the first of which has a band.
    ghosts : sequence of Series
        The same metric of other branches.
    first, span : int
        The epochs that the chart is wide.
    marks : sequence of (int, float)
        The learning rate from that epoch on.
    now : int or None
        The epoch that all else on the screen shows, where that is in the past.
    cursor : int or None
        The epoch that is read out.
    """

    series: Sequence[Series]
    ghosts: Sequence[Series]
    first: int
    span: int
    marks: Sequence[tuple[int, float]]
    now: int | None
    cursor: int | None = None


class Chart(Canvas):
    """One metric over the epochs, with those that are drawn beside it.

    Parameters
    ----------
    metric : Metric
    place : int
        Among the charts, of which the first are shown where there is little room.
    style : {"both", "line", "band"}

    Attributes
    ----------
    beside : list of Metric
        Those that are drawn on the same chart.
    """

    def __init__(self, metric: Metric, place: int = 0, style: Style = "both") -> None:
        super().__init__()
        self.border_title = metric.name
        self.metric, self.place, self.logarithmic = metric, place, False
        self.beside: list[Metric] = []
        self.style_of_curve = style
        self._told: tuple[object, ...] = ()

    @property
    def columns(self) -> int:
        """How many points a curve can show."""
        return max(2, 2 * (self.size.width - MARGIN))

    def draw_curves(self, drawing: Drawing) -> None:
        """Draw curves, unless they are there already."""
        told = drawing, self.logarithmic, self.style_of_curve
        if told != self._told:
            self._told = told
            self.paint(partial(self._curves, drawing))

    def _curves(self, drawing: Drawing, width: int, height: int) -> list[Line]:
        if width < MARGIN + 4 or height < 2:
            return []
        extent = self._extent(drawing)
        if extent is None:
            said = f"{self.metric.name} of each epoch will be here"
            return [[]] * ((height - 1) // 2) + [[(said.center(width), "faint")]]
        columns, rows = width - MARGIN, height - 1
        low, high, at = self._axis(*extent, height)
        plot = Plot(drawing, low, high, self.logarithmic, columns, rows)
        if self.style_of_curve != "line":
            plot.draw_band()
        for ghost in drawing.ghosts:
            plot.draw_line(ghost)
        if self.style_of_curve != "band":
            for series in reversed(drawing.series):
                plot.draw_line(series)
        plot.draw_cursor()
        plot.mark_beyond()
        plot.mark_rates()
        plot.write_names()
        labels = axis.log_labels if self.logarithmic else axis.labels
        names = dict(zip((plot.row_of(y) for y in at), labels(at), strict=True))
        marks = axis.ticks(drawing.first, drawing.first + drawing.span, max(2, columns // 9))
        return [
            *([*_margin(names.get(y)), *row.line()] for y, row in enumerate(plot.body)),
            _foot([plot.column_of(mark) for mark in marks], marks, width),
        ]

    def _extent(self, drawing: Drawing) -> tuple[float, float] | None:
        """Return the least and the greatest value that the axis is to hold, if there is one."""
        extents = [series.extent(self.logarithmic) for series in drawing.series]
        known = [extent for extent in extents if extent]
        if not known:
            known = [e for ghost in drawing.ghosts if (e := ghost.extent(self.logarithmic))]
        if not known:
            return None
        return min(low for low, _ in known), max(high for _, high in known)

    def _axis(self, lowest: float, highest: float, height: int) -> tuple[float, float, list[float]]:
        """Return the lower and the upper limit of the values, and the places to mark."""
        most = max(2, (height + 1) // 3)
        if self.logarithmic:
            low, high = axis.log_limits(lowest, highest)
            return low, high, axis.log_ticks(low, high, most)
        low, high = axis.limits(lowest, highest, self.metric.low, self.metric.high)
        return low, high, axis.ticks(low, high, most)


class Plot:
    """The cells of a chart between its axes.

    Parameters
    ----------
    drawing : Drawing
    low, high : float
        Limits of the values.
    logarithmic : bool
    columns, rows : int

    Attributes
    ----------
    body : list of Row
    """

    def __init__(
        self, drawing: Drawing, low: float, high: float, logarithmic: bool, columns: int, rows: int
    ) -> None:
        self.drawing, self.logarithmic = drawing, logarithmic
        self.columns, self.rows = columns, rows
        self._low, self._high = low, high
        self._scale = math.log10 if logarithmic else float
        self.body = [Row(columns) for _ in range(rows)]
        self._ends: list[tuple[Series, int, float]] = []

    def column_of(self, epoch: float) -> int:
        """Return the column of an epoch."""
        return max(0, min(self.columns - 1, int(self._x(epoch) * self.columns)))

    def row_of(self, value: float) -> int:
        """Return the row of a value."""
        return round((1 - self._y(value)) * (self.rows - 1))

    def _x(self, epoch: float) -> float:
        return (epoch - self.drawing.first) / self.drawing.span

    def _y(self, value: float) -> float:
        bottom, top = self._scale(self._low), self._scale(self._high)
        return (self._scale(value) - bottom) / (top - bottom)

    def draw_band(self) -> None:
        """Draw the first metric from its minimum to its maximum."""
        for series in self.drawing.series[:1]:
            dots = Braille(self.columns, self.rows)
            for run in series.runs(self.logarithmic):
                dots.band([(self._x(x), self._y(low), self._y(high)) for x, low, _, high in run])
            self._draw(dots, "band")

    def draw_line(self, series: Series) -> None:
        """Draw the means of a metric."""
        dots = Braille(self.columns, self.rows)
        for run in series.runs(self.logarithmic):
            dots.line([(self._x(x), self._y(mean)) for x, _, mean, _ in run])
            self._ends = [end for end in self._ends if end[0] is not series]
            self._ends.append((series, self.column_of(run[-1][0]), self._y(run[-1][2])))
        self._draw(dots, series.ink, behind=series in self.drawing.series)

    def _draw(self, dots: Braille, ink: str, behind: bool = False) -> None:
        now = self.drawing.now
        behind_from = self.column_of(now + 0.5) if behind and now is not None else None
        for row, text in zip(self.body, dots.text(), strict=True):
            row.draw(text, ink, behind_from)

    def draw_cursor(self) -> None:
        """Mark the epoch that all else shows, where that is in the past, and the one read out."""
        for epoch, ink in ((self.drawing.cursor, "accent"), (self.drawing.now, "text")):
            if epoch is not None and 0 <= self._x(epoch) <= 1:
                column = self.column_of(epoch + 0.5)
                for row in self.body:
                    row.write_first(column, ("│",), ink)

    def mark_beyond(self) -> None:
        """Mark at the edge what lies beyond the axis, with its value where there is room."""
        above: dict[int, float] = {}
        below: dict[int, float] = {}
        for series in self.drawing.series[:1]:
            for run in series.runs(self.logarithmic):
                for x, low, _, high in run:
                    column = self.column_of(x)
                    if high > self._high:
                        above[column] = max(high, above.get(column, high))
                    if low < self._low:
                        below[column] = min(low, below.get(column, low))
        _mark_edge(self.body[0], above, "▲", greatest=True)
        _mark_edge(self.body[-1], below, "▼", greatest=False)

    def mark_rates(self) -> None:
        """Mark where the learning rate changed, in the cells that are free."""
        for epoch, rate in sorted(self.drawing.marks):
            if 0 <= self._x(epoch) <= 1:
                for y, row in enumerate(self.body):
                    texts = (f"┊{rate:g}", "┊") if y == 0 else ("┊",)
                    row.write_first(self.column_of(epoch), texts, "warn")

    def write_names(self) -> None:
        """Write each name as near to the end of its line as there is room."""
        for series, column, height in self._ends:
            if series.name:
                edge = "▲ " if height > 1 else "▼ " if height < 0 else ""
                end = round((1 - max(0.0, min(1.0, height))) * (self.rows - 1))
                write_name(self.body, edge + series.name, series.ink, column, end)


def _mark_edge(row: Row, values: dict[int, float], sign: str, greatest: bool) -> None:
    """Mark columns in a row; each group of neighbours is named once, by its outermost value."""
    groups: list[list[int]] = []
    for column in sorted(values):
        if groups and column - groups[-1][-1] <= 1:
            groups[-1].append(column)
        else:
            groups.append([column])
    for group in groups:
        pick = max if greatest else min
        outermost = pick(group, key=values.__getitem__)
        for column in group:
            row.write(column, sign, "warn")
        text = f"{values[outermost]:.3g}"
        row.write_first(group[-1] + 1, (text,), "warn")


def _margin(name: str | None) -> Line:
    return [(f"{name or '':>6} ", "muted"), ("┤" if name else "│", "faint")]


def _foot(columns: Iterable[int], marks: list[float], width: int) -> Line:
    """Write the epochs under the curve."""
    cells, end = [" "] * width, 0
    for column, mark in zip(columns, marks, strict=True):
        name = axis.count(mark)
        start = min(MARGIN + column - len(name) // 2, width - len(name))
        if start > end or not end:
            cells[start : start + len(name)] = name
            end = start + len(name)
    return [("".join(cells), "muted")]
