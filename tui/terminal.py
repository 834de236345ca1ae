"""The least to write that makes a terminal show something else.

Textual writes each widget that changed out whole, every piece with its colours before it and a
reset behind. Over a slow line that is most of the traffic. Here an update is compared, cell by
cell, with what the terminal shows, and only what differs is written, sorted by style so that each
style is named once. Synchronised output makes the order invisible.

What is more than a slow line carries at once is written row by row, from the top: the state of the
run comes first, and what a key does gets in between.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

# A cell: its character, and the parameters of the escape sequence that sets its style. What a
# wide character covers besides its own cell is an empty string.
Cell = tuple[str, str]
UNKNOWN: Cell = ("", "unknown")

# Moving the cursor costs as much as writing so many cells that are right already.
GAP = 4
MOVE = 8  # about so many bytes

# Where a run of cells of one style begins, and its text.
Run = tuple[int, int, str]


@lru_cache(1024)
def _codes(style: Style | None, colours: ColorSystem) -> str:
    return Strip.render_ansi(style, colours) if style else ""


@lru_cache(4096)
def _cell(character: str, codes: str) -> tuple[Cell, ...]:
    """Return the cells of a character: none, one or two."""
    return ((character, codes), ("", codes))[: get_character_cell_size(character)]


@lru_cache(2048)
def _piece(text: str, codes: str) -> tuple[Cell, ...]:
    """Return the cells of a text. Most of a frame's texts have been in the frame before."""
    return tuple(cell for character in text for cell in _cell(character, codes))


def _cells(strips: Iterable[Strip], colours: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in chain.from_iterable(strips):
        if not control:
            cells += _piece(text, _codes(style, colours))
    return cells


class Difference(CompositorUpdate):
    """An update of the screen that is written as its difference from what is there."""

    def __init__(self, shown: Shown, update: CompositorUpdate | None, most: float) -> None:
        self.shown, self.update, self.most = shown, update, most

    def render_segments(self, console: Console) -> str:
        """Return what to write."""
        colours = console._color_system or ColorSystem.TRUECOLOR
        return self.shown.write(self.update, colours, self.most)


class Shown:
    """What the terminal shows.

    Attributes
    ----------
    written : int
        Bytes written since the start.
    late : set of int
        Rows that may have to show something else than they do.
    """

    def __init__(self) -> None:
        self.written = 0
        self.late: set[int] = set()
        self._size = Size()
        self._lines: list[list[Cell]] = []
        self._wanted: list[list[Cell]] = []

    def forget(self, size: Size) -> None:
        """Take nothing for granted: write the next update out whole."""
        self._size = size
        self._lines = [[UNKNOWN] * size.width for _ in range(size.height)]
        self._wanted = [line[:] for line in self._lines]
        self.late.clear()

    def lessen(self, update: Any, size: Size, most: float = math.inf) -> Any:
        """Replace an update of the whole screen or of parts of it by its difference.

        ``most`` bytes of it, about, are to be written; but a row at least.
        """
        if not isinstance(update, LayoutUpdate | ChopsUpdate):
            return update
        if size != self._size:
            self.forget(size)
        return Difference(self, update, most)

    def rest(self, most: float) -> Difference:
        """Return an update to what is still to be shown."""
        return Difference(self, None, most)

    def write(
        self, update: CompositorUpdate | None, colours: ColorSystem, most: float = math.inf
    ) -> str:
        """Return what turns the screen into ``update``, or the top of it, and take it as shown."""
        for y, x, strips in _placed(update):
            if 0 <= y < len(self._wanted):
                line = self._wanted[y]
                cells = _cells(strips, colours)
                cells = cells[: max(0, len(line) - x)]
                line[x : x + len(cells)] = cells
                self.late.add(y)
        runs = self._due(most)
        text = "".join(f"\x1b[0;{codes}m{''.join(_written(of))}" for codes, of in runs.items())
        text += "\x1b[0m" if text else ""
        self.written += len(text.encode())
        return text

    def _due(self, most: float) -> dict[str, list[Run]]:
        """Take the late rows as shown, from the top, and return their runs by style."""
        due: defaultdict[str, list[Run]] = defaultdict(list)
        spent = 0
        for y in sorted(self.late):
            row = list(_runs(y, self._lines[y], self._wanted[y]))
            spent += sum(MOVE + len(text.encode()) for _, (_, _, text) in row)
            spent += sum(len(codes) for codes in {codes for codes, _ in row} - due.keys())
            if due and spent > most:
                break
            self.late.discard(y)
            self._lines[y] = self._wanted[y][:]
            for codes, run in row:
                due[codes].append(run)
        return due


def _runs(y: int, shown: list[Cell], cells: list[Cell]) -> Iterator[tuple[str, Run]]:
    """Yield the runs of cells that differ, each with its style."""
    if shown == cells:
        return
    start = last = -1
    for k, cell in enumerate(cells):
        if cell == shown[k]:
            continue
        if start >= 0 and k - last <= GAP and _same_style(cells, last, k):
            last = k
            continue
        if start >= 0:
            yield _run(y, cells, start, last)
        start = last = k
    yield _run(y, cells, start, last)


def _run(y: int, cells: list[Cell], first: int, last: int) -> tuple[str, Run]:
    while first and not cells[first][0]:
        first -= 1  # the other half of a wide character
    return cells[first][1], (y, first, "".join(text for text, _ in cells[first : last + 1]))


def _written(runs: list[Run]) -> Iterator[str]:
    """Write runs of one style, going on from one to the next in as few bytes as there are."""
    at = (-1, -1)
    for y, x, text in runs:
        if at[0] == y and x > at[1]:
            yield f"\x1b[{x - at[1]}C{text}"
        else:
            yield f"\x1b[{y + 1};{x + 1}H{text}"
        at = (y, x + cell_len(text))


def _same_style(cells: list[Cell], first: int, last: int) -> bool:
    codes = cells[first][1]
    return all(cell[1] == codes for cell in cells[first : last + 1])


def _placed(update: CompositorUpdate | None) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    """Yield the row, the column and the strips of each piece of an update."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, strips
    elif isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:  # beyond these, a piece may lack what is in front
            for x, strip in update.chops[y].items():
                if strip is not None and x < last and x + strip.cell_length > first:
                    start = max(x, first)
                    yield y, start, (strip.crop(start - x, last - x),)
