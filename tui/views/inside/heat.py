"""An array as a heatmap."""

from __future__ import annotations

from array import array as packed
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color

from engine.protocol.views.inside import LEVELS
from tui.views.inside.colours import colour_of, sign_of
from tui.views.inside.tiles import held, laid_out, size_of_values
from tui.widgets.canvas import Canvas, Line, gathered

if TYPE_CHECKING:
    from engine.protocol.views.inside import Inspection

# How tall and wide a value is, in half lines and in columns, or in lines where there is one in
# each: as square as can be.
HALVES = ((4, 4), (3, 3), (2, 2), (1, 1))
LINES = ((2, 4), (1, 2), (1, 1))
LEAST_WITH_LEGEND = 4  # lines
BLENDING = ("256", "truecolor")
HERE, BETWEEN = "here", "between"

Value = tuple[int, bool]  # a level, and whether the cursor is there


class HeatPanel(Canvas):
    """An array in colours: two values in each cell, the upper one in its upper half.

    Blue is above zero and amber below, the more the stronger. A terminal of sixteen colours, or
    of none, gets shades for what is above zero and dashes for what is below, one value a cell.
    """

    @property
    def plain(self) -> bool:
        """Whether there are too few colours for shades of them."""
        own = self.get_component_styles("accent").color.ansi is not None
        return self.app.no_color or own or self.app.console.color_system not in BLENDING

    @property
    def rows(self) -> int:
        """How many rows of values fit."""
        height = self.size.height
        legend = height >= LEAST_WITH_LEGEND
        return max(0, height - legend) * (1 if self.plain else 2)

    @property
    def columns(self) -> int:
        """How many columns of values fit."""
        return max(0, self.size.width)

    def draw_heat(self, seen: Inspection) -> None:
        """Draw the window that was sent."""
        heat, cell = seen.heat, seen.cell
        columns = max(1, heat.columns)
        levels = packed("b", heat.levels).tolist()
        rows = [levels[k : k + columns] for k in range(0, len(levels), columns)]
        at = cell.row - heat.row, cell.column - heat.column
        cells: list[list[Value]] = [
            [(level, at == (k, j)) for j, level in enumerate(row)] for k, row in enumerate(rows)
        ]
        low = seen.low if seen.kind == "values" else -heat.scale
        self.entitle(f"heat: {title_of(seen)}", _place(seen, len(rows)) if rows else None)

        def drawing(width: int, height: int) -> list[Line]:
            if seen.missing:
                return [[(line, "muted")] for line in wrap(seen.missing, width)]
            lines = self._map(cells, (self.rows, width)) if cells else []
            if height < LEAST_WITH_LEGEND:
                return lines
            blank = height - len(lines) - 1
            return [*lines, *[[]] * blank, self._legend(low, heat.scale, width)]

        self.paint(drawing)

    def _map(self, cells: list[list[Value]], room: tuple[int, int]) -> list[Line]:
        """Draw all values, as large as there is room for."""
        shape = len(cells), len(cells[0])
        size = size_of_values(shape, room, LINES if self.plain else HALVES)
        tall, wide = size
        rows = [row for row in laid_out(cells, held(room, size)) for _ in range(tall)]
        if self.plain:
            return [gathered(self._sign(value, wide) for value in row) for row in rows]
        rows += [[None] * len(rows[0])] * (len(rows) % 2)
        return [
            gathered(
                ("▀" * wide, f"heat {_name(above)} {_name(below)}")
                for above, below in zip(upper, lower, strict=True)
            )
            for upper, lower in zip(rows[::2], rows[1::2], strict=True)
        ]

    def _sign(self, value: Value | None, wide: int) -> tuple[str, str]:
        if value is None:
            return " " * wide, "text"
        level, here = value
        text, colour = sign_of(level, self.app.current_theme.dark)
        return text * wide, "cursor" if here else f"sign {level}" if colour else "faint"

    def _legend(self, low: float, scale: float, width: int) -> Line:
        """Draw the colours from the least value to the largest."""
        least = f"{low:g} " if low else ""
        most = f" {scale:g}"
        room = (width - len(least) - len(most)) // (2 if low else 1)
        zero = " 0 " if low and room > 4 else "" if low else "0 "
        steps = min(LEVELS, room - len(zero) // (2 if low else 1))
        kept = [round(LEVELS * (k + 1) / steps) for k in range(steps)]
        below = [-level for level in reversed(kept)] if low else []
        return [
            (least, "muted"),
            *self._swatch(below),
            (zero, "muted"),
            *self._swatch(kept),
            (most, "muted"),
        ]

    def _swatch(self, levels: list[int]) -> Line:
        if self.plain:
            return [self._sign((level, False), 1) for level in levels]
        return [("▀", f"heat {level} {level}") for level in levels]

    def _ink(self, name: str) -> Style:
        kind, _, levels = name.partition(" ")
        if kind not in ("heat", "sign"):
            return super()._ink(name)
        if name not in self._inks:
            self._inks[name] = self._pair(*levels.split()) if kind == "heat" else self._one(levels)
        return self._inks[name]

    def _pair(self, above: str, below: str) -> Style:
        upper, lower = self._colour(above), self._colour(below)
        return Style(color=upper.rich_color, bgcolor=lower.rich_color)

    def _one(self, level: str) -> Style:
        _, colour = sign_of(int(level), self.app.current_theme.dark)
        own = super()._ink("text")
        return own + Style(color=colour.rich_color) if colour else own

    def _colour(self, name: str) -> Color:
        """Return the colour of a level, of the cursor, or of what is between."""
        if name == HERE:
            return self.get_component_styles("strong").color
        if name == BETWEEN:
            return self.background_colors[1]
        return colour_of(int(name), self.app.current_theme.dark)


def title_of(seen: Inspection) -> str:
    """Return what heatmap and numbers show."""
    return f"change {seen.since}".rstrip() if seen.kind == "change" else seen.kind


def _name(value: Value | None) -> str:
    if value is None:
        return BETWEEN
    return HERE if value[1] else str(value[0])


def _place(seen: Inspection, rows: int) -> str:
    """Return which part of the array is shown, if it is not all."""
    heat, size = seen.heat, f"{seen.rows}×{seen.columns}"
    if (rows, heat.columns) == (seen.rows, seen.columns):
        return size
    last = heat.row + rows - 1, heat.column + heat.columns - 1
    return f"[{heat.row}–{last[0]}, {heat.column}–{last[1]}] of {size}"
