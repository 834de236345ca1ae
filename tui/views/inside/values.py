"""The values of an array: as a heat map, as numbers, and the one under the cursor."""

from __future__ import annotations

import math
from array import array as packed
from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color

from tui.figures import WIDTH, figure, share
from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.views.inside import Inspection

LEVELS, NOT_A_NUMBER = 8, 127
WIDEST = 4  # columns of one value, where an array is narrow
POSITIVE, NEGATIVE = "░░▒▒▓▓██", "--==≡≡##"
HEAD = 5  # columns of a row's number


class HeatPanel(Canvas):
    """An array in colours: two values in each cell, the upper one in its upper half.

    Blue is above zero and amber below, the more the stronger. A terminal of sixteen colours, or
    of none, gets shades for what is above zero and dashes for what is below, one value a cell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wide = self.tall = 1

    @property
    def plain(self) -> bool:
        """Whether there are no colours to blend."""
        return self.app.no_color or self.get_component_styles("accent").color.ansi is not None

    @property
    def rows(self) -> int:
        """How many rows of the array fit."""
        return max(0, self.size.height) * (1 if self.plain else 2)

    @property
    def columns(self) -> int:
        """How many columns of the array fit."""
        return max(0, self.size.width)

    def draw_heat(self, seen: Inspection) -> None:
        """Draw the window that was sent."""
        heat, cell = seen.heat, seen.cell
        columns = max(1, heat.columns)
        levels = packed("b", heat.levels).tolist()
        rows = [levels[k : k + columns] for k in range(0, len(levels), columns)]
        self.wide = max(1, min(WIDEST, self.size.width // columns))
        self.tall = max(1, min(self.wide * 2, self.rows // max(1, len(rows))))
        last = heat.row + len(rows), heat.column + heat.columns
        place = f"[{heat.row}–{last[0] - 1}, {heat.column}–{last[1] - 1}]"
        self.entitle(f"heat ±{seen.scale:g}", place if rows else None)
        at = cell.row - heat.row, cell.column - heat.column

        def drawing(width: int, height: int) -> list[Line]:
            tall = [(k, row) for k, row in enumerate(rows) for _ in range(self.tall)]
            if self.plain:
                return [self._shades(row, k, at) for k, row in tall]
            return [self._halves(tall[k : k + 2], at) for k in range(0, len(tall), 2)]

        self.paint(drawing)

    def _halves(self, rows: list[tuple[int, list[int]]], at: tuple[int, int]) -> Line:
        """Draw one or two rows in one line."""
        marked = [
            ["here" if at == (k, column) else str(level) for column, level in enumerate(row)]
            for k, row in rows
        ]
        upper, lower = marked[0], marked[1] if len(marked) > 1 else ["none"] * len(marked[0])
        return [
            ("▀" * self.wide, f"heat {above} {below}")
            for above, below in zip(upper, lower, strict=True)
        ]

    def _shades(self, row: list[int], k: int, at: tuple[int, int]) -> Line:
        line = []
        for column, level in enumerate(row):
            if level == NOT_A_NUMBER:
                text, ink = "?", "bad"
            elif level == 0:
                text, ink = "·", "faint"
            else:
                step = min(abs(level), LEVELS) - 1
                text, ink = (POSITIVE[step], "accent") if level > 0 else (NEGATIVE[step], "warn")
            line.append((text * self.wide, "cursor" if at == (k, column) else ink))
        return line

    def _ink(self, name: str) -> Style:
        if not name.startswith("heat "):
            return super()._ink(name)
        if name not in self._inks:
            upper, lower = map(self._colour, name.split()[1:])
            self._inks[name] = Style(color=upper.rich_color, bgcolor=lower.rich_color)
        return self._inks[name]

    def _colour(self, level: str) -> Color:
        """Return the colour of a level, blended from the background's and the theme's."""
        _, background = self.background_colors

        def colour(ink: str) -> Color:
            return self.get_component_styles(ink).color

        if level == "here":
            return colour("strong")
        if level == "none":
            return background
        step = int(level)
        if step == NOT_A_NUMBER:
            return colour("bad")
        strength = 0.2 + 0.8 * min(abs(step), LEVELS) / LEVELS
        zero = background.blend(colour("strong"), 0.07)
        return zero.blend(colour("accent" if step > 0 else "warn"), strength) if step else zero


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
        rows, columns = self.shown(seen.gradient)
        height = min(rows, len(table.values))
        width = min(columns, len(table.values[0])) if table.values else 0
        place = f"[{table.row}–{table.row + height - 1}, {table.column}–{table.column + width - 1}]"
        self.entitle("numbers", f"{place} of {seen.rows}×{seen.columns}")

        def drawing(_width: int, _height: int) -> list[Line]:
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
        cell, table, whole = seen.cell, seen.table, seen.arrays[seen.array].dtype[0] in "biu"
        line = [(f"{table.row + k:>{HEAD}}", "muted")]
        for j, value in enumerate(table.values[k][:width]):
            here = (table.row + k, table.column + j) == (cell.row, cell.column)
            ink = "accent" if table.changed[k][j] else "text" if math.isfinite(value) else "bad"
            line += [(" ", "text"), (figure(value, seen.scale, whole), "cursor" if here else ink)]
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
