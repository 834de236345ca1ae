"""Pictures of dots, two by four of them in each cell of the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

# The bits of the dots of a cell in Unicode's Braille patterns: of its left and its right column,
# from the lowest dot to the highest.
DOTS = (0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08)
BLANK = "\u2800"

Points = Sequence[tuple[float, float]]
Spans = Sequence[tuple[float, float, float]]


class Braille:
    """A grid of cells in which dots, lines and bands are drawn.

    Coordinates are shares of the grid: 0 to 1 from left to right, and from bottom to top. What lies
    beyond is not drawn.

    Parameters
    ----------
    columns, rows : int
        Cells.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._cells = [[0] * columns for _ in range(rows)]

    def line(self, points: Points) -> None:
        """Draw a line through points whose x rise."""
        heights = [(x, y) for x, (y,) in self._heights([(x, y) for x, y in points])]
        for k, (x, y) in enumerate(heights):
            before = (heights[max(0, k - 1)][1] + y) / 2
            after = (heights[min(k + 1, len(heights) - 1)][1] + y) / 2
            self._fill(x, min(before, y, after), max(before, y, after))

    def dot(self, x: float, y: float) -> None:
        """Draw a dot."""
        column, height = round(x * (2 * self.columns - 1)), y * (4 * self.rows - 1)
        self._fill(column, height, height)

    def band(self, spans: Spans) -> None:
        """Fill what lies between a lower and an upper line through points whose x rise."""
        for x, (low, high) in self._heights(spans):
            self._fill(x, low, high)

    def text(self) -> list[str]:
        """Return the rows of cells as text."""
        return ["".join(chr(ord(BLANK) + cell) for cell in row) for row in self._cells]

    def _heights(self, points: Sequence[tuple[float, ...]]) -> Iterator[tuple[int, list[float]]]:
        """Yield the columns of dots under a line, and its heights there, in dots."""
        width, height = 2 * self.columns, 4 * self.rows - 1
        placed = [(x * width - 0.5, [y * height for y in ys]) for x, *ys in points]
        k = 0
        first, last = (round(placed[0][0]), round(placed[-1][0])) if placed else (0, -1)
        for column in range(max(0, first), min(width - 1, last) + 1):
            while k + 1 < len(placed) and placed[k + 1][0] <= column:
                k += 1
            (x, ys), (after, ys_after) = placed[k], placed[min(k + 1, len(placed) - 1)]
            share = (column - x) / (after - x) if after > x and column > x else 0.0
            yield column, [y + (z - y) * share for y, z in zip(ys, ys_after, strict=True)]

    def _fill(self, column: int, low: float, high: float) -> None:
        """Fill a column of dots from one height to another."""
        top = 4 * self.rows - 1
        if high < -0.5 or low > top + 0.5 or math.isnan(low + high):
            return
        cell, bits = column // 2, DOTS[column % 2]
        for dot in range(max(0, round(max(low, 0.0))), min(top, round(min(high, top))) + 1):
            self._cells[self.rows - 1 - dot // 4][cell] |= bits[dot % 4]
