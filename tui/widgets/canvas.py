"""A widget that draws only what changed."""

from __future__ import annotations

from itertools import zip_longest

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_console = Console(width=1000, force_terminal=True, color_system="truecolor")


class Canvas(Widget):
    """Lines of text, compared cell by cell with those shown before.

    Textual writes a refreshed widget out whole. Here only the span of each line that differs is
    refreshed, which is what keeps a slow line from filling up.
    """

    _strips: list[Strip]

    def on_mount(self) -> None:
        """Begin with nothing."""
        self._strips = []

    def paint(self, lines: list[Text]) -> None:
        """Show these lines."""
        width = self.size.width
        strips = [self._strip(line, width) for line in lines]
        before, self._strips = self._strips, strips
        blank = Strip.blank(width)
        for y, (old, new) in enumerate(zip_longest(before, strips, fillvalue=blank)):
            span = _changed(old, new, width)
            if span:
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    @staticmethod
    def _strip(line: Text, width: int) -> Strip:
        segments = [s for s in line.render(_console) if s.text and s.text != "\n"]
        return Strip(segments).adjust_cell_length(width)

    def render_line(self, y: int) -> Strip:
        """Return one line, over the widget's own background."""
        style = self.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, style)
        return self._strips[y].adjust_cell_length(self.size.width).apply_style(style)

    def colour(self, name: str) -> str:
        """Return a colour of the theme, as ``$name`` in a stylesheet."""
        return self.app.theme_variables.get(name, "default")


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(char, segment.style) for segment in strip for char in segment.text]


def _changed(old: Strip, new: Strip, width: int) -> tuple[int, int] | None:
    """Return the first and one past the last column that differ."""
    if list(old) == list(new):
        return None
    pairs = list(zip_longest(_cells(old)[:width], _cells(new)[:width]))
    at = [x for x, (a, b) in enumerate(pairs) if a != b]
    return (at[0], at[-1] + 1) if at else None
