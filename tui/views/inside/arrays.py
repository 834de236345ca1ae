"""An operation's arrays, one a line, and the figures of one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tui.figures import WIDTH, figure, share
from tui.widgets.canvas import Canvas, Line, gathered

if TYPE_CHECKING:
    from engine.protocol.views.inside import ArrayLine, Inspection, ProgramEntry

BLOCKS = " ▁▂▃▄▅▆▇█"
FIGURES = 8 + 2 * (WIDTH + 1)  # columns of the statistics


class ArraysPanel(Canvas):
    """What an operation reads and writes: names, shapes and the most telling figures."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "reads, and → writes"
        self._first = 0

    def draw_arrays(self, entry: ProgramEntry, seen: Inspection) -> None:
        """Draw the arrays, the chosen one marked."""
        written = {array.name for array in entry.writes}
        kind = entry.name.rpartition(".")[0]

        def drawing(width: int, height: int) -> list[Line]:
            names = [line.name.removeprefix(f"{kind}.") for line in seen.arrays]
            label = max(map(len, names))
            columns = _columns(width - label - 11)
            shown = self._in_view(seen.array, len(names), height - 1)
            rows = [
                _row(
                    line=seen.arrays[k],
                    name=f"{names[k]:<{label}}",
                    writes=seen.arrays[k].name in written,
                    chosen=k == seen.array,
                    columns=columns,
                )
                for k in shown
            ]
            heads = "".join(f" {head:>{WIDTH}}" for head in columns)
            return [[(f"  {'':<{label}} {'shape':<8}{heads}", "muted")], *rows]

        self.paint(drawing)

    def _in_view(self, chosen: int, count: int, room: int) -> range:
        """Return which arrays to show, scrolled as little as shows the chosen one."""
        room = max(1, room)
        self._first = min(max(self._first, chosen + 1 - room), chosen)
        self._first = max(0, min(self._first, count - room))
        return range(self._first, min(self._first + room, count))


def _columns(room: int) -> list[str]:
    """Return the figures there is room for, the most telling first to last."""
    kept = ("min", "mean", "max", "zeros", "std")[: max(0, room // (WIDTH + 1))]
    return [name for name in ("min", "mean", "max", "std", "zeros") if name in kept]


def _row(line: ArrayLine, name: str, writes: bool, chosen: bool, columns: list[str]) -> Line:
    row = [
        ("→ " if writes else "  ", "accent"),
        (name, "chosen" if chosen else "text"),
        (f" {line.shape:<8}", "muted"),
    ]
    if line.now.not_numbers or line.now.infinite:
        broken = f" {line.now.not_numbers:,} nan  {line.now.infinite:,} infinite"
        return [*row, (broken, "bad")]
    figures = "".join(f" {_figure(line, column)}" for column in columns)
    return [*row, (figures, "accent" if line.changed else "text")]


def _figure(line: ArrayLine, column: str) -> str:
    now, whole = line.now, line.dtype[0] in "biu"
    scale = max(abs(now.minimum), abs(now.maximum)) or 1.0
    match column:
        case "min":
            return figure(now.minimum, scale, whole)
        case "mean":
            return figure(now.mean, scale)
        case "max":
            return figure(now.maximum, scale, whole)
        case "std":
            return figure(now.deviation, scale)
        case _:
            return share(now.zeros).rjust(WIDTH)


class FiguresPanel(Canvas):
    """The statistics of an array before and after the last step, and its histogram.

    What the histogram was before stands dimly behind it.
    """

    @property
    def bins(self) -> int:
        """How many parts the histogram can show."""
        beside = self.size.width - FIGURES - 3
        return max(8, min(60, beside if beside >= 16 else self.size.width))

    def draw_figures(self, seen: Inspection) -> None:
        """Draw the figures of the chosen array."""
        line = seen.arrays[seen.array]
        about = " · of a part of it" if seen.sampled else ""
        self.entitle(line.name, f"{line.shape} {line.dtype}{about}")

        def drawing(width: int, height: int) -> list[Line]:
            rows = statistics_lines(seen, line)
            if width - FIGURES - 3 >= 16:
                bars = histogram_lines(seen, height)
                rows += [[] for _ in range(len(bars) - len(rows))]
                gap = FIGURES + 3
                return [
                    [*row, (" " * (gap - sum(len(t) for t, _ in row)), "text"), *bar]
                    for row, bar in zip(rows, bars + [[]] * (len(rows) - len(bars)), strict=True)
                ]
            left = height - len(rows)
            return rows + (histogram_lines(seen, left) if left >= 3 else [])

        self.paint(drawing)


def statistics_lines(seen: Inspection, line: ArrayLine) -> list[Line]:
    """Write what an array is, before and after the last step."""
    now, before, scale = line.now, seen.before, seen.scale
    head = f"{'':8}{'before':>{WIDTH}} {'after':>{WIDTH}}" if before else f"{'':8}{'now':>{WIDTH}}"
    lines: list[Line] = [[(head, "muted")]]
    for name, attribute in (
        ("min", "minimum"),
        ("mean", "mean"),
        ("max", "maximum"),
        ("std", "deviation"),
    ):
        values = [getattr(s, attribute) for s in (before, now) if s is not None]
        lines.append(_statistic(name, [figure(v, scale) for v in values], "text"))
    known = [s for s in (before, now) if s is not None]
    lines.append(_statistic("zeros", [share(s.zeros).rjust(WIDTH) for s in known], "text"))
    broken = [f"{s.not_numbers}/{s.infinite}".rjust(WIDTH) for s in known]
    ink = "bad" if now.not_numbers or now.infinite else "text"
    lines.append(_statistic("nan/inf", broken, ink))
    if seen.update_ratio is not None:
        lines.append([("update  ", "muted"), (f"{share(seen.update_ratio)} of its norm", "text")])
    return lines


def _statistic(name: str, texts: list[str], ink: str) -> Line:
    changed = len(set(texts)) > 1
    row = [(f"{name:<8}", "muted"), *((f"{text} ", "muted") for text in texts[:-1])]
    return [*row, (texts[-1], "accent" if changed and ink == "text" else ink)]


def histogram_lines(seen: Inspection, height: int) -> list[Line]:
    """Draw the histogram in eighths of a cell, with its limits below."""
    counts, rows = seen.histogram, min(height - 1, 10)
    before = seen.histogram_before or [0] * len(counts)
    most = max([*counts, *before], default=0)
    if rows < 1 or not counts:
        return []
    bars = [
        [math.ceil(8 * rows * n / most) if most else 0 for n in pair]
        for pair in zip(counts, before, strict=True)
    ]
    lines: list[Line] = []
    for row in reversed(range(rows)):
        lines.append(
            gathered(_bar(*(max(0, min(8, eighths - 8 * row)) for eighths in bar)) for bar in bars)
        )
    low, high = f"{seen.low:g}", f"{seen.scale:g}"
    middle = "0" if seen.low else ""
    room = len(counts) - len(low) - len(high)
    return [*lines, [(f"{low}{middle:^{max(0, room)}}{high}", "muted")]]


def _bar(now: int, before: int) -> tuple[str, str]:
    """Draw one cell of a bar, so many eighths high; what was there before is behind it."""
    if now >= before:
        return BLOCKS[now], "accent"
    return (BLOCKS[now], "over") if now else (BLOCKS[before], "ghost")
