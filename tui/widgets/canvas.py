"""Lines of text that are drawn anew at each frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

# From a width and a height in cells to what is shown there.
Drawing = Callable[[int, int], list[Text]]

_console = Console(width=1000, force_terminal=True, color_system="truecolor")


class Canvas(Widget):
    """Shows lines of text, cut to its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("text", "strong", "muted", "faint"),
        *("accent", "good", "bad", "warn"),
    }

    class Resized(Message):
        """There is room for more, or for less."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._drawing: Drawing = lambda width, height: []
        self._lines: list[Text] | None = None

    def paint(self, drawing: Drawing) -> None:
        """Show what ``drawing`` returns for the widget's width and height, now and resized."""
        self._drawing, self._lines = drawing, None
        self.refresh()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._lines = None
        self.post_message(self.Resized())

    def notify_style_update(self) -> None:
        """Draw in the new colours."""
        super().notify_style_update()
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """Return one line, over the widget's own background."""
        (width, height), style = self.size, self.rich_style
        if self._lines is None:
            self._lines = self._drawing(width, height)
        if y >= len(self._lines):
            return Strip.blank(width, style)
        pieces = [s for s in self._lines[y].render(_console) if s.text and s.text != "\n"]
        return Strip(pieces).adjust_cell_length(width).apply_style(style)

    def ink(self, name: str) -> Style:
        """Return the style of one of the component classes, as the stylesheet has it."""
        return self.get_component_rich_style(name)
