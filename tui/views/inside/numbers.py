"""The values of an array as numbers, and the one under the cursor."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING

from tui.figures import WIDTH, figure, share
from tui.views.inside.heat import title_of
from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.views.inside import Inspection

HEAD = 5  # columns of a row's number


class NumbersPanel(Canvas):
    """An array as a table, and a parameter's gradient beside it, or below where that is narrow."""

    @property
    def rows(self) -> int:
        """How many rows of numbers fit."""
        return max(0, self.size.height - 1)

    @property
    def columns(self) -> int:
        """How many columns of numbers fit."""
        return max(0, self.size.width - HEAD) // (WIDTH + 1)

    def shown(self, gradient: str) -> tuple[int, int]:
        """Return how many rows and columns are shown, if there are as many of a gradient."""
        if not gradient:
            return self.rows, self.columns
        if self._beside:
            return self.rows, (self.columns - 1) // 2
        return max(1, (self.rows - 1) // 2), self.columns

    @property
    def _beside(self) -> bool:
        return self.columns >= 5

    def draw_numbers(self, seen: Inspection) -> None:
        """Draw the window that was sent."""
        table = seen.table
        rows, columns = self.shown(seen.gradient if seen.gradients else "")
        height = min(rows, len(table.values))
        width = min(columns, len(table.values[0])) if table.values else 0
        place = f"[{table.row}–{table.row + height - 1}, {table.column}–{table.column + width - 1}]"
        size = f"{seen.rows}×{seen.columns}"
        self.entitle(f"numbers: {title_of(seen)}", f"{place} of {size}" if height else size)

        def drawing(room: int, _height: int) -> list[Line]:
            if seen.missing:
                return [[(line, "muted")] for line in wrap(seen.missing, room)]
            places = range(table.column, table.column + width)
            head = "".join(f" {column:>{WIDTH}}" for column in places)
            lines = [[(f"{'':{HEAD}}{head}", "muted")]]
            lines += [self._row(seen, k, width) for k in range(height)]
            if not seen.gradients:
                return lines
            name = seen.gradient.rpartition(".")[2]
            slopes = [self._slopes(seen, k, width) for k in range(height)]
            if self._beside:
                slopes = [[(f"   {name}", "muted")], *([("  ", "text"), *line] for line in slopes)]
                return [[*line, *more] for line, more in zip(lines, slopes, strict=True)]
            margin = (" " * HEAD, "text")
            head = f"{'':{HEAD}} {name}"
            return [*lines, [(head, "muted")], *([margin, *line] for line in slopes)]

        self.paint(drawing)

    @staticmethod
    def _row(seen: Inspection, k: int, width: int) -> Line:
        cell, table = seen.cell, seen.table
        whole = seen.kind == "values" and seen.arrays[seen.array].dtype[0] in "biu"
        line = [(f"{table.row + k:>{HEAD}}", "muted")]
        for j, value in enumerate(table.values[k][:width]):
            here = (table.row + k, table.column + j) == (cell.row, cell.column)
            ink = "accent" if table.changed[k][j] else "text" if math.isfinite(value) else "bad"
            line += [
                (" ", "text"),
                (figure(value, seen.heat.scale, whole), "cursor" if here else ink),
            ]
        return line

    @staticmethod
    def _slopes(seen: Inspection, k: int, width: int) -> Line:
        """Write a row of the gradient."""
        values = seen.gradients.values if seen.gradients else []
        row = values[k][:width] if k < len(values) else []
        return [(f" {figure(value, seen.gradient_scale)}", "muted") for value in row]


class CellLine(Canvas):
    """The value under the cursor by its name, and what is done to it."""

    def draw_cell(self, seen: Inspection) -> None:
        """Draw as much as there is room for."""
        cell, whole = seen.cell, seen.arrays[seen.array].dtype[0] in "biu"
        value = f"{cell.value:.0f}" if whole else f"{cell.value:.6g}"
        parts = [(f"{cell.name} = {value:<11}", "strong")]
        if cell.gradient is not None:
            parts.append((f"gradient {cell.gradient:<+11.3g}", "text"))
        if cell.update is not None:
            size = abs(cell.update / cell.value) if cell.value else math.nan
            parts.append((f"update {cell.update:<+10.3g}({share(size).strip()})", "text"))
        if cell.before is not None and cell.before != cell.value:
            parts.append((f"was {cell.before:.6g}", "accent"))

        def drawing(width: int, height: int) -> list[Line]:
            lines: list[Line] = [[]]
            for text, ink in parts:
                used = sum(len(t) for t, _ in lines[-1])
                if used and used + len(text.rstrip()) + 1 > width and len(lines) < height:
                    lines.append([])
                lines[-1].append((f"{text} ", ink))
            return lines

        self.paint(drawing)
