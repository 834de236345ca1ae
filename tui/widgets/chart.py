"""A curve, drawn by plotext in Braille."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from tui import axis
from tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from engine.events import CurveData

LABEL_WIDTH = 6
Points = list[tuple[float, float]]


def pieces(curve: CurveData, logarithmic: bool) -> list[Points]:
    """Cut a curve at its gaps into lines through each point's minimum and maximum.

    plotext takes no number that is not finite, and none below zero on a logarithmic axis.
    """
    lines: list[Points] = [[]]
    for k, (low, high) in enumerate(zip(curve.lower, curve.upper, strict=True)):
        if low is None or high is None or (logarithmic and low <= 0):
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
    """One metric over the epochs."""

    def __init__(self, title: str, top: float | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.title_text, self.top = title, top
        self.logarithmic = False

    @property
    def columns(self) -> int:
        """How many points a curve can show."""
        return max(2, 2 * (self.size.width - LABEL_WIDTH - 1))

    def draw_curve(self, curve: CurveData | None, span: int, marks: list[int], now: str) -> None:
        """Draw a curve over ``span`` epochs, with marks at some of them, and its last value."""
        width, height = self.size
        if width < LABEL_WIDTH + 8 or height < 4:
            return self.paint([])
        title = Text(f"{self.title_text} ", style=f"bold {self.colour('foreground')}")
        title.append(now, style=self.colour("text-muted"))
        lines = pieces(curve, self.logarithmic) if curve else []
        plot = self._plot(lines, span, marks, width, height - 1)
        return self.paint([title, *plot])

    def _plot(
        self, lines: list[Points], span: int, marks: list[int], width: int, height: int
    ) -> list[Text]:
        import plotext

        values = [y for line in lines for _, y in line] or [1.0]
        low, high = axis.limits(min(values), max(values), self.logarithmic)
        high = self.top or high
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.plot_size(width, height)
        figure.axes(False)
        figure.canvas("default")
        y_ticks = axis.ticks(low, high, 4 if height > 8 else 2, self.logarithmic)
        names = [axis.label(y).rjust(LABEL_WIDTH) + " " for y in y_ticks]
        y_ruler, x_ruler = figure.ruler("y"), figure.ruler("x")
        if self.logarithmic:
            y_ruler.scale("log")
        y_ruler.lim(low, high).ticks(y_ticks, names)
        x_ticks = axis.ticks(0, span, 4 if width > 50 else 2, False)
        x_ruler.lim(0, span).ticks(x_ticks, [f"{x:,.0f}" for x in x_ticks])
        for line in lines:
            signal = figure.signal([x for x, _ in line], [y for _, y in line], marker="braille")
            figure.draw(signal.lines())
        rows = figure.build().string(colorless=True).split("\n")
        return [self._coloured(row, y, height, marks, span) for y, row in enumerate(rows[:height])]

    def _coloured(self, row: str, y: int, height: int, marks: list[int], span: int) -> Text:
        left = LABEL_WIDTH + 1
        muted = self.colour("text-muted")
        if y == height - 1:
            return Text(row, style=muted)
        cells = list(row)
        columns = len(cells) - left
        at = {left + min(columns - 1, int(mark / span * columns)) for mark in marks}
        text = Text(row[:left], style=muted)
        for x in range(left, len(cells)):
            if cells[x] == " " and x in at:
                text.append("┊", style=self.colour("warning"))
            else:
                text.append(cells[x], style=self.colour("primary"))
        return text
