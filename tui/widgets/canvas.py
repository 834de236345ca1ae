"""Lines of text that are drawn anew at each frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

# A line: pieces of text, each with its ink, which is one of the component classes of `Canvas`.
Line = list[tuple[str, str]]

BACKGROUND = "the widget's own"

LEAST_WIDTH = 8  # cells, with fewer nothing is shown

# From a width and a height in cells to what is shown there.
Drawing = Callable[[int, int], list[Line]]


class Canvas(Widget):
    """Shows lines of text, cut to its width."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("text", "strong", "muted", "faint"),
        *("accent", "good", "bad", "warn"),
        *("ahead", "ghost", "over"),
        *("band", "second", "third", "ghost1", "ghost2", "ghost3"),
        *("chosen", "cursor"),
    }

    class Resized(Message):
        """There is room for more, or for less."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._drawing: Drawing = lambda width, height: []
        self._lines: list[Line] = []
        self._strips: list[Strip] | None = None
        self._inks: dict[str, Style] = {}
        self._titles: dict[str, str | None] = {}

    def paint(self, drawing: Drawing) -> None:
        """Show what ``drawing`` returns for the widget's width and height, now and resized.

        Only the lines that have changed are rendered anew.
        """
        self._drawing, before = drawing, self._lines
        if self._strips is None:
            self.refresh()
            return
        self._lines = self._draw()
        changed = [y for y, (a, b) in enumerate(zip(before, self._lines, strict=False)) if a != b]
        for y in changed:
            self._strips[y] = self._strip(self._lines[y])
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def entitle(self, title: str, subtitle: str | None = None) -> None:
        """Write into the border, without drawing what it surrounds."""
        for name, text, y in (("title", title, -1), ("subtitle", subtitle, self.size.height)):
            shown = self._titles.get(name)
            if text != shown:
                self._titles[name] = text
                setattr(self, f"_border_{name}", text and Content(text))
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._strips = None
        self.post_message(self.Resized())

    def notify_style_update(self) -> None:
        """Draw in the new colours."""
        super().notify_style_update()
        self._strips = None
        self._inks.clear()

    def render_line(self, y: int) -> Strip:
        """Return one line, over the widget's own background."""
        if self._strips is None:
            self._lines = self._draw()
            self._strips = [self._strip(line) for line in self._lines]
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self._ink(BACKGROUND))

    def _draw(self) -> list[Line]:
        """Return as many lines as there is room for."""
        width, height = self.size
        lines = self._drawing(width, height)[:height] if width >= LEAST_WIDTH else []
        return lines + [[]] * (height - len(lines))

    def _strip(self, line: Line) -> Strip:
        strip = Strip(Segment(text, self._ink(ink)) for text, ink in line)
        return strip.adjust_cell_length(self.size.width, self._ink(BACKGROUND))

    def _ink(self, name: str) -> Style:
        """Return a style, which takes Textual long to put together."""
        if name not in self._inks:
            own = name == BACKGROUND
            self._inks[name] = self.rich_style if own else self.get_component_rich_style(name)
        return self._inks[name]


def gathered(cells: Iterable[tuple[str, str]]) -> Line:
    """Return a line of cells, each with its ink, in pieces of one ink each."""
    return [("".join(text for text, _ in run), ink) for ink, run in groupby(cells, itemgetter(1))]


def length(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)
