"""Lines of text that are drawn anew at each frame."""

from __future__ import annotations

from typing import ClassVar

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

_console = Console(width=1000, force_terminal=True, color_system="truecolor")


class Canvas(Widget):
    """Shows the lines that it was last given, cut to its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("text", "strong", "muted", "faint"),
        *("accent", "good", "bad", "warn"),
    }

    def on_mount(self) -> None:
        """Begin with nothing."""
        self._lines: list[Text] = []

    def paint(self, lines: list[Text]) -> None:
        """Show these lines."""
        self._lines = lines
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line, over the widget's own background."""
        width, style = self.size.width, self.rich_style
        if y >= len(self._lines):
            return Strip.blank(width, style)
        pieces = [s for s in self._lines[y].render(_console) if s.text and s.text != "\n"]
        return Strip(pieces).adjust_cell_length(width).apply_style(style)

    def ink(self, name: str) -> Style:
        """Return the style of one of the component classes, as the stylesheet has it."""
        return self.get_component_rich_style(name)
