"""Keys and what they do, in a line, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.events import Click
from textual.geometry import Size

from tui.key import Key
from tui.keymap import action_of
from tui.widgets.canvas import Canvas, Line, length


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of the line, and the keys that it is for.

    Attributes
    ----------
    keys : tuple of Key
    chosen : bool
        Whether it stands for what is shown now.
    """

    keys: tuple[Key, ...]
    chosen: bool = False

    @property
    def shown(self) -> str:
        """The keys as a person reads them, as ``n/N``."""
        return "/".join(key.shown for key in self.keys)

    @property
    def label(self) -> str:
        """What they do."""
        return self.keys[0].label

    def line(self, with_label: bool = True) -> Line:
        """Return what is shown of it."""
        label = f" {self.label}" if with_label else ""
        if self.chosen:
            return [(self.shown + label, "chosen")]
        return [(self.shown, "accent"), (label, "muted")]


def entries(keys: Iterable[Key]) -> list[Entry]:
    """Return one entry for each label, with its neighbours of the same label."""
    return [Entry(tuple(run)) for _, run in groupby(keys, lambda key: key.label)]


class KeyLine(Canvas):
    """Shows entries one beside the other; the last of them always, the others as far as they fit.

    Parameters
    ----------
    gap : str
        Between two entries.
    id : str
    """

    def __init__(self, gap: str, id: str) -> None:
        super().__init__(id=id)
        self._gap = gap
        self._first: Sequence[Entry] = ()
        self._last: Sequence[Entry] = ()
        self._spans: list[tuple[int, int, Key]] = []

    def show(self, first: Sequence[Entry], last: Sequence[Entry] = ()) -> None:
        """Show entries."""
        changes_width = self._width(first) != self._width(self._first)
        self._first, self._last = first, last
        self.paint(self._line)
        if changes_width:
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return how wide the entries are."""
        return self._width(self._first)

    @property
    def _labelled(self) -> bool:
        """Whether there is room for more than keys."""
        return "-narrow" not in self.screen.classes or bool(self._last)

    def _width(self, some: Sequence[Entry]) -> int:
        lines = [entry.line(self._labelled) for entry in some]
        return sum(map(length, lines)) + len(self._gap) * max(0, len(lines) - 1)

    def _line(self, width: int, height: int) -> list[Line]:
        shown = list(self._first)
        while shown and self._width([*shown, *self._last]) > width:
            shown.pop()
        line: Line = []
        self._spans = []
        for entry in (*shown, *self._last):
            if line:
                line.append((self._gap, "muted"))
            self._place(entry, length(line))
            line += entry.line(self._labelled)
        return [line]

    def _place(self, entry: Entry, start: int) -> None:
        """Take down which columns belong to which key; the label belongs to the first."""
        end = start + length(entry.line(self._labelled))
        for key in entry.keys[1:]:
            place = start + entry.shown.index(key.shown, len(entry.keys[0].shown))
            self._spans.append((place, place + len(key.shown), key))
        self._spans.append((start, end, entry.keys[0]))

    def on_click(self, event: Click) -> None:
        """Do what the key under the mouse does."""
        column = event.screen_x - self.content_region.x
        key = next((key for start, end, key in self._spans if start <= column < end), None)
        if key:
            self.app.call_later(self.app.run_action, action_of(key))
